import type { Candidate } from '../cluster/membership.ts'
import { ownedMeshlets } from '../cluster/owned-meshlets.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did, WorkloadRecord } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import {
  forecastAnew,
  forecastByBids,
  usedBy,
  type Forecast,
  type ForecastWorld,
} from './forecast.ts'
import { machinesIn, type Machine } from './forecast-machine.ts'
import type { ExistingWorkload, PlanItem, SyncPlan, UpdateItem } from './sync-plan.ts'

export interface ForecastInput {
  readonly view: RecordView
  readonly nameOf: (did: Did) => string
  /** Who of the candidates is down by the records. */
  readonly downAmong: (candidates: readonly Candidate[]) => ReadonlySet<Did>
  readonly existing: readonly ExistingWorkload[]
  /** An owner’s own ledger, which the bids of her machines go by. */
  readonly shareOf: ForecastWorld['shareOf']
}

/**
 * Adds to a plan where everything would probably run, and how the owner calls her communes. Items are
 * looked at in their order, so that what one takes is not promised to the next.
 */
export function forecastPlan(plan: SyncPlan, input: ForecastInput): SyncPlan {
  const { view, nameOf } = input
  const { owner } = plan
  const known = new Map<string, readonly Machine[]>()
  const world: ForecastWorld = {
    view,
    owner,
    nameOf,
    shareOf: input.shareOf,
    taken: new Map(),
    machinesOf({ clusters }) {
      const key = (clusters ?? []).join(' ')
      const machines = known.get(key) ?? machinesIn(view, owner, clusters, input.downAmong)
      known.set(key, machines)
      return machines
    },
  }
  const before = new Map(input.existing.map(({ name, record }) => [name, record]))
  const items = plan.items.map((item) => {
    const forecast = forecastItem(world, item, before.get(item.name))
    return forecast === undefined ? item : { ...item, forecast }
  })
  return { ...plan, communes: communesOf(view, owner), items }
}

function forecastItem(
  world: ForecastWorld,
  item: PlanItem,
  before: WorkloadRecord | undefined,
): Forecast | undefined {
  switch (item.action) {
    case 'create':
      return item.record.replicas === 0 ? undefined : forecastAnew(world, item.record)
    case 'update':
      return forecastUpdate(world, item, before)
    case 'delete':
      return before === undefined ? undefined : whereItRan(world, before)
    case 'unchanged':
    case 'keep':
    case 'skip':
    case 'held':
    case 'conflict':
    case 'invalid':
      return undefined
  }
}

function forecastUpdate(
  world: ForecastWorld,
  { record, consequences }: UpdateItem,
  before: WorkloadRecord | undefined,
): Forecast | undefined {
  const does = new Set(consequences)
  if (before === undefined || does.has('starts')) return forecastAnew(world, record)
  if (does.has('stops')) return whereItRan(world, before)
  if (does.has('moves')) {
    return forecastAnew(world, record, usedBy(forecastByBids(world, before), before))
  }
  if (does.has('scales')) return forecastScaled(world, record)
  return does.has('rolls') ? forecastByBids(world, record) : undefined
}

/** Offers that stand are called up first; for the rest there will be new ones. */
function forecastScaled(world: ForecastWorld, record: WorkloadRecord): Forecast {
  const kept = forecastByBids(world, record)
  if (kept.missing === 0) return kept
  if (record.everywhere === true) return forecastAnew(world, record, usedBy(kept, record))
  const more = forecastAnew(world, { ...record, replicas: kept.missing })
  return { ...more, places: [...kept.places, ...more.places] }
}

function whereItRan(world: ForecastWorld, before: WorkloadRecord): Forecast {
  return { ...forecastByBids(world, before), kind: 'stops', missing: 0 }
}

/** Names of the clusters of the owner's own machines. */
function communesOf(view: RecordView, owner: Did): readonly string[] {
  const names = ownedMeshlets(view, owner)
    .filter(({ verdict }) => verdict === 'yes')
    .flatMap(({ meshletDid }) => view.list(meshletDid, COLLECTION.cluster).map(([name]) => name))
  return [...new Set(names)].toSorted()
}
