import { claimedOwner } from '../cluster/owned-meshlets.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { AnswerRecord, Did, DisputeRecord } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { listed, repoOf, type Ref } from './ballots.ts'
import type { ClusterRules } from './cluster-rules.ts'
import type { Decided } from './decide.ts'

export interface Dispute extends Ref {
  readonly by: Did
  readonly value: DisputeRecord
  /** The owner whose claim it is. */
  readonly claimant: Did
  readonly state: 'open' | 'answered' | 'settled'
  readonly settledBy?: 'withdrawn' | 'conceded' | 'upheld' | 'rejected' | 'lapsed'
  /** Whether the claim counts as far as this dispute goes. */
  readonly claimCounts: boolean
  /** Until when it has to be answered, or voted on; of what is not settled. */
  readonly deadlineMs?: number
  /** A sentence for people. */
  readonly why: string
}

const DAY_MS = 86_400_000

/**
 * The disputes that these owners have raised, by uri. Silence settles nothing: a claim that nobody
 * answers for does not count until somebody does, so an old date gains nothing. A vote goes before
 * everything else, then who gave in.
 */
export function disputesOf(
  view: RecordView,
  owners: Iterable<Did>,
  { decided, rules, nowMs }: DisputeInput,
): readonly Dispute[] {
  return [...new Set(owners)]
    .toSorted()
    .flatMap((owner) => onePerClaim(listed<DisputeRecord>(view, owner, COLLECTION.dispute)))
    .map(({ did: by, ...ref }) => {
      const repo = repoOf(ref.value.claim.uri)
      const claimant = claimedOwner(view, repo) ?? repo
      const state = stateOf(view, { ...ref, by, claimant }, { decided, rules, nowMs })
      return { ...ref, by, claimant, ...state }
    })
}

export interface DisputeInput {
  readonly decided: readonly Decided[]
  readonly rules: Pick<ClusterRules, 'disputeDays'>
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

type DisputeState = Pick<Dispute, 'state' | 'settledBy' | 'claimCounts' | 'deadlineMs' | 'why'>

function stateOf(
  view: RecordView,
  dispute: Ref & Pick<Dispute, 'by' | 'value' | 'claimant'>,
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
  const theirs = answerOf(view, dispute.claimant, dispute.uri)
  if (theirs?.choice === 'concede')
    return settled('conceded', false, 'whose claim it is has conceded')
  const raisedMs = Date.parse(dispute.value.createdAt)
  if (theirs?.choice !== 'contest') {
    const deadlineMs = raisedMs + rules.disputeDays * DAY_MS
    const why =
      nowMs < deadlineMs ? 'not answered yet' : 'not answered in time; it stays open until it is'
    return { state: 'open', claimCounts: false, deadlineMs, why }
  }
  const answeredMs = Math.max(raisedMs, Date.parse(theirs.createdAt))
  const openVote = votes.find(({ state }) => state === 'open')
  const deadlineMs =
    openVote === undefined
      ? answeredMs + rules.disputeDays * DAY_MS
      : Date.parse(openVote.proposal.value.closesAt)
  if (nowMs < deadlineMs)
    return {
      state: 'answered',
      claimCounts: false,
      deadlineMs,
      why: 'contested; the members may vote',
    }
  return settled('lapsed', true, 'contested, and nobody had it voted on in time')
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
