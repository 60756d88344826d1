import { candidates } from '../cluster/membership.ts'
import { ownedMeshlets } from '../cluster/owned-meshlets.ts'
import { repoOf } from '../governance/ballots.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { ClusterRecord, Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import type { ClusterItem } from './plan-clusters.ts'
import type { SyncPlan } from './sync-plan.ts'

export interface NoteClustersInput {
  readonly view: RecordView
  readonly nameOf: (account: Did) => string
}

/** Adds to the rules that are published whether no machine holds to them, and what to do then. */
export function noteClusters(plan: SyncPlan, input: NoteClustersInput): SyncPlan {
  if (plan.clusters === undefined) return plan
  const clusters = plan.clusters.map((item) => {
    const note = PUBLISHED.has(item.action) ? heldByNobody(plan.owner, item.name, input) : undefined
    return note === undefined ? item : { ...item, note }
  })
  return { ...plan, clusters }
}

const PUBLISHED: ReadonlySet<ClusterItem['action']> = new Set(['create', 'update', 'unchanged'])

/**
 * Why no machine holds to the rules that an owner publishes for a cluster, and what she can do, in one
 * line. Undefined where a machine holds to them or will, or where a machine of hers can't be read.
 */
export function heldByNobody(
  owner: Did,
  cluster: string,
  input: NoteClustersInput,
): string | undefined {
  const { view, nameOf } = input
  const machines = ownedMeshlets(view, owner).filter(({ verdict }) => verdict !== 'no')
  if (machines.some(({ verdict }) => verdict === 'unknown')) return undefined
  const own = machines.map(({ meshletDid }) => meshletDid)
  const records = own.flatMap((did) => recordsOf(view, did))
  const inIt = records.filter(([name]) => name === cluster)
  const heldTo = inIt.map(([, policyOf]) => policyOf)
  // A machine that names no policy holds to its owner’s as soon as there is one.
  if (heldTo.some((by) => by === undefined || by === owner)) return undefined
  const others = candidates(view, owner).flatMap(({ meshletDid }) => recordsOf(view, meshletDid))
  if (others.some(([name, by]) => name === cluster && by === owner)) return undefined
  const of = [...new Set(heldTo.flatMap((by) => (by === undefined ? [] : [nameOf(by)])))]
  if (of.length > 0) {
    return `nobody holds to them: your machines hold to those of ${of.toSorted().join(' and ')} (--cluster-policy)`
  }
  const names = [...new Set(records.map(([name]) => name))].toSorted()
  return names.length === 0
    ? `nobody holds to them: no machine of yours is in ${cluster}; give one --cluster ${cluster}=…`
    : `nobody holds to them: your machines are in ${names.join(' and ')}; name that, or give one --cluster ${cluster}=…`
}

/** The clusters of a machine, and in each of them whose rules it names. */
function recordsOf(view: RecordView, machine: Did): readonly (readonly [string, Did?])[] {
  return view
    .list<ClusterRecord>(machine, COLLECTION.cluster)
    .map(([name, { value }]) =>
      value.policy === undefined ? [name] : [name, repoOf(value.policy.uri)],
    )
}
