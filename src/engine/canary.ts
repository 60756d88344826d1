import { createHash, randomBytes } from 'node:crypto'
import type { ContainerInfo, NetworkInspectInfo } from 'dockerode'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Engine, WallReport, WallTrial } from '../ports/engine.ts'
import { CANARY_PROGRAM } from './canary-image.ts'
import { openListeners, type CanaryListeners } from './canary-listeners.ts'
import { forbiddenPlaces, type ForbiddenPlace } from './canary-places.ts'
import { readHostNetwork } from './host-network.ts'
import type { Attempt, AttemptOutcome } from './netns-messages.ts'

export interface CanaryOptions {
  /** The calls by which a workload's container is made as well. */
  readonly engine: Pick<
    Engine,
    'ensureNetwork' | 'createContainer' | 'startContainer' | 'removeContainer' | 'removeNetwork'
  >
  /** The reference of the canary's image, once the engine has it. */
  readonly image: (signal?: AbortSignal) => Promise<string>
  readonly attempt: (
    containerId: string,
    attempts: readonly Attempt[],
    timeoutMs: number,
    signal?: AbortSignal,
  ) => Promise<readonly AttemptOutcome[]>
  readonly inspectNetwork: (
    name: string,
    signal?: AbortSignal,
  ) => Promise<NetworkInspectInfo | undefined>
  /** All that run, whosever they are. */
  readonly runningContainers: (signal?: AbortSignal) => Promise<readonly ContainerInfo[]>
}

/** As a workload asks for it that asks for the least. */
const CANARY = {
  env: {},
  entrypoint: [CANARY_PROGRAM],
  command: [],
  security: 'restricted',
  user: '65532',
  readOnly: true,
  capAdd: [],
  tmpfs: [],
  memoryBytes: 16 * 1024 * 1024,
  cpuMilli: 100,
  stopGracePeriodMs: 0,
} as const
/** A first packet that is lost is sent again after a second. */
const TIMEOUT_MS = 2_000
const LOOPBACK = '127.0.0.1'
/** Sentences of a report. */
const OPEN_MAX = 10

/**
 * Makes a throw-away container just as a workload's, and tries from inside its network whatever no
 * workload may reach. Rejects when the engine fails; what can't be tried on this machine is an answer.
 */
export async function tryWalls(
  options: CanaryOptions,
  trial: WallTrial,
  signal?: AbortSignal,
): Promise<WallReport> {
  const { engine } = options
  const name = canaryName(trial)
  // A trial that was broken off left them behind.
  await engine.removeContainer(name, signal)
  await engine.removeNetwork(name, signal)
  try {
    const image = await options.image(signal)
    await engine.ensureNetwork({ name, labels: {}, egress: trial.egress }, signal)
    const made = { ...CANARY, name, image, labels: {}, network: name }
    const id = await engine.createContainer(made, signal)
    await engine.startContainer(id, signal)
    return await tryFrom(options, trial, id, signal)
  } catch (error) {
    if (error instanceof CommuneError && error.code === 'unsupported')
      return { kind: 'unproven', why: messageOf(error) }
    throw error
  } finally {
    await engine.removeContainer(name)
    await engine.removeNetwork(name)
  }
}

/** Of the container and its network; several meshlets may share an engine. */
export function canaryName({ meshletDid, egress }: WallTrial): string {
  const hash = createHash('sha256').update(meshletDid).digest('hex').slice(0, 12)
  return `commune-canary-${egress}-${hash}`
}

async function tryFrom(
  options: CanaryOptions,
  trial: WallTrial,
  id: string,
  signal: AbortSignal | undefined,
): Promise<WallReport> {
  const nonce = randomBytes(16).toString('hex')
  await using listeners = await openListeners(nonce)
  const host = await readHostNetwork()
  const answering = await listeners.answering(host.addresses)
  if (answering.size === 0)
    return { kind: 'unproven', why: 'this machine does not answer itself at any address' }
  const name = canaryName(trial)
  const places = forbiddenPlaces({
    ...{ host, answering, nonce, egress: trial.egress, ownPorts: trial.ownPorts },
    listening: listeners,
    network: describeNetwork(await options.inspectNetwork(name, signal)),
    ...describeContainers(await options.runningContainers(signal), name),
  })
  const control = { protocol: 'tcp', address: LOOPBACK, port: listeners.tcp } as const
  const attempts = [control, ...places.map(({ attempt }) => attempt)]
  const [shown, ...outcomes] = await unlessAborted(
    options.attempt(id, attempts, TIMEOUT_MS, signal),
    signal,
  )
  // Inside nobody listens, and the container says so itself; an answer would be the machine's own.
  if (shown === 'blocked')
    return { kind: 'unproven', why: 'the canary could not use the network of its own container' }
  const open = openPlaces(places, outcomes, listeners)
  const tried = places.length
  return open.length === 0 ? { kind: 'standing', tried } : { kind: 'open', tried, open }
}

/** Attempts that are under way end by themselves; nobody has to wait for them. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  signal.throwIfAborted()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return Promise.race([work, aborted])
}

function openPlaces(
  places: readonly ForbiddenPlace[],
  outcomes: readonly AttemptOutcome[],
  { arrived }: CanaryListeners,
): readonly string[] {
  const isReached = ({ shownBy, attempt }: ForbiddenPlace, outcome: AttemptOutcome | undefined) => {
    if (shownBy === 'arrival') return arrived.has(attempt.payload ?? '')
    return outcome === 'connected' || (shownBy === 'answer' && outcome === 'refused')
  }
  const reached = places.filter((place, index) => isReached(place, outcomes[index]))
  return [...new Set(reached.map(sentence))].slice(0, OPEN_MAX)
}

function sentence({ what, attempt: { protocol, address, port } }: ForbiddenPlace): string {
  return protocol === 'tcp'
    ? `${what} can be reached at ${address}, TCP port ${port}`
    : `packets reach ${what} at ${address} (UDP)`
}

const BRIDGE_NAME = 'com.docker.network.bridge.name'

/** The bridge, and the address that would be the gateway's. */
function describeNetwork(found: NetworkInspectInfo | undefined) {
  const subnet = found?.IPAM?.Config?.[0]?.Subnet
  const firstAddress = subnet?.replace(/\.0\/\d+$/, '.1')
  const isWhole = firstAddress !== undefined && !firstAddress.includes('/')
  return {
    bridge: found?.Options?.[BRIDGE_NAME],
    firstAddress: isWhole ? firstAddress : undefined,
  }
}

function describeContainers(running: readonly ContainerInfo[], ownNetwork: string) {
  const ports = running.flatMap(({ Ports }) =>
    (Ports ?? []).flatMap(({ PublicPort, Type }) =>
      PublicPort !== undefined && PublicPort > 0 && Type === 'tcp' ? [PublicPort] : [],
    ),
  )
  const addresses = running.flatMap(({ NetworkSettings }) =>
    Object.entries(NetworkSettings?.Networks ?? {}).flatMap(([network, { IPAddress }]) =>
      network !== ownNetwork && IPAddress ? [IPAddress] : [],
    ),
  )
  return {
    publishedPorts: [...new Set(ports)].toSorted((a, b) => a - b),
    containers: [...new Set(addresses)].toSorted(),
  }
}
