import { explainMembers } from '../cluster/explain-members.ts'
import { ledgerTerms } from '../governance/ledger-terms.ts'
import { BidAudit } from '../ledger/bid-claims.ts'
import type { MemberStanding } from '../governance/member-standing.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did, MeshletStatusRecord, ScorePart } from '../model/records.ts'
import { BALANCE_PART } from '../selection/score.ts'
import { bidState, type BidState } from './bid-state.ts'
import type { Reading } from './reading.ts'
import { leaseStory, leaseText, type LeaseStory } from './lease-story.ts'
import { formatTable, printable, shortDigests } from './table.ts'
import { wantedText } from './get-workloads.ts'
import { takeoverStory, takeoverText, type TakeoverStory } from './takeover-story.ts'
import { describeReplica } from './wait-state.ts'
import { shortageOf } from './shortage.ts'
import { ownStandings, standingText } from './standing-story.ts'
import { accusationText } from './suspects.ts'
import {
  discountedReplicas,
  discountOf,
  replicasOf,
  type Replica,
  type WorkloadView,
} from './workload-view.ts'

/** The whole story of one placement, as data. */
export interface Explanation {
  readonly name: string
  readonly uri: string
  readonly revision: string
  readonly placementKey: string
  readonly wanted: string
  /** How its owner stands in those of her clusters that ask for something. */
  readonly standing: readonly MemberStanding[] | 'unknown'
  /** Who could bid, with the answer. By DID. */
  readonly candidates: readonly CandidateStory[]
  /** Machines that are known and could not bid. */
  readonly others: readonly { readonly machine: string; readonly reason: string }[]
  /** Offers in the order in which they are taken. */
  readonly order: readonly OrderedOffer[]
  readonly chosen: readonly {
    readonly meshlet: Did
    readonly name: string
    readonly slots: number
  }[]
  /** Who is silent, who says so, and what moved for that. */
  readonly takeover: TakeoverStory
  /** Replicas that nobody offers to run. */
  readonly missing: number
  /** Why they are missing: what each machine that could run them lacks. */
  readonly shortage: readonly string[]
  /** Of a workload that must never run twice. */
  readonly lease?: LeaseStory
  readonly replicas: readonly {
    readonly machine: string
    readonly state: string
    /** `HOST:PORT` of its ports, on the loopback of its machine. */
    readonly addresses: readonly string[]
  }[]
}

export interface CandidateStory {
  readonly meshlet: Did
  readonly name: string
  readonly state: BidState | 'no answer' | 'membership unknown'
  readonly reason: string
}

export interface OrderedOffer {
  readonly meshlet: Did
  readonly name: string
  readonly round: number
  readonly score: number
  readonly parts: readonly ScorePart[]
  /** Closed day of the ledger that its part `balance` follows from. */
  readonly ledgerDay?: string
  /** What that ledger says, where it says something else. */
  readonly doubt?: string
  /** Decides between equal scores: the lower goes first. */
  readonly mix: number
  readonly slots: number
  readonly holder: boolean
  /** Where it counts for spreading: a DID or the value of a label. */
  readonly domain?: string
  readonly domainName?: string
}

/** Gathers the story from the records that everybody can read. */
export function explainWorkload(
  reading: Reading,
  workload: WorkloadView,
  nowMs: number,
): Explanation {
  const { names } = reading
  const { choice } = workload
  const audit = new BidAudit(reading.view, nowMs, (member, day) =>
    ledgerTerms(reading.view, member, day),
  )
  const lease = leaseStory(workload, names)
  const replicaStory = (replica: Replica, state: string) => ({
    machine: `${names.meshlet(replica.meshletDid)}#${replica.index}`,
    state,
    addresses: (replica.endpoints ?? []).map(({ address }) => address),
  })
  return {
    name: workload.name,
    uri: workload.uri,
    revision: workload.cid,
    placementKey: workload.placementKey,
    wanted: wantedText(workload),
    standing: ownStandings(reading.view, reading.owner, nowMs),
    candidates: candidateStories(reading, workload, nowMs),
    others: othersOf(reading, workload),
    order: choice.ranked.map((bid) => ({
      meshlet: bid.meshletDid,
      name: names.meshlet(bid.meshletDid),
      round: bid.round,
      score: bid.score,
      ...partsOf(workload, bid.meshletDid, audit),
      mix: bid.mix,
      slots: bid.slots,
      holder: bid.holder,
      ...(bid.domain === undefined
        ? {}
        : { domain: bid.domain, domainName: names.anything(bid.domain) }),
    })),
    chosen: choice.winners.map(({ meshletDid, slots }) => ({
      meshlet: meshletDid,
      name: names.meshlet(meshletDid),
      slots,
    })),
    takeover: takeoverStory(reading, workload),
    missing: choice.missing,
    ...(lease && { lease }),
    shortage: shortageOf(workload, names.meshlet),
    replicas: [
      ...replicasOf(workload).map((replica) => replicaStory(replica, describeReplica(replica))),
      ...discountedReplicas(workload).map((replica) =>
        replicaStory(replica, discountedState(workload, replica)),
      ),
    ],
  }
}

function discountedState(workload: WorkloadView, replica: Replica): string {
  const why = discountOf(workload, replica.meshletDid) === 'down' ? 'is down' : 'is no candidate'
  return `last said ${replica.phase}, but ${why}`
}

function candidateStories(
  reading: Reading,
  workload: WorkloadView,
  nowMs: number,
): readonly CandidateStory[] {
  return workload.candidates.candidates.map(({ meshletDid, verdict }) => {
    const base = { meshlet: meshletDid, name: reading.names.meshlet(meshletDid) }
    if (verdict === 'unknown') {
      const reason = reading.view.repoProblem(meshletDid) ?? 'its repo has not been read'
      return { ...base, state: 'membership unknown', reason }
    }
    const bid = workload.bids.find((candidate) => candidate.meshletDid === meshletDid)
    if (bid === undefined) {
      return { ...base, state: 'no answer', reason: whyNoBid(reading, meshletDid) }
    }
    const { value: record } = bid
    const accusations = workload.suspects.accusations.get(meshletDid)
    const silent = accusationText(accusations, reading.names.meshlet, nowMs)
    const offers = `offers ${record.slots} ${record.slots === 1 ? 'slot' : 'slots'}`
    const reason = silent ?? record.message ?? record.reason ?? offers
    return { ...base, state: bidState(workload, bid), reason }
  })
}

/** Who is gone for good at its owner’s word writes no bid any more; its last status says so. */
function whyNoBid({ view }: Reading, did: Did): string {
  const problem = view.repoProblem(did)
  if (problem !== undefined) return problem
  const status = view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')?.value
  return status?.state === 'stopped' ? 'its owner shut it down' : 'it has written no bid'
}

function othersOf(reading: Reading, workload: WorkloadView): Explanation['others'] {
  const { view, owner, names } = reading
  const asked = new Set(workload.candidates.candidates.map(({ meshletDid }) => meshletDid))
  const rows = explainMembers(view, { ownerDid: owner })
  return rows
    .filter(({ meshletDid }) => meshletDid === undefined || !asked.has(meshletDid))
    .map(({ ownerDid, meshletDid, reason, verdict }) => ({
      machine: meshletDid === undefined ? names.account(ownerDid) : names.meshlet(meshletDid),
      reason: verdict === 'yes' ? 'not in the clusters that the workload names' : reason,
    }))
}

/** The choice takes the score as it stands; what the ledger says of it is for whoever asks. */
function partsOf(
  { bids }: WorkloadView,
  meshletDid: Did,
  audit: BidAudit,
): Pick<OrderedOffer, 'parts' | 'ledgerDay' | 'doubt'> {
  const bid = bids.find((one) => one.meshletDid === meshletDid)
  if (!bid) return { parts: [] }
  const { scoreParts: parts = [], ledgerDay } = bid.value
  const claim = audit.check(bid.ownerDid, bid.value)
  return {
    parts,
    ...(ledgerDay !== undefined && { ledgerDay }),
    ...(claim.kind === 'different' && { doubt: claim.reason }),
  }
}

/** The story for people; the hashes that break ties only when wide. Ends with a newline. */
export function formatExplanation(story: Explanation, nowMs: number, wide = false): string {
  const parts = [
    `${story.name}: ${story.wanted} wanted, ${chosenCount(story)} chosen, ${story.missing} missing\n`,
    section('How its owner stands', standingText(story.standing)),
    section('Who could run it', candidatesTable(story)),
    section('Who could not', othersTable(story)),
    section(
      'Order of the offers: by round, holders first, score, then a hash',
      orderTable(story, wide),
    ),
    section('Claims that the ledger does not bear out', doubtText(story)),
    section('Choice', choiceText(story)),
    section('The right to run', leaseText(story.lease)),
    section('Who is silent', takeoverText(story.takeover, nowMs)),
    section('What runs', replicasTable(story)),
  ]
  return parts.filter((part) => part !== '').join('\n')
}

function section(title: string, body: string): string {
  return body === '' ? '' : `${title}\n${body.replace(/^(?=.)/gm, '  ')}`
}

function chosenCount({ chosen }: Explanation): number {
  return chosen.reduce((sum, { slots }) => sum + slots, 0)
}

function candidatesTable({ candidates }: Explanation): string {
  if (candidates.length === 0) return 'Nobody: no machine of yours, and nobody accepts your work.\n'
  return formatTable(
    ['meshlet', 'answer', 'why'],
    candidates.map(({ name, state, reason }) => [name, state, shortDigests(reason)]),
  )
}

function othersTable({ others }: Explanation): string {
  if (others.length === 0) return ''
  return formatTable(
    ['machine', 'why'],
    others.map(({ machine, reason }) => [machine, reason]),
  )
}

function orderTable({ order }: Explanation, wide: boolean): string {
  if (order.length === 0) return ''
  return formatTable(
    ['', 'meshlet', 'round', 'score', 'made of', ...(wide ? ['hash'] : []), 'slots', 'spread over'],
    order.map((offer, index) => [
      String(index + 1),
      `${offer.name}${offer.holder ? ' (holds it)' : ''}`,
      String(offer.round),
      String(offer.score),
      offer.parts.map(({ name, value }) => `${name} ${value}`).join(' + '),
      ...(wide ? [String(offer.mix)] : []),
      String(offer.slots),
      offer.domainName,
    ]),
  )
}

function doubtText({ order }: Explanation): string {
  const doubted = order.filter(({ doubt }) => doubt !== undefined)
  return printableLines(
    doubted.map(({ name, parts, doubt }) => {
      const claimed = parts.find((part) => part.name === BALANCE_PART)?.value ?? 0
      return `${name} claims a balance part of ${claimed}: ${doubt}\n`
    }),
  )
}

function choiceText({ chosen, missing, shortage }: Explanation): string {
  const lines = chosen.map(
    ({ name, slots }) => `${name} runs ${slots} ${slots === 1 ? 'replica' : 'replicas'}\n`,
  )
  if (missing > 0) lines.push(`nobody offers to run ${missing} of them:\n`)
  lines.push(...shortage.map((reason) => `  ${reason}\n`))
  return printableLines(lines)
}

function replicasTable({ replicas }: Explanation): string {
  if (replicas.length === 0) return ''
  const hasPorts = replicas.some(({ addresses }) => addresses.length > 0)
  return formatTable(
    ['machine', ...(hasPorts ? ['address there'] : []), 'state'],
    replicas.map(({ machine, state, addresses }) => [
      machine,
      ...(hasPorts ? [addresses.join(', ')] : []),
      shortDigests(state),
    ]),
  )
}

function printableLines(lines: readonly string[]): string {
  return lines.map((line) => `${printable(line.trimEnd())}\n`).join('')
}
