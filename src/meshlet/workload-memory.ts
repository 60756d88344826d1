import type { Did, ReplicaStatus } from '../model/records.ts'
import type { LastExit } from '../reconcile/replica-status.ts'
import type { Placement } from './observe.ts'
import type { AtPeace } from './peace.ts'
import type { Returns } from './returns.ts'
import type { RolloutMemory } from './rollouts.ts'
import type { Rounds } from '../selection/rounds.ts'

/** What a meshlet remembers of one replica here. */
export interface ReplicaState {
  /** Since this program started. */
  restarts: number
  /** Those that were not followed by a calm period; they space the next ones. */
  recentRestarts: number
  /** When the first of those was. */
  crashingSinceMs: number
  /** When it may be started again, on the monotonic clock. */
  notBeforeMs: number
  /** When the container that runs now was first seen running. */
  runningSinceMs: number | undefined
  lastError: string | undefined
  /** How it ended last, since the last calm period. */
  lastExit: LastExit | undefined
  /** Why it was started again although it ran. */
  lastHang: string | undefined
  health: NonNullable<ReplicaStatus['health']>
}

/** Failures to bring up one container spec. */
export interface StartFailures {
  readonly specHash: string
  readonly count: number
  readonly firstAtMs: number
  readonly code: 'pull-failed' | 'create-failed' | 'start-failed'
  readonly message: string
  /** It did start, and was stopped for this: only another that runs makes it good. */
  readonly stoppedId?: string
}

/** Failures after which an offer is taken back. */
export const START_TRIES_MAX = 3

/** What a meshlet remembers of one workload between two looks; lost on a restart, without harm. */
export interface WorkloadMemory {
  readonly replicas: Map<number, ReplicaState>
  rounds: Rounds | undefined
  /** What was seen in this version of the records, if only others can change it. */
  seen: { readonly version: number; readonly placement: Placement } | undefined
  /** Who acts on what this machine says of it, as of the last look; undefined: everybody. */
  audience: readonly Did[] | undefined
  rollout: RolloutMemory | undefined
  readonly returns: Returns
  startFailures: StartFailures | undefined
  pulling: boolean
  /** Ids of the containers whose limits were looked at, or are. */
  readonly limitsLookedAt: Set<string>
  /** Since when this machine is positively no candidate any more. */
  notCandidateSinceMs: number | undefined
  /** Since when it runs more replicas than it was chosen for. */
  surplusSinceMs: number | undefined
  /** Since when an offer that came late would push somebody out. */
  lateSinceMs: number | undefined
  /** Since when the status record is behind what is true, while that may still pass. */
  statusBehindSinceMs: number | undefined
  /** The placement key under which it gave way to another workload, which it does once. */
  gaveWayUnder: string | undefined
  /** The placement key under which its network was made before anybody was chosen, which is done once. */
  networkAheadUnder: string | undefined
  /** Looks in a row that ended nothing because something had changed meanwhile. */
  putOffs: number
  /** The last line of the log about the bid, so that it is not said twice. */
  lastBidNote: string | undefined
  /** The last look found that the next one would come to the same. */
  peace: AtPeace | undefined
}

export function newWorkloadMemory(): WorkloadMemory {
  return {
    replicas: new Map(),
    rounds: undefined,
    seen: undefined,
    audience: [],
    rollout: undefined,
    returns: new Map(),
    startFailures: undefined,
    pulling: false,
    limitsLookedAt: new Set(),
    notCandidateSinceMs: undefined,
    surplusSinceMs: undefined,
    lateSinceMs: undefined,
    statusBehindSinceMs: undefined,
    gaveWayUnder: undefined,
    networkAheadUnder: undefined,
    putOffs: 0,
    lastBidNote: undefined,
    peace: undefined,
  }
}

export function replicaState(memory: WorkloadMemory, replica: number): ReplicaState {
  const known = memory.replicas.get(replica)
  if (known) return known
  const fresh: ReplicaState = {
    restarts: 0,
    recentRestarts: 0,
    crashingSinceMs: 0,
    notBeforeMs: 0,
    runningSinceMs: undefined,
    lastError: undefined,
    lastExit: undefined,
    lastHang: undefined,
    health: 'none',
  }
  memory.replicas.set(replica, fresh)
  return fresh
}

/** After a change: at once, unless something failed and has to wait. Milliseconds from `now`. */
export function nextLookMs(memory: WorkloadMemory, now: number): number {
  if (!memory.startFailures) return 0
  return Math.max(50, ...[...memory.replicas.values()].map(({ notBeforeMs }) => notBeforeMs - now))
}

/** Since when something holds, given since when it did; undefined while it does not. Milliseconds. */
export function sinceWhen(
  before: number | undefined,
  holds: boolean,
  now: number,
): number | undefined {
  return holds ? (before ?? now) : undefined
}

/** It runs again after crashes: so long it has to run before that is believed, milliseconds. */
const STEADY_MS = 10_000

/** When a replica that runs again is believed to go on; undefined when it does not run, 0 when it is. */
export function steadyInMs(
  { runningSinceMs, recentRestarts }: ReplicaState,
  now: number,
): number | undefined {
  if (runningSinceMs === undefined) return undefined
  return recentRestarts === 0 ? 0 : Math.max(0, runningSinceMs + STEADY_MS - now)
}
