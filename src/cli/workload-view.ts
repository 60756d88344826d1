import type { RepoSnapshot } from '../atproto/feed-snapshot.ts'
import { candidateSet, type CandidateSet } from '../cluster/membership.ts'
import { CommuneError } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import { placementKey } from '../model/placement-key.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type {
  AtUri,
  Cid,
  Did,
  ReplicaStatus,
  WorkloadRecord,
  WorkloadStatusRecord,
} from '../model/records.ts'
import { specHash } from '../model/spec-hash.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { bidsFor, type CountedBid } from '../selection/bids.ts'
import { overruledBidders } from '../selection/objections.ts'
import { mayRun } from '../selection/lease.ts'
import { select, type Choice, type ReplicaCount, type SelectInput } from '../selection/select.ts'
import { nearest } from '../spec/suggest.ts'
import { suspectsOf, type Suspects } from './suspects.ts'

/** What one machine says of the workload. */
export interface MachineStatus {
  readonly meshletDid: Did
  readonly cid: Cid
  readonly record: WorkloadStatusRecord
}

/** Everything that the public records say about one workload. */
export interface WorkloadView {
  readonly uri: AtUri
  readonly name: string
  readonly cid: Cid
  readonly record: WorkloadRecord
  readonly wanted: ReplicaCount
  readonly placementKey: string
  readonly specHash: string
  readonly candidates: CandidateSet
  readonly bids: readonly CountedBid[]
  /** What the choice follows from. */
  readonly selectInput: SelectInput
  readonly choice: Choice
  /** Who of the candidates is down, and who says so. */
  readonly suspects: Suspects
  /** Of every machine that says anything, also of those that were not chosen or are down. By DID. */
  readonly statuses: readonly MachineStatus[]
}

/** All workloads of an owner, by name. */
export function workloadViews(view: RepoSnapshot, owner: Did): readonly WorkloadView[] {
  return view
    .list<WorkloadRecord>(owner, COLLECTION.workload)
    .map(([name, { cid, value }]) => viewOf(view, owner, name, cid, value))
}

/** One of them. Fails with code `not-found`. */
export function workloadView(view: RepoSnapshot, owner: Did, name: string): WorkloadView {
  requireReadable(view, owner)
  const stored = view.get<WorkloadRecord>(owner, COLLECTION.workload, name)
  if (stored !== undefined) return viewOf(view, owner, name, stored.cid, stored.value)
  const names = view.list(owner, COLLECTION.workload).map(([known]) => known)
  throw new CommuneError('not-found', `There is no workload "${name}".`, {
    hint: suggestWorkload(name, names),
  })
}

/** What to do about a name that nobody published. */
export function suggestWorkload(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  if (meant !== undefined) return `Did you mean ${meant}?`
  return '"commune get workloads" lists those that there are.'
}

/** Fails with code `unreachable` when nothing can be said because the owner's repo can't be read. */
export function requireReadable(view: RepoSnapshot, owner: Did): void {
  if (view.repoState(owner) === 'known') return
  const why = view.repoProblem(owner) ?? 'it has not been read'
  throw new CommuneError('unreachable', `The repo of ${owner} can't be read: ${why}`, {
    hint: 'Check COMMUNE_SERVICE and COMMUNE_PLC_URL; "commune doctor" looks at both.',
    retry: true,
  })
}

function viewOf(
  view: RepoSnapshot,
  owner: Did,
  name: string,
  cid: Cid,
  record: WorkloadRecord,
): WorkloadView {
  const uri = workloadUri(owner, name)
  const key = placementKey(owner, record)
  const all = candidateSet(view, owner, record.clusters)
  const set = { ...all, candidates: mayRun(record, all.candidates) }
  const members = set.candidates.filter(({ verdict }) => verdict === 'yes')
  const bids = bidsFor(view, members, uri)
  const suspects = suspectsOf(view, set.candidates, record.placement?.atMostOne ?? false)
  const wanted: ReplicaCount = record.everywhere === true ? 'everywhere' : (record.replicas ?? 1)
  const selectInput: SelectInput = {
    placementKey: key,
    spread: record.spread,
    bids,
    candidates: new Set(members.map(({ meshletDid }) => meshletDid)),
    down: suspects.down,
    overruled: overruledBidders(view, {
      uri,
      ownerDid: owner,
      placementKey: key,
      bids,
      candidates: members,
    }),
    replicas: wanted,
  }
  return {
    uri,
    name,
    cid,
    record,
    wanted,
    placementKey: key,
    specHash: specHash(record),
    candidates: set,
    bids,
    selectInput,
    choice: select(selectInput),
    suspects,
    statuses: statusesOf(view, uri),
  }
}

function statusesOf(view: RepoSnapshot, uri: AtUri): readonly MachineStatus[] {
  const rkey = recordKeyFor(uri)
  return view.dids.flatMap((meshletDid) => {
    const stored = view.get<WorkloadStatusRecord>(meshletDid, COLLECTION.workloadStatus, rkey)
    return stored?.value.workload === uri
      ? [{ meshletDid, cid: stored.cid, record: stored.value }]
      : []
  })
}

/** A replica on a machine, as the machine reports it. */
export interface Replica extends ReplicaStatus {
  readonly meshletDid: Did
}

/**
 * Why a machine's last word on the workload does not count any more: it is down by the records, or
 * it may not run the workload. Undefined while it counts.
 */
export function discountOf(
  { suspects, candidates }: WorkloadView,
  did: Did,
): 'down' | 'not a candidate' | undefined {
  if (suspects.down.has(did)) return 'down'
  const known = candidates.candidates.some(({ meshletDid }) => meshletDid === did)
  return known ? undefined : 'not a candidate'
}

/** The replicas on machines whose word counts. */
export function replicasOf(workload: WorkloadView): readonly Replica[] {
  return allReplicas(workload).filter(
    ({ meshletDid }) => discountOf(workload, meshletDid) === undefined,
  )
}

/** What machines last said that are down now or may not run the workload. */
export function discountedReplicas(workload: WorkloadView): readonly Replica[] {
  return allReplicas(workload).filter(
    ({ meshletDid }) => discountOf(workload, meshletDid) !== undefined,
  )
}

function allReplicas({ statuses }: WorkloadView): readonly Replica[] {
  return statuses.flatMap(({ meshletDid, record }) =>
    (record.replicas ?? []).map((replica) => ({ ...replica, meshletDid })),
  )
}

/** Running, and not known to be unwell. */
export function isReady(replica: ReplicaStatus): boolean {
  const health = replica.health ?? 'none'
  return replica.phase === 'running' && (health === 'healthy' || health === 'none')
}

/** Whether callers of this replica may reach a container of an earlier revision. */
export function isOutdated(replica: ReplicaStatus, { specHash: newest }: WorkloadView): boolean {
  const { phase, specHash: own, replacing } = replica
  return replacing === true || (phase === 'running' && own !== newest)
}

/** How many replicas are wanted as far as that is a number: `everywhere` is as many as were chosen. */
export function wantedCount(workload: WorkloadView): number {
  if (workload.wanted !== 'everywhere') return workload.wanted
  return workload.choice.winners.length + workload.choice.missing
}
