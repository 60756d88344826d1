import { canonicalJson } from '../model/canonical.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Cid, ClusterPolicyRecord, Source } from '../model/records.ts'
import type { ClusterDraft } from '../spec/cluster-file.ts'
import type { FieldChange } from './field-diff.ts'

export interface DesiredCluster {
  readonly name: string
  readonly file: string
  readonly line: number
  readonly record: ClusterDraft
}

/** The rules of a cluster as they are in the repo. */
export interface ExistingCluster {
  readonly name: string
  readonly cid: Cid
  /** Absent when the record does not follow its lexicon. */
  readonly record?: ClusterPolicyRecord
  readonly set?: string
}

/** What becomes of the rules of one cluster; the actions are those of workloads. */
export interface ClusterItem {
  readonly name: string
  readonly file?: string
  readonly line?: number
  readonly action: 'create' | 'update' | 'delete' | 'unchanged' | 'keep' | 'conflict'
  /** Of what is written. */
  readonly record?: ClusterPolicyRecord
  readonly changes?: readonly FieldChange[]
  readonly reason: string
  /** Why no machine holds to them, and what to do; absent when one does, or when it was not read. */
  readonly note?: string
}

export interface PlanClustersInput {
  readonly set: string
  readonly desired: readonly DesiredCluster[]
  readonly existing: readonly ExistingCluster[]
  readonly source: Omit<Source, 'set' | 'path' | 'line'>
  readonly adopt: boolean
  readonly prune: boolean
  /** Why nothing may be pruned; undefined when it is safe. */
  readonly pruneBlocked: string | undefined
  readonly now: string
}

/** Compares the rules of the folder with those of the repo, by name. */
export function planClusters(input: PlanClustersInput): readonly ClusterItem[] {
  const existing = new Map(input.existing.map((entry) => [entry.name, entry]))
  const wanted = new Set(input.desired.map(({ name }) => name))
  const written = input.desired.map((one) => planOne(input, one, existing.get(one.name)))
  const gone = input.existing.filter(({ name, set }) => set === input.set && !wanted.has(name))
  const items = [...written, ...gone.map(({ name }) => removalOf(input, name))]
  return items.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function planOne(
  input: PlanClustersInput,
  { name, file, line, record: draft }: DesiredCluster,
  existing: ExistingCluster | undefined,
): ClusterItem {
  const here = { name, file, line }
  const source = { set: input.set, ...input.source, path: file, line }
  // It is agreed to anew whenever it says something else.
  const createdAt = input.now as ClusterPolicyRecord['createdAt']
  const record: ClusterPolicyRecord = {
    $type: COLLECTION.clusterPolicy,
    ...draft,
    source,
    createdAt,
  }
  if (existing === undefined)
    return { ...here, action: 'create', record, reason: 'new in this folder' }
  if (existing.set !== input.set && !input.adopt) {
    const owner = existing.set === undefined ? 'by no set' : `by the set "${existing.set}"`
    const reason = `published already ${owner}; --adopt takes it over`
    return { ...here, action: 'conflict', reason }
  }
  if (existing.record === undefined)
    return { ...here, action: 'update', record, changes: [], reason: 'was not valid' }
  const changes = changesOf(existing.record, draft)
  if (changes.length === 0 && existing.set === input.set)
    return { ...here, action: 'unchanged', reason: 'already published' }
  return { ...here, action: 'update', record, changes, reason: 'changed in this folder' }
}

function removalOf({ prune, pruneBlocked }: PlanClustersInput, name: string): ClusterItem {
  if (pruneBlocked !== undefined)
    return { name, action: 'keep', reason: `not in this folder, but ${pruneBlocked}` }
  return prune
    ? { name, action: 'delete', reason: 'not in this folder any more' }
    : { name, action: 'keep', reason: 'not in this folder; --prune deletes it' }
}

function changesOf(before: ClusterPolicyRecord, draft: ClusterDraft): readonly FieldChange[] {
  const { $type: _type, source: _source, createdAt: _createdAt, ...rules } = before
  const [from, to] = [rules, draft] as readonly Readonly<Record<string, unknown>>[]
  const paths = [...new Set([...Object.keys(from ?? {}), ...Object.keys(to ?? {})])].toSorted()
  return paths.flatMap((path) => {
    const [left, right] = [from?.[path], to?.[path]]
    if (canonicalJson(left ?? null) === canonicalJson(right ?? null)) return []
    return [
      {
        path,
        ...(left === undefined ? {} : { before: left }),
        ...(right === undefined ? {} : { after: right }),
      },
    ]
  })
}
