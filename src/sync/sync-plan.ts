import type { Cid, Did, WorkloadRecord } from '../model/records.ts'
import type { ClusterItem } from './plan-clusters.ts'
import type { FieldChange } from './field-diff.ts'
import type { Forecast } from './forecast.ts'

/**
 * What a change does to what runs.
 * - `starts`: new containers.
 * - `moves`: the placement key changes, so the bidding is opened again.
 * - `rolls`: the container spec changes; replicas are replaced one after another, where they are.
 * - `scales`: more or fewer replicas.
 * - `stops`: every replica ends.
 * - `in place`: nothing restarts.
 */
export type Consequence = 'starts' | 'moves' | 'rolls' | 'scales' | 'stops' | 'in place'

interface Common {
  /** Name of the workload and key of its record. */
  readonly name: string
  /** Path inside the set; absent for what is only in the repo. */
  readonly file?: string
  readonly line?: number
  /** For people. */
  readonly reason: string
  /** What the owner should know beside. */
  readonly note?: string
  /** Where it would probably run, by the records as they are now; absent when they were not read. */
  readonly forecast?: Forecast
}

export interface CreateItem extends Common {
  readonly action: 'create'
  readonly record: WorkloadRecord
  readonly consequences: readonly Consequence[]
  /** A workload that is gone from the folder and ran the same container: probably its old name. */
  readonly renamedFrom?: string
  /** The old one has volumes, whose data stays where it is. */
  readonly leavesVolumes?: true
}

export interface UpdateItem extends Common {
  readonly action: 'update'
  readonly record: WorkloadRecord
  readonly changes: readonly FieldChange[]
  /** Something else than sync changed the record since it was published. */
  readonly drifted?: true
  readonly consequences: readonly Consequence[]
  /** Fields of the file because of which it moves. */
  readonly movedBy?: readonly string[]
}

export interface DeleteItem extends Common {
  readonly action: 'delete'
  readonly consequences: readonly Consequence[]
  /** The deletion loses data or comes as a surprise unless somebody confirms it. */
  readonly hasVolumes: boolean
  /** A new workload of the folder runs the same container: probably its new name. */
  readonly renamedTo?: string
}

/**
 * What is not written.
 * - `unchanged`: the record says already what the file says.
 * - `keep`: gone from the folder, and pruning was not asked for or is not safe.
 * - `skip`: protected, although pruning was asked for.
 * - `held`: its owner has undone it by hand, and the file still says it.
 * - `conflict`: the record belongs to another set.
 * - `invalid`: the document can't be published.
 */
export interface PassiveItem extends Common {
  readonly action: 'unchanged' | 'keep' | 'skip' | 'held' | 'conflict' | 'invalid'
  /** Of what is kept: a new workload of the folder runs the same container. */
  readonly renamedTo?: string
}

export type PlanItem = CreateItem | UpdateItem | DeleteItem | PassiveItem
export type PlanAction = PlanItem['action']

/** Everything that a sync would do, and why; data, so that it can be shown, tested and applied. */
export interface SyncPlan {
  readonly owner: Did
  readonly set: string
  /** Clusters of the owner's machines, by which she calls her communes; absent when they were not read. */
  readonly communes?: readonly string[]
  /** Sorted by name; one item a name, except for what is invalid. */
  readonly items: readonly PlanItem[]
  /** Rules of clusters, by name; absent when neither folder nor repo holds any. */
  readonly clusters?: readonly ClusterItem[]
  /** Why nothing is pruned although something may be gone; undefined when pruning is safe. */
  readonly pruneBlocked?: string
  /** Why a person should confirm the deletions; empty when nobody needs to be asked. */
  readonly confirm: readonly string[]
}

/** A workload record as it is in the repo. Records that other tools wrote may not be valid. */
export interface ExistingWorkload {
  readonly name: string
  readonly cid: Cid
  /** Absent when the record does not follow its lexicon. */
  readonly record?: WorkloadRecord
  /** The set that wrote it, also read from records that are otherwise invalid. */
  readonly set?: string
}

/** The items of one kind, in order. */
export function itemsOf<A extends PlanAction>(
  plan: SyncPlan,
  action: A,
): readonly Extract<PlanItem, { action: A }>[] {
  return plan.items.filter(
    (item): item is Extract<PlanItem, { action: A }> => item.action === action,
  )
}

/** True when applying the plan would write. */
export function hasWrites(plan: SyncPlan): boolean {
  return allItems(plan).some(({ action }) => WRITES.has(action))
}

/** True when folder and repo differ in any way that `diff` must report. */
export function hasDifferences(plan: SyncPlan): boolean {
  return allItems(plan).some(({ action }) => action !== 'unchanged')
}

/** What becomes of workloads and of the rules of clusters. */
export function allItems({ items, clusters = [] }: SyncPlan): readonly (PlanItem | ClusterItem)[] {
  return [...items, ...clusters]
}

const WRITES: ReadonlySet<PlanAction> = new Set(['create', 'update', 'delete'])
