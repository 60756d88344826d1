import { candidateSet, type Candidate } from '../cluster/membership.ts'
import { claimedOwner } from '../cluster/owned-meshlets.ts'
import type { Verdict } from '../cluster/verdict.ts'
import { COLLECTION } from '../model/nsid.ts'
import { placementKey } from '../model/placement-key.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { AtUri, Did, WorkloadRecord, WorkloadStatusRecord } from '../model/records.ts'
import { rememberByObject } from '../model/remember.ts'
import { specHash } from '../model/spec-hash.ts'
import type { RecordView, StoredRecord, Via } from '../ports/records.ts'
import { bidsFor, type CountedBid } from '../selection/bids.ts'
import { slotsWanted } from '../selection/decide-bid.ts'
import { isAtMostOne, mayRun } from '../selection/lease.ts'
import { invited } from '../selection/invitation.ts'
import { overruledBidders } from '../selection/objections.ts'
import {
  BID_WINDOW_MS,
  BID_WINDOW_MS_MAX,
  decision,
  isAtRest,
  observeBids,
  openRounds,
  settleRounds,
  shortWindows,
  type Rounds,
} from '../selection/rounds.ts'
import { select, type Choice, type ReplicaCount, type SelectInput } from '../selection/select.ts'
import { shownRoom } from '../selection/shown-room.ts'

/** Where the records of one workload stand, as this reader sees it now. */
export interface Placement {
  readonly uri: AtUri
  readonly ownerDid: Did
  readonly record: StoredRecord<WorkloadRecord>
  readonly placementKey: string
  readonly specHash: string
  readonly replicas: ReplicaCount
  readonly windowMs: number
  readonly candidates: readonly Candidate[]
  /** Whether this machine is a candidate. */
  readonly membership: Verdict
  /** Candidates, or owners of possible ones, that were never read and are waited for. */
  readonly unread: readonly Did[]
  readonly down: ReadonlySet<Did>
  readonly bids: readonly CountedBid[]
  readonly rounds: Rounds
  /** Who should write a bid now. */
  readonly invited: readonly Did[]
  readonly selectInput: SelectInput
  /** Who runs it, by the rounds that are decided. */
  readonly choice: Choice
  /** Who will run it when the open rounds close as they are. */
  readonly prospect: Choice
  /** When the next round closes. */
  readonly againInMs: number | undefined
  /**
   * Time alone changes nothing of it: with the same records, and nobody down, the next look comes to
   * the same. No round is open, nothing is short, and nobody is waited for who was never read.
   */
  readonly isLasting: boolean
}

export interface PlacementInput {
  readonly view: RecordView
  readonly self: Did
  readonly uri: AtUri
  readonly ownerDid: Did
  readonly record: StoredRecord<WorkloadRecord>
  /** Memory of the rounds from the last look. */
  readonly rounds: Rounds | undefined
  readonly downOf: (candidates: readonly Candidate[], atMostOne: boolean) => ReadonlySet<Did>
  readonly viaOf: (bid: CountedBid) => Via
  /** Whether a repo that was never read is still waited for. */
  readonly isAwaited: (did: Did) => boolean
  readonly now: number
}

/** Looks at all records that concern a workload and works out who is to run it. Pure. */
export function observePlacement(input: PlacementInput): Placement {
  const { view, uri, ownerDid, record, now } = input
  const workload = record.value
  const key = placementKey(ownerDid, workload)
  const windowMs = Math.min(workload.placement?.bidWindowMs ?? BID_WINDOW_MS, BID_WINDOW_MS_MAX)
  const set = candidateSet(view, ownerDid, workload.clusters)
  const candidates = mayRun(workload, set.candidates)
  const down = input.downOf(candidates, isAtMostOne(workload))
  const bids = bidsFor(view, candidates, uri)
  const seen = withBids(input, key, bids)
  const replicas: ReplicaCount = workload.everywhere ? 'everywhere' : (workload.replicas ?? 1)
  const invitees = inviteesOf(input, seen, candidates, replicas, windowMs)
  const overruled = overruledBidders(view, { uri, ownerDid, placementKey: key, bids, candidates })
  const decided = decision(seen, {
    bids,
    invited: invitees,
    now,
    windowMs,
    slotsWanted: slotsWanted(replicas),
    overruled,
  })
  const selectInput: SelectInput = {
    placementKey: key,
    replicas,
    spread: workload.spread,
    bids,
    candidates: didSetOf(candidates),
    down,
    overruled,
  }
  const choice = select({ ...selectInput, throughRound: decided.decidedThrough })
  const rounds = settleRounds(seen, {
    decidedThrough: decided.decidedThrough,
    missing: choice.missing,
    now,
  })
  const blind = candidates
    .filter(({ verdict, meshletDid }) => verdict === 'unknown' && !down.has(meshletDid))
    .map(({ meshletDid }) => meshletDid)
  const unread = [...set.unread, ...blind]
  return {
    uri,
    ownerDid,
    record,
    placementKey: key,
    specHash: specHash(workload),
    replicas,
    windowMs,
    candidates,
    membership: membershipOf(input, candidates, unread),
    unread: unread.filter((did) => input.isAwaited(did)),
    down,
    bids,
    rounds,
    invited: invitees,
    selectInput: { ...selectInput, throughRound: decided.decidedThrough },
    choice,
    prospect: select(selectInput),
    againInMs: decided.againInMs,
    isLasting:
      rounds === input.rounds && isAtRest(rounds) && unread.length === 0 && down.size === 0,
  }
}

/**
 * Who is not among the candidates may still turn out to be one while somebody is unread on whom that
 * depends: the workload's owner and her machines, which list this machine's owner, and that owner.
 */
function membershipOf(
  { view, self, ownerDid }: PlacementInput,
  candidates: readonly Candidate[],
  unread: readonly Did[],
): Verdict {
  const found = candidates.find(({ meshletDid }) => meshletDid === self)
  if (found) return found.verdict
  const hers = candidates.filter((candidate) => candidate.ownerDid === ownerDid)
  const deciding = new Set([ownerDid, claimedOwner(view, self), ...hers.map((c) => c.meshletDid)])
  return unread.some((did) => deciding.has(did)) ? 'unknown' : 'no'
}

const didsOf = rememberByObject((candidates: readonly Candidate[]): readonly Did[] =>
  Object.freeze(candidates.map(({ meshletDid }) => meshletDid)),
)

const didSetOf = rememberByObject(
  (candidates: readonly Candidate[]): ReadonlySet<Did> => new Set(didsOf(candidates)),
)

/** The memory of the rounds with the bids that are in view now. */
function withBids(input: PlacementInput, key: string, bids: readonly CountedBid[]): Rounds {
  const { now, self } = input
  const kept = input.rounds?.placementKey === key ? input.rounds : openRounds(key, now)
  const fresh = bids.filter(({ cid }) => !kept.inView.has(cid))
  const listed = new Set(
    fresh.filter((bid) => input.viaOf(bid) === 'listing').map(({ cid }) => cid),
  )
  if (listed.size === 0) return observeBids(kept, bids, { now, via: 'stream', self })
  // Bids that came by listing may be of any age; those that came otherwise are taken note of after them.
  const withoutNew = bids.filter(({ cid }) => kept.inView.has(cid) || listed.has(cid))
  const afterListing = observeBids(kept, withoutNew, { now, via: 'listing', self })
  return observeBids(afterListing, bids, { now, via: 'stream', self })
}

function inviteesOf(
  input: PlacementInput,
  rounds: Rounds,
  candidates: readonly Candidate[],
  replicas: ReplicaCount,
  windowMs: number,
): readonly Did[] {
  return invited({
    placementKey: rounds.placementKey,
    replicas,
    candidates: didsOf(candidates),
    hasRoom: shownRoom(input.view, input.record.value),
    doublings: shortWindows(rounds, input.now, windowMs),
  })
}

/** What a meshlet says of the workload; undefined when it says nothing. */
export function statusOf(
  view: RecordView,
  meshlet: Did,
  uri: AtUri,
): WorkloadStatusRecord | undefined {
  const record = view.get<WorkloadStatusRecord>(
    meshlet,
    COLLECTION.workloadStatus,
    recordKeyFor(uri),
  )
  return record?.value.workload === uri ? record.value : undefined
}

/** Replicas that a meshlet says are running and not sick. */
export function runningReplicas(status: WorkloadStatusRecord | undefined): number {
  return (status?.replicas ?? []).filter(
    ({ phase, health }) => phase === 'running' && health !== 'unhealthy',
  ).length
}
