import { specHash } from '../model/spec-hash.ts'
import type { Did, Source, WorkloadRecord } from '../model/records.ts'
import { confirmBecause } from './confirm-because.ts'
import { consequencesOf, countOf, movedBy, movesPlacement } from './consequences.ts'
import { contentHash, hasDrifted } from './drift.ts'
import { diffFields } from './field-diff.ts'
import { markRenames } from './mark-renames.ts'
import { pinImage, type ImageLookup } from './pin-image.ts'
import { platformNote } from './platform-note.ts'
import { previousSpec, type ProvenSpec } from './previous-spec.ts'
import { isUndone, rolloutAfter } from './rollout-record.ts'
import {
  planClusters,
  type ClusterItem,
  type DesiredCluster,
  type ExistingCluster,
} from './plan-clusters.ts'
import { blockedBecause, planRemovals } from './plan-removals.ts'
import { withWitnesses, type WitnessCandidates } from './with-witnesses.ts'
import type { ExistingWorkload, PlanItem, SyncPlan } from './sync-plan.ts'

/** A workload as its file says it, before sync adds what only sync knows. */
export type WorkloadDraft = Omit<
  WorkloadRecord,
  'placementNonce' | 'previous' | 'rollout' | 'source' | 'createdAt'
>

export interface DesiredWorkload {
  readonly name: string
  readonly file: string
  readonly line: number
  readonly record: WorkloadDraft
}

/** A document that can't be published: it blocks pruning and nothing else. */
export interface BrokenDocument {
  readonly file: string
  readonly line?: number
  readonly message: string
}

export interface PlanSyncInput {
  readonly owner: Did
  readonly set: string
  readonly desired: readonly DesiredWorkload[]
  readonly clusters?: readonly DesiredCluster[]
  readonly existingClusters?: readonly ExistingCluster[]
  readonly broken: readonly BrokenDocument[]
  /** True when the folder holds no workload file at all. */
  readonly empty: boolean
  readonly existing: readonly ExistingWorkload[]
  /** Where the files come from; the path of each file is added. */
  readonly source: Omit<Source, 'set' | 'path' | 'line'>
  /** What registries said, by reference as written. */
  readonly lookups: ReadonlyMap<string, ImageLookup>
  readonly offline: boolean
  /** Every tag was looked up anew, also those that are pinned. */
  readonly updateImages: boolean
  /** `os/architecture` of the machines that may run a workload of these clusters, when known. */
  readonly platformsOf: (clusters: readonly string[] | undefined) => readonly string[] | undefined
  readonly prune: boolean
  /** Take over records that belong to another set or to none. */
  readonly adopt: boolean
  /** Publish again what its owner has undone by hand. */
  readonly redo: boolean
  /** ISO 8601. */
  readonly now: string
  readonly newNonce: () => string
  /** What is known of containers that were published before. */
  readonly isProven: ProvenSpec
  /**
   * Who may run a workload of these clusters, for those that must never run twice; undefined when it
   * could not be read.
   */
  readonly candidatesOf: (
    name: string,
    clusters: readonly string[] | undefined,
  ) => WitnessCandidates | undefined
}

/** Compares the folder with the repo. Pure: the same input gives the same plan in any order. */
export function planSync(input: PlanSyncInput): SyncPlan {
  const existing = new Map(input.existing.map((entry) => [entry.name, entry]))
  const written = [...input.desired]
    .toSorted(byName)
    .map((desired) => planOne(input, desired, existing.get(desired.name)))
  const broken = input.broken.map(brokenItem)
  const anyInvalid = broken.length > 0 || written.some(({ action }) => action === 'invalid')
  const removals = planRemovals({ ...input, anyInvalid })
  const items = markRenames([...written, ...broken, ...removals.items], existing).toSorted(byName)
  const clusters = planClusters({
    ...input,
    desired: input.clusters ?? [],
    existing: input.existingClusters ?? [],
    pruneBlocked: blockedBecause({ ...input, anyInvalid }),
  })
  return {
    owner: input.owner,
    set: input.set,
    items,
    ...(clusters.length === 0 ? {} : { clusters }),
    confirm: [...confirmBecause(input, items), ...confirmClusters(clusters)],
    ...(removals.blocked === undefined ? {} : { pruneBlocked: removals.blocked }),
  }
}

/** Without rules of her own an owner holds to the standard ones. */
function confirmClusters(clusters: readonly ClusterItem[]): readonly string[] {
  const names = clusters.flatMap(({ name, action }) => (action === 'delete' ? [name] : []))
  if (names.length === 0) return []
  return [`deletes the rules that you hold to in ${names.join(', ')}`]
}

function planOne(
  input: PlanSyncInput,
  desired: DesiredWorkload,
  existing: ExistingWorkload | undefined,
): PlanItem {
  const { name, file, line } = desired
  const here = { name, file, line }
  if (existing && !input.adopt && existing.set !== input.set) {
    return { ...here, action: 'conflict', reason: conflictReason(input.set, existing) }
  }
  const lookup = input.lookups.get(desired.record.image)
  const pinned = pinImage({
    image: desired.record.image,
    imagePolicy: desired.record.imagePolicy,
    previous: existing?.record?.image,
    lookup,
    offline: input.offline,
    update: input.updateImages,
  })
  if (pinned.kind === 'problem') return { ...here, action: 'invalid', reason: pinned.message }
  const image = { ...desired.record, image: pinned.image }
  const { draft, note } = withWitnesses(input, image, existing?.record)
  const platforms = lookup?.kind === 'digest' ? lookup.platforms : undefined
  const unfit = platforms && platformNote(platforms, input.platformsOf(desired.record.clusters))
  const item =
    existing?.record === undefined
      ? planNew(input, desired, draft, existing)
      : planChange(input, desired, draft, existing.record, existing.set)
  const notes = [...('record' in item ? [note] : []), pinned.note, unfit].filter(Boolean)
  return notes.length === 0 ? item : { ...item, note: notes.join('; ') }
}

function planNew(
  input: PlanSyncInput,
  desired: DesiredWorkload,
  draft: WorkloadDraft,
  existing: ExistingWorkload | undefined,
): PlanItem {
  const { name, file, line } = desired
  const record = withSource(input, desired, {
    ...draft,
    placementNonce: input.newNonce(),
    createdAt: input.now as WorkloadRecord['createdAt'],
  })
  const consequences = countOf(record) === 0 ? (['in place'] as const) : (['starts'] as const)
  if (existing === undefined) {
    const reason = 'new in this folder'
    return { action: 'create', name, file, line, record, consequences, reason }
  }
  const reason = 'the published record is not valid and is replaced'
  return { action: 'update', name, file, line, record, consequences, changes: [], reason }
}

function planChange(
  input: PlanSyncInput,
  desired: DesiredWorkload,
  draft: WorkloadDraft,
  before: WorkloadRecord,
  set: string | undefined,
): PlanItem {
  const { name, file, line } = desired
  const changes = diffFields(before, draft)
  const adopted = set !== input.set
  if (changes.length === 0 && !adopted) {
    return { action: 'unchanged', name, file, line, reason: 'already published' }
  }
  const record = recordAfter(input, desired, draft, before)
  if (isUndone(before, specHash(record)) && !input.redo)
    return { action: 'held', name, file, line, reason: UNDONE }
  const consequences = consequencesOf(input.owner, before, record)
  const drifted = !adopted && hasDrifted(before)
  const reason = adopted ? adoptReason(set) : drifted ? DRIFTED : 'changed in this folder'
  return {
    action: 'update',
    name,
    file,
    line,
    record,
    changes,
    consequences,
    reason,
    ...(drifted ? { drifted } : {}),
    ...(consequences.includes('moves') ? { movedBy: movedBy(changes) } : {}),
  }
}

function recordAfter(
  input: PlanSyncInput,
  desired: DesiredWorkload,
  draft: WorkloadDraft,
  before: WorkloadRecord,
): WorkloadRecord {
  const moves = movesPlacement(input.owner, before, { ...draft, createdAt: before.createdAt })
  const nonce =
    moves || before.placementNonce === undefined ? input.newNonce() : before.placementNonce
  const after = withSource(input, desired, {
    ...draft,
    placementNonce: nonce,
    createdAt: before.createdAt,
  })
  const previous = previousSpec(before, after, input.isProven)
  const rollout = rolloutAfter(before, after, input)
  return { ...after, ...(previous && { previous }), ...(rollout && { rollout }) }
}

function withSource(
  input: PlanSyncInput,
  { file: path, line }: DesiredWorkload,
  record: WorkloadRecord,
): WorkloadRecord {
  const source = { set: input.set, ...input.source, path, line, contentHash: contentHash(record) }
  return { ...record, source }
}

/** An undo is a decision of the owner, as the files are, and the later one. */
const UNDONE = 'its owner undid it by hand; change the file, or publish it again with --redo'
const DRIFTED = 'drifted: something else changed it since it was published, and this puts it back'

function conflictReason(set: string, existing: ExistingWorkload): string {
  return existing.set === undefined
    ? `published already, but by no set; --adopt lets "${set}" take it over`
    : `the set "${existing.set}" published it, and "${set}" claims it too; rename one, or take it over with --adopt`
}

function adoptReason(set: string | undefined): string {
  return set === undefined
    ? 'taken over; it belonged to no set'
    : `taken over from the set "${set}"`
}

function brokenItem(document: BrokenDocument): PlanItem {
  const { file, line, message } = document
  return {
    action: 'invalid',
    name: '',
    file,
    ...(line === undefined ? {} : { line }),
    reason: message,
  }
}

function byName(
  a: { readonly name: string; readonly file?: string },
  b: { readonly name: string; readonly file?: string },
): number {
  return compare(a.name, b.name) || compare(a.file ?? '', b.file ?? '')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
