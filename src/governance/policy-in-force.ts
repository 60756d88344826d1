import { compareText } from '../model/canonical.ts'
import { membershipFacts } from '../cluster/membership-facts.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { ClusterPolicyRecord, ClusterRecord, Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { recordUri, repoOf } from './ballots.ts'
import {
  rulesHash,
  rulesOf,
  STANDARD_CLUSTER_RULES,
  stepsHash,
  type ClusterRules,
} from './cluster-rules.ts'
import type { Roster } from './member-state.ts'

export interface PolicyInForce {
  readonly rules: ClusterRules
  /** A clusterPolicy record that says so; undefined: the standard rules hold. */
  readonly uri?: string
  /** Members whose machines name these rules, and how many members there are. */
  readonly by: readonly Did[]
  readonly of: number
  /** A sentence for people. */
  readonly why: string
  /** Who names what can’t be read, or several things at once. */
  readonly unclear: readonly Did[]
  /** Since when each of `by` has held to its steps, by her own machines' word. */
  readonly heldSince: readonly HeldSince[]
  /** How many members name what comes second. */
  readonly second: number
}

/** How long one member has held to the steps of a policy. */
export interface HeldSince {
  readonly owner: Did
  /** Milliseconds since 1970. */
  readonly sinceMs: number
}

/**
 * Since when the steps of a policy have been in force for one member: half of the others who name it,
 * and one more, have held to them so long, and as many as make it more than what comes second. Her own
 * word does not count, and no single one dates it back. Undefined where the standard holds, or she alone
 * names it.
 */
export function stepsSinceFor(
  { heldSince, second }: PolicyInForce,
  member: Did,
): number | undefined {
  const others = heldSince.filter(({ owner }) => owner !== member).map(({ sinceMs }) => sinceMs)
  const index = Math.max(Math.floor(others.length / 2), Math.min(second, others.length - 1))
  return others.toSorted((a, b) => a - b)[index]
}

/**
 * The rules that most members of a cluster hold to, by what their machines name under its name. The
 * same rules count as the same, whoever published them. Of a tie, or if nobody names any, the
 * standard holds, and it is said.
 */
export function policyInForce(view: RecordView, roster: Roster): PolicyInForce {
  const owners = [...new Set([roster.owner, ...roster.members])].toSorted(compareText)
  const said = owners.map((owner) => ({ owner, ...whatIsNamedBy(view, owner, roster.cluster) }))
  const unclear = said.filter(({ kind }) => kind === 'unclear').map(({ owner }) => owner)
  const named = said.flatMap((one) => (one.kind === 'named' ? [one] : []))
  const groups = [...Map.groupBy(named, ({ hash }) => hash).values()].toSorted(
    (a, b) => b.length - a.length,
  )
  const [most, second] = groups
  const base = { of: owners.length, unclear }
  const standard = { ...base, rules: STANDARD_CLUSTER_RULES, by: [], heldSince: [], second: 0 }
  if (most === undefined || most[0] === undefined)
    return { ...standard, why: 'no member names a policy, so the standard rules hold' }
  if (second?.length === most.length)
    return {
      ...standard,
      why: `${most.length} and ${second.length} members name different policies, so the standard rules hold`,
    }
  const { rules, uri } = most[0]
  const by = most.map(({ owner }) => owner)
  const why = `${by.length} of ${owners.length} members hold to it`
  const heldSince = most.map(({ owner, sinceMs }) => ({ owner, sinceMs }))
  return { ...base, rules, uri, by, why, heldSince, second: second?.length ?? 0 }
}

type Named =
  | { readonly kind: 'nothing' | 'unclear' }
  | {
      readonly kind: 'named'
      readonly rules: ClusterRules
      readonly hash: string
      readonly uri: string
      readonly sinceMs: number
    }

/** One word an owner: machines of hers that name different rules say nothing. */
function whatIsNamedBy(view: RecordView, owner: Did, cluster: string): Named {
  const named = membershipFacts(view)
    .machinesOf(owner)
    .filter(({ verdict }) => verdict === 'yes')
    .map(({ meshletDid }) => view.get<ClusterRecord>(meshletDid, COLLECTION.cluster, cluster))
    .flatMap((record) => (record?.value.policy ? [resolve(view, cluster, record.value)] : []))
  const [first] = named
  if (first === undefined) return { kind: 'nothing' }
  if (first.kind !== 'named') return first
  let { sinceMs } = first
  for (const other of named) {
    if (other.kind !== 'named' || other.hash !== first.hash) return { kind: 'unclear' }
    // A machine that was added later makes nothing newer.
    sinceMs = Math.min(sinceMs, other.sinceMs)
  }
  return { ...first, sinceMs }
}

/**
 * Only the very version that is named: a policy that was changed since was not agreed to; and only a
 * policy of the cluster of that name.
 */
function resolve(view: RecordView, name: string, cluster: ClusterRecord): Named {
  const { policy: ref, steps, stepsSince, createdAt } = cluster
  if (ref === undefined) return { kind: 'nothing' }
  const publisher = repoOf(ref.uri)
  const record = view.get<ClusterPolicyRecord>(publisher, COLLECTION.clusterPolicy, name)
  const isPolicy = ref.uri === recordUri(publisher, COLLECTION.clusterPolicy, name)
  if (!isPolicy || record === undefined || record.cid !== ref.cid) return { kind: 'unclear' }
  const rules = rulesOf(record.value)
  const isSaid = stepsSince !== undefined && steps === stepsHash(rules)
  const sinceMs = Date.parse(isSaid ? stepsSince : createdAt)
  return { kind: 'named', rules, hash: rulesHash(rules), uri: ref.uri, sinceMs }
}
