import type { ReplicaStatus } from '../model/records.ts'

/** What a meshlet remembers of one replica here. */
export interface ReplicaState {
  restarts: number
  /** When it may be started again, on the monotonic clock. */
  notBeforeMs: number
  /** When the container that runs now was first seen running. */
  runningSinceMs: number | undefined
  lastError: string | undefined
  health: NonNullable<ReplicaStatus['health']>
}

/** Failures to bring up one container spec. */
export interface StartFailures {
  readonly specHash: string
  readonly count: number
  readonly firstAtMs: number
  readonly code: 'pull-failed' | 'create-failed' | 'start-failed'
  readonly message: string
}

/** What a meshlet remembers of one workload between two looks; lost on a restart, without harm. */
export interface WorkloadMemory {
  readonly replicas: Map<number, ReplicaState>
  startFailures: StartFailures | undefined
  pulling: boolean
  /** When it was first positively read that this machine may not run it. */
  notCandidateSinceMs: number | undefined
  /** Since when the status record differs from what is true, on the monotonic clock. */
  statusDueMs: number | undefined
}

export function newWorkloadMemory(): WorkloadMemory {
  return {
    replicas: new Map(),
    startFailures: undefined,
    pulling: false,
    notCandidateSinceMs: undefined,
    statusDueMs: undefined,
  }
}

export function replicaState(memory: WorkloadMemory, replica: number): ReplicaState {
  const known = memory.replicas.get(replica)
  if (known) return known
  const fresh: ReplicaState = {
    restarts: 0,
    notBeforeMs: 0,
    runningSinceMs: undefined,
    lastError: undefined,
    health: 'none',
  }
  memory.replicas.set(replica, fresh)
  return fresh
}
