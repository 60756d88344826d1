import { nearest } from '../spec/suggest.ts'
import { isTrue, listOf, mapOf, textOf, type ComposeMap } from './compose-value.ts'
import { changed, lost, type Note } from './note.ts'

const NOT_HERE = 'the machines are those of other people, and none gives that away'
const BY_THE_MACHINE = 'each machine decides this for what it runs'
const NO_LABELS =
  'nothing here reads labels of containers; what a proxy or watcher did by them has to be said elsewhere'
const NO_NAMES = 'workloads have networks of their own here, and do not find each other by name'
const NO_TERMINAL = 'nobody is at a terminal there'
const SHARES = 'say how much it needs with resources'

/** What a service may say that has no place in a workload, and why not. */
const REASONS: Readonly<Record<string, string>> = {
  annotations: NO_LABELS,
  attach: 'use commune logs',
  blkio_config: SHARES,
  cgroup: NOT_HERE,
  cgroup_parent: NOT_HERE,
  configs: 'there are no configs; put the file into the image, or its content into env',
  container_name: 'the name of the service is the name; containers get theirs from the machine',
  cpu_count: SHARES,
  cpu_percent: SHARES,
  cpu_period: SHARES,
  cpu_quota: SHARES,
  cpu_rt_period: SHARES,
  cpu_rt_runtime: SHARES,
  cpu_shares: SHARES,
  cpuset: SHARES,
  credential_spec: NOT_HERE,
  develop: 'it is for developing, not for running',
  device_cgroup_rules: NOT_HERE,
  devices: NOT_HERE,
  dns: BY_THE_MACHINE,
  dns_opt: BY_THE_MACHINE,
  dns_search: BY_THE_MACHINE,
  domainname: BY_THE_MACHINE,
  external_links: NO_NAMES,
  extra_hosts: BY_THE_MACHINE,
  gpus: 'graphics processors cannot be asked for here',
  group_add: 'write user as "UID:GID"; there is one group',
  hostname: BY_THE_MACHINE,
  ipc: NOT_HERE,
  isolation: 'containers run on Linux here',
  label_file: NO_LABELS,
  labels: NO_LABELS,
  links: NO_NAMES,
  log_driver: 'logs stay on the machine, and commune logs shows them',
  log_opt: 'logs stay on the machine, and commune logs shows them',
  logging: 'logs stay on the machine, and commune logs shows them',
  mac_address: BY_THE_MACHINE,
  mem_swappiness: BY_THE_MACHINE,
  memswap_limit: BY_THE_MACHINE,
  models: 'models cannot be asked for here',
  networks: NO_NAMES,
  network_mode: NOT_HERE,
  oom_kill_disable: NOT_HERE,
  oom_score_adj: BY_THE_MACHINE,
  pid: NOT_HERE,
  pids_limit: BY_THE_MACHINE,
  post_start: 'let the image do it when it starts',
  pre_start: 'let the image do it when it starts, or see update.before',
  pre_stop: 'let the program do it when it is asked to end',
  privileged: NOT_HERE,
  provider: 'what another program provides cannot be run here',
  pull_policy: 'sync pins each image to its digest, and a machine fetches it when it lacks it',
  runtime: BY_THE_MACHINE,
  security_opt: NOT_HERE,
  shm_size: BY_THE_MACHINE,
  stdin_open: NO_TERMINAL,
  storage_opt: 'say how much it needs with resources.storage',
  sysctls: NOT_HERE,
  tty: NO_TERMINAL,
  ulimits: BY_THE_MACHINE,
  use_api_socket: NOT_HERE,
  userns_mode: NOT_HERE,
  uts: NOT_HERE,
  volume_driver: 'volumes have no drivers here',
  volumes_from: 'a volume belongs to one workload here',
}

const DEPLOY_REASONS: Readonly<Record<string, string>> = {
  endpoint_mode: NO_NAMES,
  labels: NO_LABELS,
}

/** What the converters deal with, and what says nothing by itself. */
const CONVERTED = (
  'build cap_add cap_drop command cpus depends_on deploy entrypoint env_file environment expose ' +
  'extends healthcheck image init mem_limit mem_reservation platform ports profiles read_only ' +
  'restart scale secrets stop_grace_period stop_signal tmpfs user volumes working_dir'
).split(' ')
const DEPLOY_CONVERTED =
  'mode placement replicas resources restart_policy rollback_config update_config'.split(' ')

const KNOWN = [...CONVERTED, ...Object.keys(REASONS)]

/** True for a key of a service that never becomes part of the workload. */
export function isLeftOut(key: string): boolean {
  return Object.hasOwn(REASONS, key)
}

/** Every key of a service that does not become part of the workload, with the reason. */
export function leftOut(service: ComposeMap): readonly Note[] {
  const deploy = mapOf(service['deploy'])
  return [
    ...Object.keys(service).flatMap((key) => keyNotes(service, key)),
    ...Object.keys(deploy)
      .filter((key) => !DEPLOY_CONVERTED.includes(key) && !key.startsWith('x-'))
      .map((key) => lost(['deploy', key], DEPLOY_REASONS[key] ?? 'Compose knows no such key')),
    ...dependencies(service),
  ]
}

function keyNotes(service: ComposeMap, key: string): readonly Note[] {
  const value = service[key]
  if (
    CONVERTED.includes(key) ||
    key.startsWith('x-') ||
    value === null ||
    saysNothing(key, service)
  ) {
    return []
  }
  const reason = REASONS[key]
  if (reason !== undefined) return [lost([key], reason)]
  const meant = nearest(key, KNOWN)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return [lost([key], `Compose knows no such key${hint}`)]
}

function saysNothing(key: string, service: ComposeMap): boolean {
  const value = service[key]
  switch (key) {
    case 'networks':
      return listOf(value).every((item) => item === 'default')
    case 'network_mode':
      return textOf(value) === 'bridge' || textOf(value) === 'none'
    case 'privileged':
    case 'tty':
    case 'stdin_open':
    case 'oom_kill_disable':
      return !isTrue(value)
    default:
      return false
  }
}

function dependencies({ depends_on: value }: ComposeMap): readonly Note[] {
  const names = Array.isArray(value)
    ? value.map((item) => textOf(item) ?? '')
    : Object.keys(mapOf(value))
  if (names.length === 0) return []
  const why = `nothing waits for ${names.join(', ')} here; let the program wait until what it needs is there, or end and be started again`
  return [changed(['depends_on'], why)]
}
