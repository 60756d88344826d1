import { LABEL } from '../model/nsid.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Desired } from '../reconcile/actions.ts'
import type { ReplicaMemory } from '../reconcile/plan-workload.ts'
import type { LastExit } from '../reconcile/replica-status.ts'
import { wantedReplicas } from '../reconcile/wanted-replicas.ts'
import { replicaState, type ReplicaState, type WorkloadMemory } from './workload-memory.ts'

/** A replica that ran for so long without a restart starts afresh in its backoff. */
const CALM_MS = 10 * 60_000

/** Remembers since when each replica runs, and what the engine said of those that do not. */
export function noteRunning(
  memory: WorkloadMemory,
  containers: readonly EngineContainer[],
  now: number,
): void {
  for (const container of containers) {
    const state = replicaState(memory, Number(container.labels[LABEL.replica] ?? 0))
    if (container.state !== 'running') {
      if (container.error) state.lastError = container.error
      if (container.state === 'exited') state.lastExit = exitOf(container)
      state.runningSinceMs = undefined
      continue
    }
    state.runningSinceMs ??= now
    state.lastError = undefined
    if (now - state.runningSinceMs >= CALM_MS) calmDown(state)
  }
}

function exitOf({ exitCode, oomKilled }: EngineContainer): LastExit {
  return { exitCode, isOutOfMemory: oomKilled }
}

/** Nothing is remembered of it that is forgotten when it has run for long enough. */
export function isCalm({ recentRestarts, lastExit, lastHang }: ReplicaState): boolean {
  return recentRestarts === 0 && lastExit === undefined && lastHang === undefined
}

function calmDown(state: ReplicaState): void {
  state.recentRestarts = 0
  state.lastExit = undefined
  state.lastHang = undefined
}

/**
 * What runs as it should has not failed, whatever was said of its start: an engine may do what it is
 * told and lose the reply. And who is not to run it does not go on failing; the bid remembers whether
 * it was given up.
 */
export function forgiveFailures(
  memory: WorkloadMemory,
  containers: readonly EngineContainer[],
  desired: Desired,
): void {
  if (!memory.startFailures || desired.kind === 'keep') return
  if (desired.kind !== 'run') {
    memory.startFailures = undefined
    return
  }
  const running = containers.filter(
    ({ id, state, labels }) =>
      state === 'running' &&
      labels[LABEL.spec] === desired.specHash &&
      id !== memory.startFailures?.stoppedId,
  )
  if (running.length >= desired.slots) memory.startFailures = undefined
}

/** When each replica that is to run here may be started again. */
export function replicaMemories(
  memory: WorkloadMemory,
  desired: Desired,
): ReadonlyMap<number, ReplicaMemory> {
  const wanted = desired.kind === 'run' ? wantedReplicas(desired) : []
  return new Map(
    wanted.map((replica) => {
      const { notBeforeMs } = replicaState(memory, replica)
      return [replica, { notBeforeMs }] as const
    }),
  )
}
