import type { ContainerSpec, WorkloadRecord } from '../model/records.ts'
import { containerSpecOf, specHash } from '../model/spec-hash.ts'

/** Whether machines found this container good, by workload name and spec hash; undefined: not known. */
export type ProvenSpec = (name: string, specHash: string) => boolean | undefined

/**
 * The container spec that a changed record embeds, to go back to if the new one fails: what was
 * published before the container last changed, unless that was itself on trial and has not proved
 * itself; then what it would have gone back to.
 */
export function previousSpec(
  before: WorkloadRecord,
  after: WorkloadRecord,
  isProven: ProvenSpec,
): ContainerSpec | undefined {
  const hash = specHash(before)
  if (hash === specHash(after)) return before.previous
  const wasOnTrial = before.previous !== undefined && isProven(before.name, hash) === false
  const previous = wasOnTrial ? before.previous : containerSpecOf(before)
  return previous?.specHash === specHash(after) ? containerSpecOf(before) : previous
}
