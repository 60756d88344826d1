import type { ContainerInspectInfo, DockerVersion } from 'dockerode'
import { CommuneError } from '../model/errors.ts'
import type { Engine, EngineInfo } from '../ports/engine.ts'
import type { Walls } from '../ports/walls.ts'
import { sealBridges } from './bridge-seal.ts'
import { ensureCanaryImage } from './canary-image.ts'
import { tryWalls } from './canary.ts'
import { createEngineClient, type EngineClient } from './client.ts'
import { ENGINE_TIMEOUT_MS } from './engine-timeouts.ts'
import {
  createContainer,
  findContainer,
  inspectContainer,
  killContainer,
  listContainers,
  removeContainer,
  runningContainers,
  startContainer,
  stopContainer,
} from './containers.ts'
import { containerStats } from './container-stats.ts'
import { parseDockerHost } from './endpoint.ts'
import { diskSpaceAt } from './disk-space.ts'
import { engineHost, type RawHost } from './engine-host.ts'
import { gone } from './engine-error.ts'
import { findGvisor, type RawRuntime } from './gvisor.ts'
import type { EngineTraits } from './hardening.ts'
import { containerEvents } from './events.ts'
import { execInContainer } from './exec.ts'
import { inspectImage, KnownImages, pullImage, removeImage } from './images.ts'
import { interactWithContainer } from './interact.ts'
import { containerLogs } from './logs.ts'
import type { Attempt, NetnsTarget } from './netns-messages.ts'
import { createNetns, unsupportedNetns, type Netns } from './netns.ts'
import { SeenContainers } from './seen-containers.ts'
import { each, parts, soundAnswer, type Shape } from './sound-answer.ts'
import {
  ensureNetwork,
  inspectNetwork,
  listNetworks,
  removeNetwork,
  wallState,
} from './networks.ts'

export interface DockerEngineOptions {
  /** As Docker's DOCKER_HOST; /var/run/docker.sock when absent. */
  readonly dockerHost?: string | undefined
  /** Where DOCKER_TLS_VERIFY and DOCKER_CERT_PATH are looked up. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly netns?: Netns
  /** The rules around networks with a way to the internet; without them there are no such networks. */
  readonly walls?: Walls
  /** Counts milliseconds and never goes back; the time of this process when left out. */
  readonly nowMs?: () => number
}

/**
 * Docker, or what speaks its API (Podman). Nothing is asked of the engine yet. Fails with `usage`
 * when the address is none. Every call rejects with `engine-unreachable` when no answer comes.
 */
export function createDockerEngine(options: DockerEngineOptions = {}): Engine {
  const endpoint = parseDockerHost(options.dockerHost, options.environment)
  const client = createEngineClient(endpoint)
  const local = endpoint.options.socketPath !== undefined
  const netns =
    options.netns ??
    (local
      ? createNetns()
      : unsupportedNetns('The engine is on another machine: its ports can’t be reached'))

  const known = new KnownImages()
  const seen = new SeenContainers(options.nowMs ?? (() => performance.now()))
  /** Networks that are being made at the moment. */
  const making = new Map<string, Promise<string>>()
  /** Asked again until it is known. */
  let traits: EngineTraits | undefined
  let dataFolder: string | undefined
  const info = async (signal?: AbortSignal): Promise<EngineInfo> => {
    const found = await engineInfo(client, signal)
    traits = traitsOf(found)
    const portsProblem = await netns.problem()
    return { ...found, ...(portsProblem === undefined ? {} : { portsProblem }) }
  }
  const locate = async (id: string, signal?: AbortSignal) =>
    runningTarget(id, await inspectContainer(client, id, signal))

  const engine: Engine = {
    info,
    listContainers: (meshletDid, signal) => listContainers(client, meshletDid, seen, signal),
    findContainer: (nameOrId, signal) => findContainer(client, nameOrId, signal),
    inspectImage: (reference, signal) => inspectImage(client, reference, known, signal),
    pullImage: (reference, pullOptions) => pullImage(client, reference, pullOptions),
    removeImage: (reference, signal) => removeImage(client, reference, signal),
    async diskSpace(signal) {
      if (!local) return undefined
      dataFolder ??= (await info(signal)).host?.dataFolder
      return dataFolder === undefined ? undefined : diskSpaceAt(dataFolder)
    },
    ensureNetwork(network, signal) {
      const made = ensureNetwork(client, network, { walls: options.walls, signal })
      making.set(network.name, made)
      const forget = () => making.delete(network.name)
      made.then(forget, forget)
      return made
    },
    listNetworks: (meshletDid, signal) => listNetworks(client, meshletDid, signal),
    removeNetwork: (name, signal) => removeNetwork(client, name, signal),
    async createContainer(container, signal) {
      traits ??= traitsOf(await engineInfo(client, signal))
      // Docker looks for the network when it starts the container, Podman when it makes it.
      if (traits.isPodman) await making.get(container.network)
      return createContainer(client, container, { engine: traits, known }, signal)
    },
    async startContainer(id, signal) {
      await seen.whileChanging(id, () => startContainer(client, id, signal))
      // Podman makes the bridge of a network when the first container on it starts.
      if (traits?.isPodman !== false) await sealBridges()
    },
    stopContainer: (id, graceMs, signal) =>
      seen.whileChanging(id, () => stopContainer(client, id, graceMs, signal)),
    killContainer: (id, unixSignal = 'SIGKILL', signal) =>
      seen.whileChanging(id, () => killContainer(client, id, unixSignal, signal)),
    removeContainer: (id, signal) =>
      seen.whileChanging(id, () => removeContainer(client, id, signal)),
    logs: (id, logOptions) => containerLogs(client, id, logOptions),
    async stats(id, signal) {
      traits ??= traitsOf(await engineInfo(client, signal))
      return containerStats(client, id, traits.isPodman, signal)
    },
    exec: (id, command, execOptions) => execInContainer(client, id, command, execOptions),
    interact: (id, interactOptions) => {
      requireEndable(local)
      return interactWithContainer(client, id, interactOptions)
    },
    async forward({ containerId, port, preferredPort }) {
      const wanted = { containerPort: port, preferredPort }
      const forward = await netns.forward(() => locate(containerId), wanted)
      return { ...forward, moveTo: (next) => forward.moveTo(() => locate(next)) }
    },
    async probe(id, probe, timeoutMs, signal) {
      try {
        return await netns.probe(await locate(id, signal), probe, timeoutMs)
      } catch (error) {
        if (!(error instanceof CommuneError) || error.code !== 'not-found') throw error
        return { ok: false, message: error.message }
      }
    },
    async tryWalls(trial, signal) {
      const problem = await netns.problem()
      if (problem !== undefined) return { kind: 'unproven', why: `${problem} (${ENTERING})` }
      const parts = {
        engine,
        image: () => ensureCanaryImage(client, signal),
        attempt: async (id: string, attempts: readonly Attempt[], timeoutMs: number) =>
          netns.attempt(await locate(id, signal), attempts, timeoutMs),
        inspectNetwork: (name: string) => inspectNetwork(client, name, signal),
        runningContainers: () => runningContainers(client, signal),
      }
      return tryWalls(parts, trial, signal)
    },
    firewall: (signal) => wallState(options.walls, signal),
    events: (meshletDid, signal) => containerEvents(client, meshletDid, seen, signal),
    async close() {
      await netns.close()
      client.close()
    },
  }
  return engine
}

/** What it takes to look from inside a container. */
const ENTERING =
  'run the meshlet as root, or with CAP_SYS_ADMIN and CAP_SYS_PTRACE, on the engine’s machine'
const PODMAN = 'Podman'

/** The types of the client library leave the options of these calls out, and describe no info. */
interface Asked {
  version(options: { abortSignal: AbortSignal }): Promise<DockerVersion>
  info(options: { abortSignal: AbortSignal }): Promise<RawInfo | undefined>
}

interface RawInfo extends RawHost {
  readonly NCPU?: number
  readonly MemTotal?: number
  readonly OSType?: string
  readonly Runtimes?: Readonly<Record<string, RawRuntime>>
  readonly InitBinary?: string
  readonly InitCommit?: { readonly ID?: string }
}

/** What is used of an engine's answers about itself. */
const VERSION: Shape = parts({
  Version: 'text',
  ApiVersion: 'text',
  'Os?': 'text',
  Arch: 'text',
  'Components?': each(parts({ Name: 'text', 'Version?': 'text' })),
})
const HOST: Shape = parts({
  'OSType?': 'text',
  'Runtimes?': parts({}),
  'InitBinary?': 'text',
  'InitCommit?': parts({ 'ID?': 'text' }),
  'RuncCommit?': parts({ 'ID?': 'text' }),
  'SecurityOptions?': each('text'),
  'CgroupVersion?': 'text',
  'DockerRootDir?': 'text',
})

async function engineInfo(client: EngineClient, signal?: AbortSignal): Promise<EngineInfo> {
  const doing = 'asking what it is'
  const options = { doing, timeoutMs: ENGINE_TIMEOUT_MS.read, signal }
  const ask = <T>(request: (docker: Asked, given: { abortSignal: AbortSignal }) => Promise<T>) =>
    client.call(options, (docker, abortSignal) =>
      request(docker as unknown as Asked, { abortSignal }),
    )
  const version = soundAnswer(await ask((docker, given) => docker.version(given)), VERSION, doing)
  const info = await ask((docker, given) => docker.info(given))
  if (typeof info?.NCPU !== 'number' || typeof info.MemTotal !== 'number') {
    throw new CommuneError('engine', `What answers at ${client.address} is no container engine`)
  }
  soundAnswer(info, HOST, doing)
  const podman = (version.Components ?? []).some((component) => /podman/i.test(component.Name))
  // Podman lists what it could use, and takes no other than its own for a container.
  const gvisor = podman ? undefined : findGvisor(info.Runtimes)
  return {
    name: podman ? PODMAN : 'Docker',
    version: version.Version,
    apiVersion: version.ApiVersion,
    os: info.OSType ?? version.Os,
    architecture: version.Arch,
    cpus: info.NCPU,
    memoryBytes: info.MemTotal,
    runtimes: Object.keys(info.Runtimes ?? {}).toSorted(),
    ...(gvisor === undefined ? {} : { gvisor }),
    hasInit: hasInitProgram(info),
    host: engineHost(info, version.Components),
  }
}

function traitsOf({ name, hasInit }: EngineInfo): EngineTraits {
  const isPodman = name === PODMAN
  // Podman does not say whether it has an init program: that shows when a container is made.
  return { hasInit: hasInit || isPodman, isPodman }
}

/** Docker names its init program also when it is not installed; then it calls its commit "N/A". */
function hasInitProgram(info: RawInfo): boolean {
  return Boolean(info.InitBinary) && info.InitCommit?.ID !== 'N/A'
}

/** What can't be ended is not begun: engines have no call for it, so that only root here can. */
function requireEndable(isLocal: boolean): void {
  if (isLocal && process.getuid?.() === 0) return
  throw new CommuneError(
    'unsupported',
    'Commands can only be run where the meshlet is root on the machine of the engine',
  )
}

function runningTarget(id: string, details: ContainerInspectInfo | undefined): NetnsTarget {
  if (details === undefined) throw gone(id)
  if (!details.State.Running || details.State.Pid <= 0) {
    throw new CommuneError('not-found', `Container ${id} is not running`, { retry: true })
  }
  const networks = Object.values(details.NetworkSettings?.Networks ?? {})
  return {
    containerId: details.Id,
    pid: details.State.Pid,
    addresses: networks.flatMap((network) => (network.IPAddress ? [network.IPAddress] : [])),
  }
}
