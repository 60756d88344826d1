import type { HostFinding, LimitTrial } from './host-audit.ts'

/** The kernel rounds to pages, and a loop is measured over a moment only. */
const MEMORY_FACTOR_MAX = 1.01
const CPU_FACTOR_MAX = 2

/** Whether a container that was given limits has them. */
export function auditLimits(trial: LimitTrial, check = 'limits'): HostFinding {
  const fix = 'See that the engine’s cgroup driver fits the system (systemd or cgroupfs).'
  if (trial.kind === 'untried') {
    const later = 'Run it again when an image is on this machine, for instance while work runs.'
    return { check, state: 'warning', message: `not tried: ${trial.why}`, fix: later }
  }
  const { asked, found } = trial
  const loose = [
    ...(isBound(found.memoryBytes, asked.memoryBytes * MEMORY_FACTOR_MAX)
      ? []
      : [`memory (asked ${asked.memoryBytes} bytes, in force ${found.memoryBytes})`]),
    ...(isBound(found.pids, asked.pids)
      ? []
      : [`processes (asked ${asked.pids}, in force ${found.pids})`]),
    ...(found.cpuMilli <= asked.cpuMilli * CPU_FACTOR_MAX
      ? []
      : [`CPU (asked ${asked.cpuMilli}m, a loop got ${found.cpuMilli}m)`]),
  ]
  if (loose.length === 0)
    return { check, state: 'ok', message: 'memory, processes and CPU of a container are held' }
  return { check, state: 'problem', message: `not in force: ${loose.join(', ')}`, fix }
}

/** 0 stands for a limit that is not there. */
function isBound(found: number, most: number): boolean {
  return found > 0 && found <= most
}
