import { placementKey } from '../model/placement-key.ts'
import type { Did, WorkloadRecord } from '../model/records.ts'
import { specHash } from '../model/spec-hash.ts'
import type { FieldChange } from './field-diff.ts'
import type { Consequence } from './sync-plan.ts'

/** True when the change decides anew where the workload runs. The nonce is left out on purpose. */
export function movesPlacement(owner: Did, before: WorkloadRecord, after: WorkloadRecord): boolean {
  return placementKey(owner, withoutNonce(before)) !== placementKey(owner, withoutNonce(after))
}

/** Fields of a file that the placement key is made of (docs/protocol.md). */
const PLACEMENT_FIELDS = new Set(['resources', 'constraints', 'spread', 'clusters', 'volumes'])

/** The fields because of which a workload moves, each once, in the order of the changes. */
export function movedBy(changes: readonly FieldChange[]): readonly string[] {
  const fields = changes.map(({ path }) => path.split('.', 1)[0] ?? path)
  return [...new Set(fields.filter((field) => PLACEMENT_FIELDS.has(field)))]
}

/** What an update does to what runs; never empty. */
export function consequencesOf(
  owner: Did,
  before: WorkloadRecord,
  after: WorkloadRecord,
): readonly Consequence[] {
  if (isStopped(after)) return isStopped(before) ? ['in place'] : ['stops']
  if (isStopped(before)) return ['starts']
  const found: Consequence[] = []
  if (movesPlacement(owner, before, after)) found.push('moves')
  else if (specHash(before) !== specHash(after)) found.push('rolls')
  if (countOf(before) !== countOf(after)) found.push('scales')
  return found.length === 0 ? ['in place'] : found
}

/** How many containers a record asks for. */
export function countOf(record: Pick<WorkloadRecord, 'replicas' | 'everywhere'>): number | 'all' {
  return record.everywhere === true ? 'all' : (record.replicas ?? 1)
}

function isStopped(record: WorkloadRecord): boolean {
  return countOf(record) === 0
}

function withoutNonce(record: WorkloadRecord): WorkloadRecord {
  const { placementNonce: _, ...rest } = record
  return rest
}
