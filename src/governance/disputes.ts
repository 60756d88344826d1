import { linkedOwner, membersOf, recognises } from '../cluster/recognition.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { AnswerRecord, Did, DisputeRecord, UsageRecord } from '../model/records.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { RecordView } from '../ports/records.ts'
import { listed, repoOf, type Ref } from './ballots.ts'
import type { ClusterRules } from './cluster-rules.ts'
import type { Decided } from './decide.ts'

export interface Dispute extends Ref {
  readonly by: Did
  readonly value: DisputeRecord
  /** The owner whose claim it is; the repo in which it stands when that is nobody’s machine. */
  readonly claimant: Did
  readonly state: 'open' | 'answered' | 'settled'
  readonly settledBy?: 'withdrawn' | 'conceded' | 'upheld' | 'rejected' | 'lapsed'
  /** Whether the claim counts as far as this dispute goes. */
  readonly claimCounts: boolean
  /** Until when it has to be answered, or voted on; of what is not settled. */
  readonly deadlineMs?: number
  /** When whose claim it is gave in. */
  readonly struckMs?: number
  /** A sentence for people. */
  readonly why: string
}

const DAY_MS = 86_400_000

/**
 * The disputes that these owners have raised, by uri. Silence settles nothing: a claim that nobody
 * answers for does not count until somebody does, so an old date gains nothing. A vote goes before
 * everything else, then who gave in. What somebody disputes whom the reader does not list changes
 * nothing for her, unless a vote that binds her upheld it. Nobody answers for a machine that its owner
 * does not name: its repo is not read by all, and its claims are in no ledger anyway.
 */
export function disputesOf(
  view: RecordView,
  owners: Iterable<Did>,
  input: DisputeInput,
): readonly Dispute[] {
  return [...new Set(owners)]
    .toSorted()
    .flatMap((owner) => onePerClaim(listed<DisputeRecord>(view, owner, COLLECTION.dispute)))
    .map(({ did: by, ...ref }) => {
      const repo = repoOf(ref.value.claim.uri)
      const owner = linkedOwner(view, repo)
      const claimant = owner ?? repo
      const state = stateOf(view, { ...ref, by, owner }, input)
      const isHeeded = state.state === 'settled' || input.listed.has(by)
      return { ...ref, by, claimant, ...(isHeeded ? state : unheeded(state)) }
    })
}

export interface DisputeInput {
  readonly decided: readonly Decided[]
  readonly rules: Pick<ClusterRules, 'disputeDays'>
  /** Whom the reader lists, and herself. */
  readonly listed: ReadonlySet<Did>
  readonly nowMs: number
}

/** Claims, by uri, that do not count: disputed and not settled in their favour, or struck by a vote. */
export function claimsThatDontCount(
  disputes: readonly Dispute[],
  decided: readonly Decided[],
): ReadonlySet<string> {
  const struck = decided
    .filter(({ state, proposal: { value } }) => state === 'passed' && value.action === 'uphold')
    .flatMap(({ proposal: { value } }) => (value.claim ? [value.claim.uri] : []))
  const disputed = disputes.filter(({ claimCounts }) => !claimCounts)
  return new Set<string>([...struck, ...disputed.map(({ value }) => value.claim.uri)])
}

/** A claim that was settled against. */
export interface StruckClaim {
  readonly uri: string
  readonly claimant: Did
  readonly struckMs: number
}

/** The claims that a vote struck, or whose own owner gave in. What is open or contested is not among them. */
export function struckClaims(
  disputes: readonly Dispute[],
  decided: readonly Decided[],
): readonly StruckClaim[] {
  const byVote = decided
    .filter(({ state, proposal: { value } }) => state === 'passed' && value.action === 'uphold')
    .flatMap(({ proposal: { value } }) =>
      value.claim
        ? [{ uri: value.claim.uri, claimant: value.subject, struckMs: Date.parse(value.closesAt) }]
        : [],
    )
  const conceded = disputes.flatMap(({ claimant, value, settledBy, struckMs }) =>
    settledBy === 'conceded' && struckMs !== undefined
      ? [{ uri: value.claim.uri, claimant, struckMs }]
      : [],
  )
  return [...byVote, ...conceded]
}

/** A dispute of whose claim only this matters: the owner who may answer for it, if anybody. */
interface Quarrel extends Ref, Pick<Dispute, 'by' | 'value'> {
  readonly owner: Did | undefined
}

type DisputeState = Pick<
  Dispute,
  'state' | 'settledBy' | 'claimCounts' | 'deadlineMs' | 'struckMs' | 'why'
>

function stateOf(
  view: RecordView,
  dispute: Quarrel,
  { decided, rules, nowMs }: DisputeInput,
): DisputeState {
  const votes = decided.filter(
    ({ proposal: { value } }) =>
      value.action === 'uphold' && value.claim?.uri === dispute.value.claim.uri,
  )
  if (votes.some(({ state }) => state === 'passed'))
    return settled('upheld', false, 'the members voted that the claim does not count')
  if (votes.some((vote) => vote.state === 'failed' && hadQuorum(vote)))
    return settled('rejected', true, 'the members voted that the claim counts')
  const own = answerOf(view, dispute.by, dispute.uri)
  if (own?.choice === 'withdraw')
    return settled('withdrawn', true, 'who raised it has withdrawn it')
  const { owner } = dispute
  if (owner === undefined)
    return {
      state: 'open',
      claimCounts: false,
      why: 'nobody is known to have the machine whose claim it is, so nobody can answer',
    }
  const theirs = answerOf(view, owner, dispute.uri)
  if (theirs?.choice === 'concede')
    return {
      ...settled('conceded', false, 'whose claim it is has conceded'),
      struckMs: Date.parse(theirs.createdAt),
    }
  const raisedMs = Date.parse(dispute.value.createdAt)
  if (theirs?.choice !== 'contest') {
    const deadlineMs = raisedMs + rules.disputeDays * DAY_MS
    const why =
      nowMs < deadlineMs ? 'not answered yet' : 'not answered in time; it stays open until it is'
    return { state: 'open', claimCounts: false, deadlineMs, why }
  }
  const openVote = votes.find(({ state }) => state === 'open')
  if (openVote === undefined && isWordAgainstWord(view, dispute, owner))
    return {
      state: 'answered',
      claimCounts: false,
      why: 'contested, and nobody is neutral; it stays so until one of the two gives in',
    }
  const answeredMs = Math.max(raisedMs, Date.parse(theirs.createdAt))
  const deadlineMs =
    openVote === undefined
      ? answeredMs + rules.disputeDays * DAY_MS
      : Date.parse(openVote.proposal.value.closesAt)
  if (nowMs < deadlineMs)
    return {
      state: 'answered',
      claimCounts: false,
      deadlineMs,
      why:
        openVote === undefined
          ? 'contested; the claim counts again unless a vote is proposed by the deadline'
          : 'contested; the members vote on it until the deadline',
    }
  return settled('lapsed', true, 'contested, and nobody had it voted on in time')
}

/**
 * Whether nobody is there who could decide between the two, and the claim is about nobody else. Then
 * both have to stand by it, as with everything in the ledger: no deadline makes it count.
 */
function isWordAgainstWord(
  view: RecordView,
  { by, value }: Pick<Dispute, 'by' | 'value'>,
  claimant: Did,
): boolean {
  const { uri } = value.claim
  const rkey = uri.slice(uri.lastIndexOf('/') + 1)
  const usage = view.get<UsageRecord>(repoOf(uri), COLLECTION.usage, rkey)
  const takers = usage?.value.entries.map((one) => parseWorkloadUri(one.workload)?.owner) ?? []
  if (takers.some((taker) => taker !== by && taker !== claimant)) return false
  return !membersOf(view, by).some(
    (other) =>
      other !== claimant &&
      recognises(view, by, other) !== 'no' &&
      recognises(view, claimant, other) !== 'no',
  )
}

function unheeded(state: DisputeState): DisputeState {
  const why = `${state.why}; it counts for you, who do not list whoever raised it`
  return { ...state, claimCounts: true, why }
}

function hadQuorum({ tally, attestedBy }: Decided): boolean {
  return attestedBy.length > 0 || tally.yes + tally.no + tally.abstain >= tally.quorum
}

function settled(
  settledBy: NonNullable<Dispute['settledBy']>,
  claimCounts: boolean,
  why: string,
): DisputeState {
  return { state: 'settled', settledBy, claimCounts, why }
}

/** The first that stands in her repo, by record key. */
function answerOf(view: RecordView, by: Did, dispute: string): AnswerRecord | undefined {
  return listed<AnswerRecord>(view, by, COLLECTION.answer).find(
    ({ value }) => value.dispute.uri === dispute,
  )?.value
}

function onePerClaim<T extends { readonly value: DisputeRecord }>(
  disputes: readonly T[],
): readonly T[] {
  const first = new Map<string, T>()
  for (const dispute of disputes)
    if (!first.has(dispute.value.claim.uri)) first.set(dispute.value.claim.uri, dispute)
  return [...first.values()]
}
