import type { EngineContainer } from '../ports/engine.ts'
import { replicaOf } from '../reconcile/plan-workload.ts'

/** Names of the runs that go on now: a container that is started again is another run. */
export function runsOf(containers: readonly EngineContainer[]): readonly string[] {
  return containers.filter(({ state }) => state === 'running').map(runKey)
}

/**
 * Which container is to be started again next: the lowest replica whose run was meant, once those that
 * were started before it are well; `id` is undefined while that takes time. Undefined when none is left.
 */
export function nextRestart(
  asked: ReadonlySet<string>,
  containers: readonly EngineContainer[],
  isWell: (container: EngineContainer) => boolean,
): { readonly id: string | undefined } | undefined {
  if (asked.size === 0) return undefined
  const running = containers.filter(({ state }) => state === 'running')
  const left = running.filter((container) => asked.has(runKey(container)))
  if (left.length === 0) return undefined
  const others = containers.filter((container) => !left.includes(container))
  if (!others.every(isWell)) return { id: undefined }
  return { id: left.toSorted((a, b) => replicaOf(a) - replicaOf(b))[0]?.id }
}

function runKey({ id, startedAtMs }: EngineContainer): string {
  return `${id}@${startedAtMs ?? 0}`
}
