import { Command, Option } from 'commander'
import { isOpenAddress } from '../model/closed-ranges.ts'
import { parseClusters, parsePolicyOwners } from './cluster-flags.ts'
import { flagOf, listOf, type Raw } from './flag-values.ts'
import { CommuneError } from '../model/errors.ts'
import { parseImageReference } from '../model/image-reference.ts'
import { parseDuration } from '../model/duration.ts'
import { parseBytes, parseCpuMilli } from '../model/quantity.ts'
import { isDid } from '../model/workload-uri.ts'
import type { Did } from '../model/records.ts'
import { DEFAULT_PROFILE, PROFILES, type ProfileName } from '../selection/liveness.ts'

/** What `meshlet` was told, by flags, file and environment. */
export interface MeshletSettings {
  readonly did?: Did
  readonly owner: Did
  readonly clusters: ReadonlyMap<string, readonly Did[]>
  /** Whose rules this machine holds to, by cluster; those of its owner where none is named. */
  readonly policyOwners?: ReadonlyMap<string, Did>
  /** The PDS that the DID document names when left out. */
  readonly service?: string
  readonly identifier?: string
  readonly password?: string
  readonly plcUrl?: string
  readonly stateDir?: string
  readonly listenHost: string
  readonly listenPort: number
  readonly endpoint?: string
  /** Addresses and networks of reverse proxies whose word on whom they speak for is taken. */
  readonly trustProxy?: readonly string[]
  /** Addresses in the records of others may lead into this network; implied by a PDS that is in it. */
  readonly privateAddresses?: boolean
  /** Where Prometheus may ask; nowhere when left out. */
  readonly metrics?: { readonly host: string; readonly port: number }
  readonly dockerHost?: string
  /** Name servers for containers with a way to the internet. */
  readonly dns?: readonly string[]
  readonly cpuMilli?: number
  readonly memoryBytes?: number
  readonly storageBytes?: number
  readonly labels: Readonly<Record<string, string>>
  /** File that says what is allowed to whom; the standard policy when left out. */
  readonly policy?: string
  /** `HOST[:PORT]` of registries in private networks that images of others may come from. */
  readonly privateRegistries?: readonly string[]
  /** File by which signatures without a key are trusted. */
  readonly trustedRoot?: string
  /** For how long an image is kept that nothing uses, milliseconds. */
  readonly keepImagesMs?: number
  /** Share of the engine's disk above which they go earlier. */
  readonly imageDiskShare?: number
  readonly liveness: ProfileName
  readonly logFormat: 'auto' | 'json' | 'text'
  readonly verbose: boolean
}

const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[]
const LOG_FORMATS = ['auto', 'json', 'text'] as const

export function meshletCommand(version: string): Command {
  return new Command('meshlet')
    .description('Runs the containers of a commune on this machine.')
    .version(version)
    .option('--config <file>', 'YAML file with the same settings; flags win')
    .option('--did <did>', 'DID of this meshlet; follows from the login when left out')
    .option('--owner <did>', 'DID of the person who owns this machine')
    .option('--cluster-members <dids>', 'owners whose workloads may run here, joined by commas')
    .option('--cluster <name=dids>', 'the same for a named cluster; may be repeated', collect, [])
    .option(
      '--cluster-policy <name=did>',
      'hold to the rules that this owner publishes for the cluster; your own when left out; may be repeated',
      collect,
      [],
    )
    .option('--service <url>', 'PDS to sign in to; the one in the DID document when left out')
    .option('--identifier <name>', 'handle or DID to log in with; the DID when left out')
    .option('--plc-url <url>', 'PLC directory')
    .option('--state-dir <folder>', 'where to remember things between two runs')
    .option(
      '--listen <host:port>',
      'where to answer farm.meshlet calls; port 0 takes any',
      '127.0.0.1:0',
    )
    .option(
      '--metrics <host:port>',
      'where /metrics and /healthz answer; a port alone means 127.0.0.1',
    )
    .option('--endpoint <url>', 'address that others reach it by; the listening one when left out')
    .option(
      '--trust-proxy <addresses>',
      'reverse proxies that say for whom they call, joined by commas, such as 127.0.0.1',
    )
    .option(
      '--private-addresses',
      'call members, PDSs and directories in this network too, as in a LAN',
    )
    .option('--docker-host <url>', 'engine to use; DOCKER_HOST or the usual socket when left out')
    .option('--dns <addresses>', 'public name servers for egress: internet, joined by commas')
    .option('--cpu <quantity>', 'CPU to offer, such as 2 or 500m')
    .option('--memory <quantity>', 'memory to offer, such as 4Gi')
    .option('--storage <quantity>', 'disk to offer, such as 20Gi')
    .option('--label <name=value>', 'label that constraints can name; may be repeated', collect, [])
    .option(
      '--policy <file>',
      'YAML file that says what may run here, for whom; read again on change',
    )
    .option(
      '--private-registry <host:port>',
      'registry in a private network that images of others may come from; may be repeated',
      collect,
      [],
    )
    .option(
      '--trusted-root <file>',
      'trusted root of sigstore (JSON), for signatures without a key',
    )
    .option('--keep-images <duration>', 'how long to keep images that nothing uses (default 168h)')
    .option('--image-disk <percent>', 'fullness of the disk above which they go (default 85%)')
    .addOption(
      new Option('--liveness <profile>', 'patience with silent peers').choices(
        Object.keys(PROFILES),
      ),
    )
    .addOption(new Option('--log-format <format>', 'how to log').choices(LOG_FORMATS))
    .option('-v, --verbose', 'log more')
    .addHelpText(
      'after',
      `
Environment:
  MESHLET_PASSWORD   password or app password of the account; COMMUNE_PASSWORD when left out
  DOCKER_HOST        engine to use
  COMMUNE_SERVICE, COMMUNE_PLC_URL   as for commune
  COMMUNE_IDENTIFIER                 as for commune; --did goes before it

Example:
  meshlet --did=did:plc:alice-mesh --owner=did:plc:alice \\
    --cluster-members=did:plc:bob,did:plc:carol --service=https://pds.example`,
    )
}

/** Checks everything that was said and reports all faults together. Fails with code `usage`. */
export function parseSettings(
  raw: Raw,
  env: Readonly<Record<string, string | undefined>>,
): MeshletSettings {
  const faults: string[] = []
  const text = (name: string): string | undefined => {
    const value = raw[name]
    if (value === undefined || value === '') return undefined
    if (typeof value === 'string' || typeof value === 'number') return String(value)
    faults.push(`${flagOf(name)}: expected text`)
    return undefined
  }
  const did = (name: string): Did | undefined => {
    const value = text(name)
    if (value === undefined || isDid(value)) return value
    faults.push(`${flagOf(name)}: "${value}" is no DID; expected did:plc:… or did:web:…`)
    return undefined
  }
  const quantity = (name: string, parse: typeof parseBytes): number | undefined => {
    const value = text(name)
    if (value === undefined) return undefined
    const parsed = parse(value)
    if (parsed.ok && parsed.value >= 0) return parsed.value
    faults.push(
      `${flagOf(name)}: "${value}" is no quantity; expected ${parsed.ok ? 'no negative one' : parsed.expected}`,
    )
    return undefined
  }
  const choice = <T extends string>(name: string, choices: readonly T[]): T | undefined => {
    const value = text(name)
    const found = choices.find((one) => one === value)
    if (value !== undefined && found === undefined)
      faults.push(`${flagOf(name)}: "${value}" expected one of ${choices.join(', ')}`)
    return found
  }
  const owner = did('owner')
  if (raw['owner'] === undefined)
    faults.push('--owner: missing; expected the DID of the machine’s owner')
  const service = text('service') ?? env['COMMUNE_SERVICE']
  const listen = parseListen('listen', text('listen') ?? '127.0.0.1:0', faults)
  const metrics = text('metrics')
  const settings = {
    did: did('did'),
    owner,
    clusters: parseClusters(raw, faults),
    ...parsePolicyOwners(raw, faults),
    service: parseUrl('service', service, faults),
    identifier: text('identifier') ?? text('did') ?? env['COMMUNE_IDENTIFIER'],
    password: env['MESHLET_PASSWORD'] ?? env['COMMUNE_PASSWORD'],
    plcUrl: parseUrl('plcUrl', text('plcUrl') ?? env['COMMUNE_PLC_URL'], faults),
    stateDir: text('stateDir'),
    listenHost: listen.host,
    listenPort: listen.port,
    metrics: metrics === undefined ? undefined : parseMetrics(metrics, faults),
    endpoint: parseUrl('endpoint', text('endpoint'), faults),
    trustProxy: textsOf(raw['trustProxy']),
    privateAddresses: raw['privateAddresses'] === true || undefined,
    dockerHost: text('dockerHost'),
    dns: parseDns(raw['dns'], faults),
    cpuMilli: quantity('cpu', parseCpuMilli),
    memoryBytes: quantity('memory', parseBytes),
    storageBytes: quantity('storage', parseBytes),
    labels: parseLabels(raw['label'], faults),
    policy: text('policy'),
    privateRegistries: parseRegistries(raw['privateRegistry'], faults),
    trustedRoot: text('trustedRoot'),
    keepImagesMs: parseKeep(text('keepImages'), faults),
    imageDiskShare: parsePercent(text('imageDisk'), faults),
    liveness: choice('liveness', PROFILE_NAMES) ?? DEFAULT_PROFILE,
    logFormat: choice('logFormat', LOG_FORMATS) ?? 'auto',
    verbose: raw['verbose'] === true,
  }
  if (faults.length > 0)
    throw new CommuneError('usage', [...new Set(faults)].join('\n'), {
      hint: 'meshlet --help lists all settings.',
    })
  return withoutUndefined(settings) as unknown as MeshletSettings
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value]
}

/** As a list in a file, or joined by commas. */
function textsOf(raw: unknown): readonly string[] | undefined {
  if (raw === undefined) return undefined
  const list = typeof raw === 'string' ? raw.split(',') : Array.isArray(raw) ? raw : [raw]
  return list.map((one) => (typeof one === 'string' ? one.trim() : JSON.stringify(one)))
}

function parseLabels(raw: unknown, faults: string[]): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const one of listOf('label', raw, faults)) {
    const [, name, value] =
      /^([A-Za-z0-9][A-Za-z0-9_./-]*)=([A-Za-z0-9_.-]*)$/.exec(String(one)) ?? []
    if (name === undefined || value === undefined)
      faults.push(`--label: "${String(one)}" expected NAME=VALUE`)
    else labels[name] = value
  }
  return labels
}

function parseRegistries(raw: unknown, faults: string[]): readonly string[] {
  const registries = listOf('privateRegistry', raw, faults).map(String)
  for (const one of registries) {
    const image = parseImageReference(`${one}/a`)
    if (!image.ok || image.value.registry !== one)
      faults.push(`--private-registry: "${one}" expected HOST:PORT, as images name it`)
  }
  return registries
}

function parseKeep(value: string | undefined, faults: string[]): number | undefined {
  if (value === undefined) return undefined
  const duration = parseDuration(value)
  if (duration.ok) return duration.value
  faults.push(`--keep-images: "${value}" expected ${duration.expected}`)
  return undefined
}

function parsePercent(value: string | undefined, faults: string[]): number | undefined {
  const [, digits] = /^(\d{1,3})%?$/.exec(value ?? '') ?? []
  if (digits !== undefined && Number(digits) >= 1 && Number(digits) <= 100)
    return Number(digits) / 100
  if (value !== undefined)
    faults.push(`--image-disk: "${value}" expected a percentage from 1% to 100%`)
  return undefined
}

/** As many as a resolver library reads (resolv.conf(5)). */
const RESOLVERS_MAX = 3

/** A private one is behind the walls of the containers that would ask it. */
function parseDns(raw: unknown, faults: string[]): readonly string[] | undefined {
  if (raw === undefined) return undefined
  const list: readonly unknown[] = typeof raw === 'string' ? raw.split(',') : [raw].flat()
  const addresses = list.map((one) => String(one).trim())
  for (const address of addresses)
    if (!isOpenAddress(address))
      faults.push(`--dns: "${address}" expected a public IPv4 address such as 9.9.9.9`)
  if (addresses.length > RESOLVERS_MAX)
    faults.push(`--dns: ${addresses.length} name servers; expected at most ${RESOLVERS_MAX}`)
  return addresses
}

interface Address {
  readonly host: string
  readonly port: number
}

function parseListen(name: string, value: string, faults: string[]): Address {
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(value) ?? []
  if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) }
  faults.push(`${flagOf(name)}: "${value}" expected HOST:PORT`)
  return { host: '', port: 0 }
}

/** Whoever reaches it learns what runs here, so that without a host only this machine does. */
function parseMetrics(value: string, faults: string[]): Address {
  return parseListen('metrics', /^\d+$/.test(value) ? `127.0.0.1:${value}` : value, faults)
}

function parseUrl(name: string, value: string | undefined, faults: string[]): string | undefined {
  if (value === undefined) return undefined
  const url = URL.parse(value)
  if (url && (url.protocol === 'http:' || url.protocol === 'https:'))
    return value.replace(/\/+$/, '')
  faults.push(`${flagOf(name)}: "${value}" is no URL; expected https://…`)
  return undefined
}

function withoutUndefined(values: object): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
