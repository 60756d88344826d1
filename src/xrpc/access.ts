import type { MethodName } from '../model/nsid.ts'

/**
 * What somebody is to this meshlet by the records alone:
 * - `meshletOwner`: the owner of this meshlet;
 * - `member`: an owner, or a meshlet of an owner, whom this meshlet accepts and who recognises its owner;
 * - `candidate`: a meshlet that may run work of an owner whom this meshlet accepts, known or not.
 */
export type StandingRole = 'meshletOwner' | 'member' | 'candidate'

/** `workloadOwner` is decided a call at a time: the workload asked about lies in the caller's repo. */
export type Role = StandingRole | 'workloadOwner'

/** The methods that this server has. */
export type ServedMethod = Extract<
  MethodName,
  | 'getCapacity'
  | 'listWorkloads'
  | 'getWorkloadStatus'
  | 'deleteWorkload'
  | 'pauseWorkload'
  | 'resumeWorkload'
  | 'stopWorkload'
  | 'restartWorkload'
  | 'getUsage'
  | 'getLogs'
  | 'subscribeLogs'
  | 'exec'
  | 'getHealth'
  | 'listEvents'
  | 'pause'
  | 'resume'
  | 'drain'
  | 'shutdown'
  | 'heartbeat'
>

/** Those that are called by http; the others are streams. */
export type CalledMethod = Exclude<ServedMethod, 'subscribeLogs' | 'exec'>

/** Who may call what (DESIGN §8). Only a workload's owner reads its logs, not even the machine's. */
export const ACCESS: Readonly<Record<ServedMethod, readonly Role[]>> = {
  getCapacity: ['meshletOwner', 'member'],
  listWorkloads: ['meshletOwner', 'member'],
  getWorkloadStatus: ['meshletOwner', 'workloadOwner', 'member'],
  deleteWorkload: ['meshletOwner', 'workloadOwner'],
  pauseWorkload: ['meshletOwner', 'workloadOwner'],
  resumeWorkload: ['meshletOwner', 'workloadOwner'],
  stopWorkload: ['meshletOwner', 'workloadOwner'],
  restartWorkload: ['meshletOwner', 'workloadOwner'],
  getUsage: ['meshletOwner', 'workloadOwner', 'member'],
  getLogs: ['workloadOwner'],
  subscribeLogs: ['workloadOwner'],
  exec: ['workloadOwner'],
  listEvents: ['meshletOwner', 'workloadOwner', 'member'],
  getHealth: ['meshletOwner', 'member', 'candidate'],
  pause: ['meshletOwner'],
  resume: ['meshletOwner'],
  drain: ['meshletOwner'],
  shutdown: ['meshletOwner'],
  heartbeat: ['meshletOwner', 'member', 'candidate'],
}

export function mayCall(method: ServedMethod, roles: readonly Role[]): boolean {
  return ACCESS[method].some((role) => roles.includes(role))
}
