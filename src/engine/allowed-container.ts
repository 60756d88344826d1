import { isOpenAddress } from '../model/closed-ranges.ts'
import { changedField, fieldsOf, isTexts, unknownField } from './allowed-bodies.ts'

export type SecurityLevel = 'restricted' | 'baseline'

/**
 * What every container has, to the letter. Said here again and not taken from the code that makes the
 * options: a fault there must not be a hole here.
 */
const HOST_FIXED = new Map<string, unknown>([
  ['Privileged', false],
  ['CapDrop', ['ALL']],
  ['SecurityOpt', ['no-new-privileges:true']],
  ['IpcMode', 'private'],
  ['CgroupnsMode', 'private'],
  ['PidMode', ''],
  ['UTSMode', ''],
  ['UsernsMode', ''],
  ['CgroupParent', ''],
  ['Binds', []],
  ['Mounts', []],
  ['VolumesFrom', []],
  ['Devices', []],
  ['DeviceRequests', []],
  ['DeviceCgroupRules', []],
  ['Sysctls', {}],
  ['GroupAdd', []],
  ['Links', []],
  ['ExtraHosts', []],
  ['PortBindings', {}],
  ['PublishAllPorts', false],
  ['AutoRemove', false],
  ['OomKillDisable', false],
  ['RestartPolicy', { Name: 'no' }],
  ['LogConfig', { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } }],
])
const LIMITS = ['Memory', 'MemorySwap', 'NanoCpus', 'PidsLimit', 'ShmSize', 'OomScoreAdj']
const HOST_FIELDS = new Set([
  ...HOST_FIXED.keys(),
  ...LIMITS,
  ...['Ulimits', 'CapAdd', 'ReadonlyRootfs', 'Tmpfs', 'NetworkMode', 'Init', 'Runtime'],
  ...['Dns', 'DnsSearch'],
])

const FIXED = new Map<string, unknown>([
  ['Healthcheck', { Test: ['NONE'] }],
  ['AttachStdin', false],
  ['OpenStdin', false],
  ['Tty', false],
])
const FIELDS = new Set([
  ...FIXED.keys(),
  ...['Image', 'User', 'Env', 'Labels', 'Entrypoint', 'Cmd', 'WorkingDir', 'Hostname'],
  ...['StopSignal', 'StopTimeout', 'HostConfig'],
])

const PIDS_MAX = 256
const OPEN_FILES_MAX = 4096
const USER_PROCESSES_MAX = 32_768
const SHARED_MEMORY_BYTES_MAX = 64 * 1024 * 1024

const CAPABILITIES: Readonly<Record<SecurityLevel, ReadonlySet<string>>> = {
  restricted: new Set(['NET_BIND_SERVICE']),
  baseline: new Set(
    (
      'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID ' +
      'SETPCAP SETUID SYS_CHROOT'
    ).split(' '),
  ),
}

/** gVisor, by the names under which engines know it. */
const RUNTIME = /^(?:runsc|gvisor)(?:-[a-z0-9-]{1,32})?$/
const USER = /^(\d{1,10}):(\d{1,10})$/
const NETWORK = /^(?!(?:host|none|bridge|default|nat)$)[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/
/** Colons would make it a mount of something else. */
const MEMORY_FOLDER = /^\/(?!(?:proc|sys)(?:\/|$))(?!dev(?:$|\/(?!shm\/)))[^:]+$/

/** Why a container may not be made with these options at this level; undefined when it may. */
export function faultOfContainer(body: unknown, level: SecurityLevel): string | undefined {
  const fields = fieldsOf(body)
  const host = fieldsOf(fields?.get('HostConfig'))
  if (fields === undefined || host === undefined) return 'no container'
  const unknown = unknownField(fields, FIELDS) ?? unknownField(host, HOST_FIELDS)
  if (unknown !== undefined) return `${unknown} is never set`
  const changed = changedField(fields, FIXED) ?? changedField(host, HOST_FIXED)
  if (changed !== undefined) return `${changed} is not what it has to be`
  return (
    faultOfLimits(host) ??
    faultOfLevel(fields, host, level) ??
    faultOfFolders(host.get('Tmpfs')) ??
    faultOfNameServers(host) ??
    (isNetwork(host.get('NetworkMode')) ? undefined : 'NetworkMode is no network of ours') ??
    (!host.has('Runtime') || RUNTIME.test(textOf(host.get('Runtime')))
      ? undefined
      : 'Runtime is not gVisor')
  )
}

function faultOfLimits(host: ReadonlyMap<string, unknown>): string | undefined {
  const between = (name: string, first: number, last: number) => {
    const value = host.get(name)
    return Number.isSafeInteger(value) && Number(value) >= first && Number(value) <= last
  }
  // Docker reads 0 as "without a limit", and less than 0 too.
  if (!between('Memory', 1, Number.MAX_SAFE_INTEGER)) return 'Memory is no limit'
  if (host.get('MemorySwap') !== host.get('Memory')) return 'MemorySwap allows swapping'
  if (!between('NanoCpus', 1, Number.MAX_SAFE_INTEGER)) return 'NanoCpus is no limit'
  if (!between('PidsLimit', 1, PIDS_MAX)) return 'PidsLimit is no limit of ours'
  if (!between('ShmSize', 1, SHARED_MEMORY_BYTES_MAX)) return 'ShmSize is no limit of ours'
  if (!between('OomScoreAdj', 1, 1000)) return 'OomScoreAdj goes before the host'
  const files = { Name: 'nofile', Soft: OPEN_FILES_MAX, Hard: OPEN_FILES_MAX }
  const docker = [files, { Name: 'core', Soft: 0, Hard: 0 }]
  const podman = [...docker, { Name: 'nproc', Soft: USER_PROCESSES_MAX, Hard: USER_PROCESSES_MAX }]
  const isOurs = [docker, podman].some(
    (ulimits) => changedField(host, new Map([['Ulimits', ulimits]])) === undefined,
  )
  return isOurs ? undefined : 'Ulimits are not ours'
}

function faultOfLevel(
  fields: ReadonlyMap<string, unknown>,
  host: ReadonlyMap<string, unknown>,
  level: SecurityLevel,
): string | undefined {
  const added = host.get('CapAdd')
  const allowed = CAPABILITIES[level]
  if (!isTexts(added) || !added.every((name) => allowed.has(name)))
    return `CapAdd is more than the level ${level} allows`
  const [, user, group] = USER.exec(textOf(fields.get('User'))) ?? []
  if (user === undefined) return 'User is no pair of numbers'
  if (level === 'baseline') return undefined
  if (Number(user) === 0 || Number(group) === 0) return 'the level restricted allows no root'
  return host.get('ReadonlyRootfs') === true
    ? undefined
    : 'the level restricted means a read-only root'
}

function faultOfFolders(value: unknown): string | undefined {
  const folders = fieldsOf(value)
  if (folders === undefined) return 'Tmpfs is no list of folders'
  for (const [path, options] of folders) {
    if (!MEMORY_FOLDER.test(path) || path.split('/').includes('..'))
      return 'Tmpfs covers what it may not'
    const words = textOf(options).split(',')
    if (!words.includes('nosuid') || !words.includes('nodev'))
      return 'Tmpfs allows set-uid programs or devices'
    if (words.includes('suid') || words.includes('dev')) return 'Tmpfs allows what it forbids'
  }
  return undefined
}

/** Nobody’s but public ones, and without the search list of the machine. */
function faultOfNameServers(host: ReadonlyMap<string, unknown>): string | undefined {
  const servers = host.get('Dns')
  const fault = 'Dns is no public name server'
  if (!isTexts(servers) || servers.length === 0) return fault
  if (servers.length === 1 && servers[0] === '127.0.0.1')
    return host.has('DnsSearch') ? 'DnsSearch is never set' : undefined
  if (!servers.every(isOpenAddress)) return fault
  const search = new Map([['DnsSearch', ['.']]])
  return changedField(host, search) === undefined ? undefined : 'DnsSearch is not empty'
}

function isNetwork(value: unknown): boolean {
  return NETWORK.test(textOf(value))
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
