import type { Revision, RolloutRecord, Source, WorkloadRecord } from '../model/records.ts'
import { containerSpecOf, specHash } from '../model/spec-hash.ts'
import { withContainer } from '../model/with-container.ts'
import { contentHash } from './drift.ts'
import type { ProvenSpec } from './previous-spec.ts'

/** As many as the lexicon allows; what is older is in git. */
const HISTORY_MAX = 10

export interface Publishing {
  /** ISO 8601. */
  readonly now: string
  readonly isProven: ProvenSpec
}

/**
 * What a changed record says of its roll-outs: the list of published container specs grows when the
 * container changes, and what was taken back by hand is forgotten when something else is published.
 */
export function rolloutAfter(
  before: WorkloadRecord,
  after: WorkloadRecord,
  publishing: Publishing,
): RolloutRecord | undefined {
  const hash = specHash(after)
  if (hash === specHash(before)) return before.rollout
  const { undone: _, ...rest } = before.rollout ?? {}
  return { ...rest, history: historyAfter(before, after, publishing) }
}

/** The container specs of a record, the present one first; at least that one. */
export function historyOf(record: WorkloadRecord): readonly [Revision, ...Revision[]] {
  const [newest, ...older] = record.rollout?.history ?? []
  const hash = specHash(record)
  if (newest?.specHash === hash) return [newest, ...older]
  // Nobody has changed the container since the workload was first published by this tool.
  const number = (newest?.number ?? 0) + 1
  const first = revisionOf(record, number, record.createdAt)
  return newest ? [first, newest, ...older] : [first]
}

export type Undo =
  | {
      readonly kind: 'undone'
      readonly record: WorkloadRecord
      readonly from: Revision
      readonly to: Revision
    }
  | { readonly kind: 'nothing'; readonly reason: string }

/**
 * The record with the container before, which it carries for that. The container that is taken back is
 * kept to be gone back to only if it was good, and it is remembered so that a sync of the same files
 * does not publish it again without being told.
 */
export function undo(record: WorkloadRecord, publishing: Publishing): Undo {
  const { previous, name } = record
  if (previous === undefined)
    return { kind: 'nothing', reason: `no earlier container of "${name}" is known to be good` }
  const hash = specHash(record)
  const { previous: _previous, source: _source, ...back } = withContainer(record, previous)
  if (specHash(back) !== previous.specHash)
    return {
      kind: 'nothing',
      reason: `what the record of "${name}" keeps to go back to is damaged`,
    }
  const [from, ...older] = historyOf(record)
  const source = sourceOf(
    record.source,
    older.find((entry) => entry.specHash === previous.specHash),
  )
  const isGood = publishing.isProven(name, hash) === true
  const contentHashed = source && { ...source, contentHash: contentHash(back) }
  const restored = { ...back, ...(contentHashed && { source: contentHashed }) }
  const history = historyAfter(record, restored, publishing).map((entry, index) =>
    index === 0 ? { ...entry, undoes: from.number } : entry,
  )
  const [to] = history
  if (to === undefined) return { kind: 'nothing', reason: 'nothing was published before' }
  const rollout = { ...record.rollout, undone: hash, history }
  const kept = isGood ? { previous: containerSpecOf(record) } : {}
  return { kind: 'undone', record: { ...restored, ...kept, rollout }, from, to }
}

/** The record with its roll-out held where it is, or going on; the same object when nothing changes. */
export function withPause(record: WorkloadRecord, isPaused: boolean): WorkloadRecord {
  if ((record.rollout?.paused ?? false) === isPaused) return record
  const { rollout, ...bare } = record
  const { paused: _, ...rest } = rollout ?? {}
  if (isPaused) return { ...bare, rollout: { ...rest, paused: true } }
  return Object.keys(rest).length > 0 ? { ...bare, rollout: rest } : bare
}

/** Whether a container spec was taken back by hand, so that it is published again only when told. */
export function isUndone(record: WorkloadRecord, hash: string): boolean {
  return record.rollout?.undone === hash && specHash(record) !== hash
}

/** Of the same set; the commit is the one that the container came from, where that is known. */
function sourceOf(source: Source | undefined, earlier: Revision | undefined): Source | undefined {
  if (source === undefined) return undefined
  const { revision: _revision, dirty: _dirty, ...rest } = source
  const { commit, dirty } = earlier ?? {}
  return {
    ...rest,
    ...(commit === undefined ? {} : { revision: commit }),
    ...(dirty === undefined ? {} : { dirty }),
  }
}

function historyAfter(
  before: WorkloadRecord,
  after: WorkloadRecord,
  { now, isProven }: Publishing,
): Revision[] {
  const [replaced, ...older] = historyOf(before)
  const proven = before.previous && isProven(before.name, replaced.specHash)
  const judged = proven === undefined ? replaced : { ...replaced, proven }
  const fresh = revisionOf(after, replaced.number + 1, now as Revision['publishedAt'])
  return [fresh, judged, ...older].slice(0, HISTORY_MAX)
}

function revisionOf(
  record: WorkloadRecord,
  number: number,
  publishedAt: Revision['publishedAt'],
): Revision {
  const { revision, dirty } = record.source ?? {}
  return {
    number,
    specHash: specHash(record),
    image: record.image,
    publishedAt,
    ...(revision === undefined ? {} : { commit: revision }),
    ...(dirty === undefined ? {} : { dirty }),
  }
}
