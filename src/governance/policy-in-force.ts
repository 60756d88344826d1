import { compareText } from '../model/canonical.ts'
import { ownedMeshlets } from '../cluster/owned-meshlets.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { ClusterPolicyRecord, ClusterRecord, Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { repoOf } from './ballots.ts'
import { rulesHash, rulesOf, STANDARD_CLUSTER_RULES, type ClusterRules } from './cluster-rules.ts'
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
  const standard = { ...base, rules: STANDARD_CLUSTER_RULES, by: [] }
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
  return { ...base, rules, uri, by, why }
}

type Named =
  | { readonly kind: 'nothing' | 'unclear' }
  | {
      readonly kind: 'named'
      readonly rules: ClusterRules
      readonly hash: string
      readonly uri: string
    }

/** One word an owner: machines of hers that name different rules say nothing. */
function whatIsNamedBy(view: RecordView, owner: Did, cluster: string): Named {
  const named = ownedMeshlets(view, owner)
    .filter(({ verdict }) => verdict === 'yes')
    .map(({ meshletDid }) => view.get<ClusterRecord>(meshletDid, COLLECTION.cluster, cluster))
    .flatMap((record) => (record?.value.policy ? [resolve(view, record.value.policy)] : []))
  const [first] = named
  if (first === undefined) return { kind: 'nothing' }
  if (first.kind !== 'named') return first
  const isOne = named.every((other) => other.kind === 'named' && other.hash === first.hash)
  return isOne ? first : { kind: 'unclear' }
}

/** Only the very version that is named: a policy that was changed since was not agreed to. */
function resolve(view: RecordView, ref: NonNullable<ClusterRecord['policy']>): Named {
  const rkey = ref.uri.slice(ref.uri.lastIndexOf('/') + 1)
  const record = view.get<ClusterPolicyRecord>(repoOf(ref.uri), COLLECTION.clusterPolicy, rkey)
  if (record === undefined || record.cid !== ref.cid) return { kind: 'unclear' }
  const rules = rulesOf(record.value)
  return { kind: 'named', rules, hash: rulesHash(rules), uri: ref.uri }
}
