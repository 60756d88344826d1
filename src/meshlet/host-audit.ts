import type { EngineInfo, WallReport } from '../ports/engine.ts'
import type { WallState } from '../ports/walls.ts'
import { auditGvisor, auditOpenEngines } from './audit-isolation.ts'
import { auditLimits } from './audit-limits.ts'
import { judgeRunc } from './runc-version.ts'

/** One thing that was looked at. */
export interface HostFinding {
  readonly check: string
  readonly state: 'ok' | 'warning' | 'problem'
  readonly message: string
  /** What to do about it. */
  readonly fix?: string
}

export interface FileFact {
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  /** Nobody but its owner may read it. */
  readonly isSecret: boolean
}

/** What a container that was given limits found of them. */
export type LimitTrial =
  | { readonly kind: 'untried'; readonly why: string }
  | {
      readonly kind: 'tried'
      readonly asked: TrialLimits
      readonly found: TrialLimits
    }

export interface TrialLimits {
  readonly memoryBytes: number
  readonly pids: number
  /** Thousandths of a core: given, and used by a loop that takes all it gets. */
  readonly cpuMilli: number
}

/** The machine as somebody found it. */
export interface HostFacts {
  /** Why the meshlet would not start with its settings. */
  readonly settingsProblem?: string
  readonly engine: EngineInfo | { readonly problem: string; readonly hint?: string }
  /** How the engine is reached: its socket with its permission bits, or an address. */
  readonly reach:
    | { readonly kind: 'socket'; readonly path: string; readonly mode?: number }
    | { readonly kind: 'network'; readonly address: string; readonly isEncrypted: boolean }
  readonly limits: LimitTrial
  /** The same in gVisor; absent where the engine knows none. */
  readonly gvisorLimits?: LimitTrial
  /** Somebody’s work has to run in gVisor by the machine’s policy. */
  readonly policyWantsGvisor?: boolean
  /** Addresses at which an engine of this machine takes requests without encryption. */
  readonly openEngines?: readonly { readonly address: string; readonly isLoopback: boolean }[]
  /** What a canary found, or why none could be tried. */
  readonly walls: WallReport
  /** Whether the rules stand that `egress: internet` needs. */
  readonly firewall: WallState
  readonly listens: readonly {
    readonly what: string
    readonly host: string
    readonly port: number
  }[]
  /** Those that are there. */
  readonly files: readonly FileFact[]
  readonly clock: {
    /** Program that keeps the clock right. */
    readonly keptBy?: string
    /** Ahead of the PDS, milliseconds. */
    readonly offsetMs?: number
  }
  readonly disks: readonly {
    readonly what: string
    readonly path: string
    readonly freeBytes: number
    /** How many more files it can hold, and can hold at all; absent where it does not count them. */
    readonly files?: { readonly free: number; readonly all: number }
  }[]
}

/** Everything that was looked at, in the order in which problems explain each other. */
export function auditHost(facts: HostFacts): readonly HostFinding[] {
  return [
    settings(facts),
    ...engine(facts),
    reach(facts),
    ...auditOpenEngines(facts.openEngines ?? []),
    auditLimits(facts.limits),
    ...auditGvisor(facts),
    walls(facts.walls),
    firewall(facts.firewall),
    ...facts.listens.map(listening),
    ...files(facts.files),
    clock(facts),
    ...facts.disks.map(disk),
  ]
}

const API_MIN = [1, 41] as const

function settings({ settingsProblem }: HostFacts): HostFinding {
  const check = 'settings'
  if (settingsProblem === undefined) return ok(check, 'the meshlet can start with them')
  const message = settingsProblem.replaceAll('\n', '; ')
  return warning(check, message, 'Give doctor the flags or the --config file of the meshlet.')
}

function engine({ engine: found }: HostFacts): HostFinding[] {
  const check = 'engine'
  if ('problem' in found) {
    return [problem(check, found.problem, sentence(found.hint ?? 'start Docker or Podman'))]
  }
  const { name, version, apiVersion, host } = found
  const told = `${name} ${version}, API ${apiVersion}`
  const first = isOlder(apiVersion)
    ? problem(check, `${told} is too old`, 'Install Docker 20.10 or later.')
    : ok(check, told)
  const ports =
    found.portsProblem === undefined
      ? ok('ports of containers', 'can be forwarded and probed')
      : warning(
          'ports of containers',
          found.portsProblem,
          'Run the meshlet as root or with CAP_SYS_ADMIN and CAP_SYS_PTRACE, on the engine’s machine.',
        )
  if (host === undefined) return [first, ports]
  return [
    first,
    judgeRunc(host.runc),
    host.userNamespaces
      ? ok('user namespaces', 'root in a container is nobody outside')
      : warning(
          'user namespaces',
          'off: root in a container is root of this machine, with few capabilities',
          'Set "userns-remap": "default" in /etc/docker/daemon.json, or grant nobody rootUser.',
        ),
    host.seccomp
      ? ok('seccomp', 'the engine filters system calls')
      : problem(
          'seccomp',
          'the engine does not filter system calls',
          'Use a kernel and an engine with seccomp, and leave "seccomp-profile" out of daemon.json.',
        ),
    host.accessControl === undefined
      ? warning(
          'access control',
          'neither AppArmor nor SELinux is on',
          'Turn on AppArmor (Debian, Ubuntu) or SELinux (Fedora, RHEL), and restart the engine.',
        )
      : ok('access control', host.accessControl),
    host.limitsMissing.length === 0
      ? ok('cgroups', `version ${host.cgroupVersion ?? 'unknown'}, with every limit`)
      : missingLimits(host.limitsMissing),
    ports,
  ]
}

function missingLimits(names: readonly string[]): HostFinding {
  const message = `the kernel enforces no limit of ${names.join(', ')}`
  const fix = 'Turn the cgroup controllers on: cgroup_enable=memory swapaccount=1 for the kernel.'
  const isGrave = names.some((name) => name !== 'swap')
  return { check: 'cgroups', state: isGrave ? 'problem' : 'warning', message, fix }
}

/** Docker's API 1.41 came with 20.10. */
function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < API_MIN[0] || (major === API_MIN[0] && minor < API_MIN[1])
}

const OTHERS_WRITE = 0o002
const OTHERS_AND_GROUP_WRITE = 0o022
const OTHERS_AND_GROUP = 0o077

function reach({ reach: way }: HostFacts): HostFinding {
  const check = 'way to the engine'
  if (way.kind === 'network') {
    if (way.isEncrypted) return ok(check, `${way.address}, encrypted`)
    const message = `${way.address} is not encrypted: whoever reaches it is root`
    return problem(
      check,
      message,
      'Use the socket, or TLS: DOCKER_TLS_VERIFY and DOCKER_CERT_PATH.',
    )
  }
  if (way.mode === undefined || (way.mode & OTHERS_WRITE) === 0) return ok(check, way.path)
  const message = `every user of this machine may use ${way.path}, and so is root`
  return problem(check, message, `Run chmod o-rwx ${way.path}.`)
}

function walls(report: WallReport): HostFinding {
  const check = 'walls'
  switch (report.kind) {
    case 'standing':
      return ok(check, `a container reaches none of ${report.tried} places that it must not reach`)
    case 'open': {
      const message = `from inside a container: ${report.open.join('; ')}`
      const fix =
        'See docs/security.md, “When the canary gets through”. Until then only your own work runs here.'
      return problem(check, message, fix)
    }
    case 'unproven': {
      const fix =
        'Run the meshlet as root or with CAP_SYS_ADMIN and CAP_SYS_PTRACE on the engine’s machine, or say canary: advised in the policy.'
      return warning(check, `not tried, so that only your own work runs here: ${report.why}`, fix)
    }
  }
}

/** Nobody has to offer a way to the internet: to have none is no fault. */
function firewall(state: WallState): HostFinding {
  const check = 'firewall'
  if (state.kind === 'standing') return ok(check, 'the rules for egress: internet are in force')
  return ok(check, `egress: internet is not offered: ${state.why}`)
}

function listening({ what, host, port }: HostFacts['listens'][number]): HostFinding {
  const check = what
  const at = port === 0 ? `${host}, any free port` : `${host}, port ${port}`
  if (/^(?:127\.|::1$|localhost$)/.test(host)) return ok(check, `${at}: this machine only`)
  const message = `${at}: whoever reaches this machine may ask, without TLS`
  return warning(check, message, 'Listen on 127.0.0.1, behind a reverse proxy with TLS.')
}

function files(found: readonly FileFact[]): HostFinding[] {
  const check = 'files'
  const open = found.filter(({ mode, isSecret }) =>
    isSecret ? (mode & OTHERS_AND_GROUP) !== 0 : (mode & OTHERS_AND_GROUP_WRITE) !== 0,
  )
  if (found.length === 0) return [ok(check, 'none yet')]
  if (open.length === 0) return [ok(check, `${found.length} looked at, closed to others`)]
  return open.map(({ path, mode, isSecret }) => {
    const message = `others may ${isSecret ? 'use' : 'change'} ${path} (mode ${mode.toString(8)})`
    return problem(check, message, `Run chmod ${isSecret ? 'go-rwx' : 'go-w'} ${path}.`)
  })
}

/** As `commune doctor` has it: tokens live for a minute. */
const CLOCK_OFFSET_MS_MAX = 10_000

function clock({ clock: { keptBy, offsetMs } }: HostFacts): HostFinding {
  const check = 'clock'
  const fix = 'Turn on time synchronisation, for instance systemd-timesyncd or chrony.'
  if (offsetMs !== undefined && Math.abs(offsetMs) > CLOCK_OFFSET_MS_MAX) {
    const seconds = Math.round(Math.abs(offsetMs) / 1000)
    return problem(check, `${seconds} s ${offsetMs > 0 ? 'ahead of' : 'behind'} the PDS`, fix)
  }
  const agrees = offsetMs === undefined ? [] : ['agrees with the PDS']
  if (keptBy === undefined)
    return warning(check, [...agrees, 'nothing was found that keeps it right'].join('; '), fix)
  return ok(check, [...agrees, `kept by ${keptBy}`].join('; '))
}

const GIB = 1024 ** 3
const FREE_BYTES_MIN = GIB / 4
const FREE_BYTES_GOOD = 2 * GIB
const FILES_SHARE_MIN = 0.02

function disk({ what, path, freeBytes, files }: HostFacts['disks'][number]): HostFinding {
  const check = `disk of ${what}`
  const message = `${(freeBytes / GIB).toFixed(1)} GiB free at ${path}`
  const fix = 'Make room, for instance with docker image prune.'
  if (files !== undefined && files.free < files.all * FILES_SHARE_MIN)
    return problem(check, `${path} can hold only ${files.free} more files`, fix)
  if (freeBytes < FREE_BYTES_MIN) return problem(check, message, fix)
  return freeBytes < FREE_BYTES_GOOD ? warning(check, message, fix) : ok(check, message)
}

function ok(check: string, message: string): HostFinding {
  return { check, state: 'ok', message }
}

function warning(check: string, message: string, fix: string): HostFinding {
  return { check, state: 'warning', message, fix }
}

function problem(check: string, message: string, fix: string): HostFinding {
  return { check, state: 'problem', message, fix }
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}
