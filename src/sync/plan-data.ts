import type { Cid, Did } from '../model/records.ts'
import type { ClusterItem } from './plan-clusters.ts'
import { hideVariables } from './hide-secrets.ts'
import {
  allItems,
  hasDifferences,
  type PlanAction,
  type PlanItem,
  type SyncPlan,
} from './sync-plan.ts'

/** Version of the shape; it grows when something is taken away or means something else. */
const VERSION = 1
const SCHEMA = 'https://meshlet.farm/schemas/plan.schema.json'

export type PlanCount = PlanAction | 'rename'

/** What became of a plan that was applied. */
export interface Outcome {
  /** Revision of the repo; absent when there was nothing to write. */
  readonly rev?: string
  /** Names of the records that were written or deleted. */
  readonly written: readonly string[]
  /** CID of every workload of the folder that is published, by name. */
  readonly revisions: Readonly<Record<string, Cid>>
}

/** A plan as `-o json` and `-o yaml` give it; schemas/plan.schema.json describes it. */
export interface PlanData {
  readonly $schema: string
  readonly version: number
  readonly owner: Did
  readonly handle: string
  readonly set: string
  readonly communes?: readonly string[]
  readonly different: boolean
  readonly counts: Readonly<Partial<Record<PlanCount, number>>>
  readonly items: readonly PlanItem[]
  readonly clusters?: readonly ClusterItem[]
  readonly pruneBlocked?: string
  readonly confirm: readonly string[]
  readonly outcome?: Outcome
}

/** The plan for programs. What seems to be a secret is left out, since CI keeps what is printed. */
export function planData(plan: SyncPlan, handle: string, outcome?: Outcome): PlanData {
  return {
    $schema: SCHEMA,
    version: VERSION,
    owner: plan.owner,
    handle,
    set: plan.set,
    ...(plan.communes === undefined ? {} : { communes: plan.communes }),
    different: hasDifferences(plan),
    counts: Object.fromEntries(countItems(plan)),
    items: plan.items.map((item) =>
      'record' in item ? { ...item, record: hideVariables(item.record) } : item,
    ),
    ...(plan.clusters === undefined ? {} : { clusters: plan.clusters }),
    ...(plan.pruneBlocked === undefined ? {} : { pruneBlocked: plan.pruneBlocked }),
    confirm: plan.confirm,
    ...(outcome === undefined ? {} : { outcome }),
  }
}

const ORDER: readonly PlanCount[] = [
  'create',
  'rename',
  'update',
  'delete',
  'keep',
  'skip',
  'held',
  'conflict',
  'invalid',
  'unchanged',
]

/** How many there are of what, in the order in which to tell it. A new name is no new workload. */
export function countItems(plan: SyncPlan): readonly (readonly [PlanCount, number])[] {
  const counts = Map.groupBy(allItems(plan), countedAs)
  return ORDER.flatMap((kind) => {
    const count = counts.get(kind)?.length ?? 0
    return count === 0 ? [] : [[kind, count] as const]
  })
}

/** What an item is counted and shown as. */
export function countedAs(item: PlanItem | ClusterItem): PlanCount {
  const isRename =
    item.action === 'create' && 'renamedFrom' in item && item.renamedFrom !== undefined
  return isRename ? 'rename' : item.action
}
