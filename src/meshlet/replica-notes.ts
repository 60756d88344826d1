import { LABEL } from '../model/nsid.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Desired } from '../reconcile/actions.ts'
import type { ReplicaMemory } from '../reconcile/plan-workload.ts'
import { containerOf } from '../reconcile/replica-status.ts'
import type { Health } from './probes.ts'
import { replicaState, type WorkloadMemory } from './workload-memory.ts'

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
      state.runningSinceMs = undefined
      continue
    }
    state.runningSinceMs ??= now
    state.lastError = undefined
    if (now - state.runningSinceMs >= CALM_MS) state.recentRestarts = 0
  }
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
    ({ state, labels }) => state === 'running' && labels[LABEL.spec] === desired.specHash,
  )
  if (running.length >= desired.slots) memory.startFailures = undefined
}

/** What the plan has to know of each replica that is to run here. */
export function replicaMemories(
  memory: WorkloadMemory,
  containers: readonly EngineContainer[],
  desired: Desired,
  healthOf: (containerId: string) => Health | undefined,
): ReadonlyMap<number, ReplicaMemory> {
  const memories = new Map<number, ReplicaMemory>()
  if (desired.kind !== 'run') return memories
  for (let replica = 0; replica < desired.slots; replica++) {
    const current = containerOf(containers, replica)
    const isHealthy =
      !desired.workload.healthcheck || (current && healthOf(current.id) === 'healthy')
    memories.set(replica, {
      notBeforeMs: replicaState(memory, replica).notBeforeMs,
      ready: current?.state === 'running' && isHealthy === true,
    })
  }
  return memories
}

/** The container of each replica that runs, by the replica's number. */
export function runningIds(containers: readonly EngineContainer[]): ReadonlyMap<number, string> {
  const running = new Map<number, string>()
  for (const container of containers) {
    const replica = Number(container.labels[LABEL.replica])
    const stands = containerOf(containers, replica)
    if (stands?.state === 'running') running.set(replica, stands.id)
  }
  return running
}
