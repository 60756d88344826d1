import { LABEL } from '../model/nsid.ts'
import type { Endpoint, ReplicaStatus, WorkloadStatusRecord } from '../model/records.ts'
import type { EngineContainer } from '../ports/engine.ts'
import { replicaOf } from './plan-workload.ts'

/** From this many restarts without a calm period on, a replica is in a crash loop. */
const CRASH_LOOP_RESTARTS = 3

/** What a meshlet knows of a replica beside its container. */
export interface ReplicaNotes {
  readonly restarts: number
  /** Restarts without a calm period in between; all when left out. */
  readonly recentRestarts?: number
  readonly health: 'healthy' | 'unhealthy' | 'starting' | 'none'
  readonly lastError?: string
  /** How it ended last, since the last calm period. */
  readonly lastExit?: LastExit
  /** False while it runs again after crashes, and not yet for long enough to believe it. */
  readonly isSteady?: boolean
  /** It ended, and its restart policy leaves it at that. */
  readonly isOver?: boolean
  readonly pulling?: boolean
  readonly failed?: boolean
  /** An older container of it runs, too, and callers may be led to that one. */
  readonly isReplacing?: boolean
  readonly endpoints: readonly Endpoint[]
}

/** How a container ended. */
export interface LastExit {
  readonly exitCode: number | undefined
  readonly isOutOfMemory: boolean
}

export const NO_NOTES: ReplicaNotes = { restarts: 0, health: 'none', endpoints: [] }

/** What to report of one replica. Without a container it is pending, pulling or failed. */
export function replicaStatus(
  replica: number,
  container: EngineContainer | undefined,
  notes: ReplicaNotes,
): ReplicaStatus {
  const running = container?.state === 'running'
  return {
    index: replica,
    phase: phaseOf(container, notes),
    health: running ? notes.health : 'none',
    restarts: notes.restarts,
    ...(container ? containerFacts(container) : {}),
    ...exitFacts(container, notes.lastExit),
    ...(running && notes.isReplacing ? { replacing: true } : {}),
    ...(running && notes.endpoints.length > 0 ? { endpoints: [...notes.endpoints] } : {}),
    ...(notes.lastError === undefined ? {} : { lastError: notes.lastError.slice(0, 2000) }),
  }
}

/** By the restarts without a calm period in between. */
export function isCrashLooping(recentRestarts: number): boolean {
  return recentRestarts >= CRASH_LOOP_RESTARTS
}

function phaseOf(container: EngineContainer | undefined, notes: ReplicaNotes): string {
  const isCrashing = isCrashLooping(notes.recentRestarts ?? notes.restarts)
  if (container?.state === 'running') {
    // Between two crashes it runs, too.
    if (isCrashing && notes.isSteady === false) return 'crash-loop'
    return notes.health === 'starting' ? 'starting' : 'running'
  }
  if (notes.isOver) return isGoodEnd(exitOf(container, notes.lastExit)) ? 'stopped' : 'failed'
  if (isCrashing) return 'crash-loop'
  if (notes.failed) return 'failed'
  if (notes.pulling) return 'pulling'
  if (!container || container.state === 'created') return 'pending'
  return 'stopped'
}

function containerFacts(container: EngineContainer): Partial<ReplicaStatus> {
  const digest = /@(sha256:[0-9a-f]{64})$/.exec(container.image)?.[1]
  const specHash = container.labels[LABEL.spec]
  const revision = container.labels[LABEL.revision]
  return {
    containerId: container.id.slice(0, 12),
    ...(specHash === undefined ? {} : { specHash }),
    ...(revision === undefined ? {} : { revision }),
    ...(digest === undefined ? {} : { imageDigest: digest }),
    ...(container.startedAtMs === undefined || container.state === 'created'
      ? {}
      : { startedAt: isoTime(container.startedAtMs) }),
  }
}

function exitFacts(
  container: EngineContainer | undefined,
  lastExit: LastExit | undefined,
): Pick<ReplicaStatus, 'exitCode' | 'oomKilled'> {
  const exit = exitOf(container, lastExit)
  return {
    ...(exit?.exitCode === undefined ? {} : { exitCode: exit.exitCode }),
    ...(exit?.isOutOfMemory ? { oomKilled: true } : {}),
  }
}

/** Of this container if it ended, else of the run before it. */
function exitOf(
  container: EngineContainer | undefined,
  lastExit: LastExit | undefined,
): LastExit | undefined {
  if (!container || container.state === 'running' || container.state === 'created') return lastExit
  return { exitCode: container.exitCode, isOutOfMemory: container.oomKilled }
}

function isGoodEnd(exit: LastExit | undefined): boolean {
  return exit?.exitCode === 0 && !exit.isOutOfMemory
}

function isoTime(ms: number): NonNullable<ReplicaStatus['startedAt']> {
  return new Date(ms).toISOString() as NonNullable<ReplicaStatus['startedAt']>
}

/** Worst first. */
const PHASES = [
  'failed',
  'crash-loop',
  'stopped',
  'pending',
  'pulling',
  'starting',
  'stopping',
  'running',
]
const HEALTH = ['unhealthy', 'starting', 'healthy', 'none']

/** The fields of `workloadStatus` that follow from its replicas. */
export function summarise(
  replicas: readonly ReplicaStatus[],
): Pick<
  WorkloadStatusRecord,
  'phase' | 'health' | 'restarts' | 'endpoints' | 'imageDigest' | 'lastError'
> {
  const digest = replicas.find((replica) => replica.imageDigest)?.imageDigest
  const lastError = replicas.find((replica) => replica.lastError)?.lastError
  const endpoints = replicas.flatMap((replica) => replica.endpoints ?? [])
  const phases = replicas.map((replica) => replica.phase)
  const running = phases.filter((phase) => phase === 'running').length
  return {
    phase: running > 0 && running < phases.length ? 'degraded' : worst(phases, PHASES, 'stopped'),
    health: worst(
      replicas.map((replica) => replica.health ?? 'none'),
      HEALTH,
      'none',
    ),
    restarts: replicas.reduce((sum, replica) => sum + (replica.restarts ?? 0), 0),
    ...(endpoints.length > 0 ? { endpoints } : {}),
    ...(digest === undefined ? {} : { imageDigest: digest }),
    ...(lastError === undefined ? {} : { lastError }),
  }
}

function worst(values: readonly string[], order: readonly string[], otherwise: string): string {
  return order.find((value) => values.includes(value)) ?? otherwise
}

/** Whether another container of the replica runs beside the one that stands for it. */
export function isReplacing(containers: readonly EngineContainer[], replica: number): boolean {
  const running = containers.filter(
    (container) => container.state === 'running' && replicaOf(container) === replica,
  )
  return running.length > 1
}

/** The container that stands for a replica: the newest that runs, else the newest. */
export function containerOf(
  containers: readonly EngineContainer[],
  replica: number,
): EngineContainer | undefined {
  const own = containers.filter((container) => replicaOf(container) === replica)
  const newest = own.toSorted((a, b) => b.createdAtMs - a.createdAtMs)
  return newest.find((container) => container.state === 'running') ?? newest[0]
}
