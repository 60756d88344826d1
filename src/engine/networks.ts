import { readFile } from 'node:fs/promises'
import type { NetworkInspectInfo } from 'dockerode'
import { CommuneError } from '../model/errors.ts'
import { LABEL } from '../model/nsid.ts'
import type { EngineNetwork, NetworkCreate } from '../ports/engine.ts'
import type { WallState, Walls } from '../ports/walls.ts'
import { sealBridges } from './bridge-seal.ts'
import { each, parts, soundAnswer, type Shape } from './sound-answer.ts'
import type { EngineClient } from './client.ts'
import { ENGINE_TIMEOUT_MS } from './engine-timeouts.ts'
import { engineMessage, statusOf, toEngineError } from './engine-error.ts'
import { NO_FIREWALL, requireWalls } from './require-walls.ts'
import { bridgeName, candidateSubnets, parseRoutes } from './subnets.ts'

/** Without an address on the bridge the host, and everything behind it, does not exist for a container. */
const NO_HOST_ADDRESS = 'com.docker.network.bridge.inhibit_ipv4'
const BRIDGE_NAME = 'com.docker.network.bridge.name'
const BRIDGE = /^cmn[0-9a-f]{12}$/
const CREATE_ATTEMPTS_MAX = 64
const ROUTES_FILE = '/proc/net/route'

/** Makes the network unless it is there as wanted. Fails with `unsupported`, `name-taken` or `engine`. */
export async function ensureNetwork(
  client: EngineClient,
  network: NetworkCreate,
  {
    walls,
    signal,
  }: { readonly walls?: Walls | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<string> {
  const state = network.egress === 'none' ? undefined : await wallState(walls, signal)
  if (state !== undefined) requireWalls(state)
  // Most are new: whether one is there already is asked only when the engine says so.
  if ((await createNetwork(client, network, signal)) !== 'made')
    await adoptOrReplace(client, network, signal)
  await sealBridges()
  if (walls !== undefined && state?.kind === 'standing')
    await mustBeSeen(client, network.name, walls, signal)
  return network.name
}

/** Whether the rules stand, as far as this program can see. */
export function wallState(walls: Walls | undefined, signal?: AbortSignal): Promise<WallState> {
  return walls?.state(signal) ?? Promise.resolve(NO_FIREWALL)
}

/** Rules in another network namespace than the engine’s networks wall in nothing. */
async function mustBeSeen(
  client: EngineClient,
  name: string,
  walls: Walls,
  signal?: AbortSignal,
): Promise<void> {
  const bridge = (await inspectNetwork(client, name, signal))?.Options?.[BRIDGE_NAME]
  if (bridge === undefined || (await walls.sees(bridge))) return
  await removeNetwork(client, name, signal)
  throw new CommuneError(
    'unsupported',
    'egress: internet is not offered here: the networks of this engine are not where this ' +
      'program’s firewall rules are',
    { hint: 'An engine without root, or in a virtual machine, gives egress: none only.' },
  )
}

async function adoptOrReplace(
  client: EngineClient,
  network: NetworkCreate,
  signal?: AbortSignal,
): Promise<void> {
  const existing = await inspectNetwork(client, network.name, signal)
  if (existing !== undefined) {
    if (isAsWanted(existing, network)) return
    if (existing.Labels?.[LABEL.meshletDid] !== network.labels[LABEL.meshletDid]) {
      throw new CommuneError('name-taken', `A network ${network.name} exists that is not ours`)
    }
    // Ours, but somebody changed it: a network can't be altered, only made anew.
    await removeNetwork(client, network.name, signal)
  }
  await createNetwork(client, network, signal)
}

/** The networks that carry the label of this meshlet. */
export async function listNetworks(
  client: EngineClient,
  meshletDid: string,
  signal?: AbortSignal,
): Promise<EngineNetwork[]> {
  const found = await client.call(
    { doing: 'listing networks', timeoutMs: ENGINE_TIMEOUT_MS.read, signal },
    (docker, abortSignal) =>
      docker.listNetworks({
        filters: { label: [`${LABEL.meshletDid}=${meshletDid}`] },
        abortSignal,
      }),
  )
  return soundAnswer(found, LISTED, 'listing networks')
    .map((network) => ({ name: network.Name, labels: network.Labels ?? {} }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Removing what is gone is no error. */
export async function removeNetwork(
  client: EngineClient,
  name: string,
  signal?: AbortSignal,
): Promise<void> {
  const doing = `removing network ${name}`
  await client.call(
    { doing, timeoutMs: ENGINE_TIMEOUT_MS.write, signal },
    async (docker, abortSignal) => {
      await docker.getNetwork(name).remove({ abortSignal })
    },
    (error) => {
      if (statusOf(error) !== 404) throw toEngineError(error, doing, client.address)
    },
  )
}

/** What is used of a list of networks. */
const LISTED: Shape = each(parts({ Name: 'text', 'Labels?': 'texts' }))
/** What is used of a network's description. */
const INSPECTED: Shape = parts({
  'Internal?': 'flag',
  'Driver?': 'text',
  'Labels?': 'texts',
  'Options?': 'texts',
  'IPAM?': parts({ 'Config?': each(parts({ 'Gateway?': 'text' })) }),
})

/** The types of the client library leave the options of this call out. */
interface Inspectable {
  inspect(options: { abortSignal: AbortSignal }): Promise<NetworkInspectInfo>
}

/** What the engine knows of a network; undefined when there is none. */
export async function inspectNetwork(
  client: EngineClient,
  name: string,
  signal?: AbortSignal,
): Promise<NetworkInspectInfo | undefined> {
  const doing = `looking at network ${name}`
  return client.call<NetworkInspectInfo | undefined>(
    { doing, timeoutMs: ENGINE_TIMEOUT_MS.read, signal },
    async (docker, abortSignal) => {
      const network = docker.getNetwork(name) as unknown as Inspectable
      return soundAnswer(await network.inspect({ abortSignal }), INSPECTED, doing)
    },
    (error) => {
      if (statusOf(error) === 404) return undefined
      throw toEngineError(error, doing, client.address)
    },
  )
}

/** Labels that say whose network it is; the others tell of the revision that it was made for. */
const IDENTITY = [LABEL.meshletDid, LABEL.workload] as const

function isAsWanted(found: NetworkInspectInfo, wanted: NetworkCreate): boolean {
  const labels = found.Labels ?? {}
  const isClosed = found.Internal && hasNoHostAddress(found)
  // The rules go by the name of the bridge.
  const isOpen = !found.Internal && BRIDGE.test(found.Options?.[BRIDGE_NAME] ?? '')
  return (
    (wanted.egress === 'none' ? isClosed : isOpen) &&
    found.Driver === 'bridge' &&
    !found.EnableIPv6 &&
    IDENTITY.every((name) => labels[name] === wanted.labels[name])
  )
}

/** Podman knows no such option; its internal networks have no gateway, which it writes as nil. */
function hasNoHostAddress({ Options, IPAM }: NetworkInspectInfo): boolean {
  if (Options?.[NO_HOST_ADDRESS] === 'true') return true
  const gateways = (IPAM?.Config ?? []).map(({ Gateway }) => Gateway)
  return gateways.length > 0 && gateways.every((gateway) => gateway === '<nil>')
}

/** Tries one subnet and bridge name after the other until the engine finds them free. */
async function createNetwork(
  client: EngineClient,
  network: NetworkCreate,
  signal?: AbortSignal,
): Promise<'made' | 'exists'> {
  const doing = `making network ${network.name}`
  const routes = parseRoutes(await readFile(ROUTES_FILE, 'utf8').catch(() => ''))
  let attempt = 0
  for (const subnet of candidateSubnets(network.name, routes)) {
    const outcome = await client.call<'made' | 'taken' | 'exists'>(
      { doing, timeoutMs: ENGINE_TIMEOUT_MS.write, signal },
      async (docker, abortSignal) => {
        await docker.createNetwork({
          Name: network.name,
          CheckDuplicate: true,
          Driver: 'bridge',
          Internal: network.egress === 'none',
          EnableIPv6: false,
          Attachable: false,
          IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
          Options: {
            ...(network.egress === 'none' ? { [NO_HOST_ADDRESS]: 'true' } : {}),
            [BRIDGE_NAME]: bridgeName(network.name, attempt),
          },
          Labels: { ...network.labels },
          abortSignal,
        })
        return 'made'
      },
      (error) => {
        const message = engineMessage(error)
        if (/already exists|already in use/.test(message) && !/bridge name|iface/.test(message)) {
          return 'exists'
        }
        if (/overlap|conflicts with network|bridge name|address space|already used/.test(message)) {
          return 'taken'
        }
        throw toEngineError(error, doing, client.address)
      },
    )
    if (outcome !== 'taken') return outcome
    attempt += 1
    if (attempt >= CREATE_ATTEMPTS_MAX) break
  }
  throw new CommuneError('engine', `No free subnet was found for network ${network.name}`, {
    hint: 'remove unused networks: docker network prune',
  })
}
