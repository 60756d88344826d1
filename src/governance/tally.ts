import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import { repoOf, type Proposal, type Sponsorship, type Vote } from './ballots.ts'

export type Choice = 'yes' | 'no' | 'abstain'

export interface CountedVote extends Vote {
  readonly choice: Choice
}

/** Why somebody’s vote does not count. */
export interface IgnoredVote {
  readonly vote: Vote
  readonly reason:
    | 'subject'
    | 'not-eligible'
    | 'other-version'
    | 'late'
    | 'equivocation'
    | 'unknown'
}

export interface Tally {
  readonly voters: readonly Did[]
  readonly counted: readonly CountedVote[]
  readonly ignored: readonly IgnoredVote[]
  readonly yes: number
  readonly no: number
  readonly abstain: number
  /** Votes that are needed for a quorum. */
  readonly quorum: number
  readonly result: 'open' | 'passed' | 'failed'
  /** A sentence for people. */
  readonly why: string
  /** Milliseconds since 1970; of what is decided. */
  readonly decidedAtMs?: number
}

const CHOICES: readonly string[] = ['yes', 'no', 'abstain'] satisfies readonly Choice[]

/**
 * Whose own matter a proposal is: its subject, and of a dispute whoever raised it. Who proposed it may
 * be somebody else.
 */
export function partiesOf({ value }: Pick<Proposal, 'value'>): readonly Did[] {
  const { action, subject, dispute } = value
  return action === 'uphold' && dispute !== undefined ? [subject, repoOf(dispute.uri)] : [subject]
}

/** Who may vote: the electorate that the proposal names, without its parties. By DID, each once. */
export function votersOf({ value }: Pick<Proposal, 'value'>): readonly Did[] {
  const parties = new Set<Did>(partiesOf({ value }))
  return [...new Set(value.electorate)].filter((did) => !parties.has(did)).toSorted(compareText)
}

export interface TallyInput {
  readonly nowMs: number
  /** Credit that is lent to the subject. */
  readonly sponsorships: readonly Sponsorship[]
  /** Voters who promised the opposite elsewhere. */
  readonly voided?: ReadonlySet<Did>
}

/** Counts the votes on one proposal. The same records give the same result in any order. */
export function tally(
  proposal: Proposal,
  votes: readonly Vote[],
  { nowMs, sponsorships, voided = new Set() }: TallyInput,
): Tally {
  const voters = votersOf(proposal)
  const cast = votes
    .filter(({ value }) => value.proposal.uri === proposal.uri)
    .toSorted((a, b) => compareText(a.uri, b.uri))
  const counted: CountedVote[] = []
  const ignored: IgnoredVote[] = []
  for (const [voter, own] of Map.groupBy(cast, (vote) => vote.voter)) {
    const sound: CountedVote[] = []
    for (const vote of own) {
      const reason = faultOf(vote, proposal, voters)
      if (reason === undefined) sound.push({ ...vote, choice: vote.value.choice as Choice })
      else ignored.push({ vote, reason })
    }
    const [first] = sound
    const isTorn = new Set(sound.map(({ choice }) => choice)).size > 1
    if (isTorn || voided.has(voter))
      ignored.push(...sound.map((vote) => ({ vote, reason: 'equivocation' as const })))
    else if (first) counted.push(first)
  }
  const sponsors = sponsorsAmong(counted, sponsorships, Date.parse(proposal.value.closesAt))
  return conclude(proposal, { voters, counted, ignored, sponsors }, nowMs)
}

function faultOf(
  { voter, value }: Vote,
  proposal: Proposal,
  voters: readonly Did[],
): IgnoredVote['reason'] | undefined {
  if (voter === proposal.value.subject) return 'subject'
  if (!voters.includes(voter)) return 'not-eligible'
  // A proposal that was changed after it was voted on was not voted on.
  if (value.proposal.cid !== proposal.cid) return 'other-version'
  if (!CHOICES.includes(value.choice)) return 'unknown'
  return Date.parse(value.createdAt) > Date.parse(proposal.value.closesAt) ? 'late' : undefined
}

/** Of those who say yes, who lends to the newcomer by the close. */
function sponsorsAmong(
  counted: readonly CountedVote[],
  sponsorships: readonly Sponsorship[],
  closesAtMs: number,
): readonly Sponsorship[] {
  const yes = new Set(counted.filter(({ choice }) => choice === 'yes').map(({ voter }) => voter))
  return sponsorships
    .filter(({ by, sinceMs }) => yes.has(by) && sinceMs <= closesAtMs)
    .toSorted((a, b) => a.sinceMs - b.sinceMs || compareText(a.by, b.by))
}

function conclude(
  { value }: Proposal,
  votes: Pick<Tally, 'voters' | 'counted' | 'ignored'> & {
    readonly sponsors: readonly Sponsorship[]
  },
  nowMs: number,
): Tally {
  const { voters, counted, ignored, sponsors } = votes
  const count = (choice: Choice) => counted.filter((vote) => vote.choice === choice).length
  const [yes, no, abstain] = [count('yes'), count('no'), count('abstain')]
  const quorum = Math.max(1, shareOf(value.quorumMillionths ?? 0, voters.length))
  const rest = voters.length - yes - no - abstain
  const passes = (ayes: number, noes: number) =>
    ayes + noes + abstain >= quorum &&
    ayes > noes &&
    ayes * 1_000_000 >= (value.majorityMillionths ?? 0) * (ayes + noes)
  const closesAtMs = Date.parse(value.closesAt)
  const lastMs = counted.reduce(
    (last, vote) => Math.max(last, Date.parse(vote.value.createdAt)),
    Date.parse(value.createdAt),
  )
  const base = { voters, counted, ignored, yes, no, abstain, quorum }
  const sponsorsMin = value.action === 'admit' ? (value.sponsorsMin ?? 0) : 0
  const isSponsored = sponsors.length >= sponsorsMin
  const ayes = `${yes} of ${voters.length} say yes`
  const lacking = `${ayes}; ${sponsors.length} of ${sponsorsMin} sponsors among them`
  const sponsoredMs = sponsors[sponsorsMin - 1]?.sinceMs ?? 0
  // Whatever the others do, it can't come out otherwise any more.
  if (isSponsored && passes(yes, no) && passes(yes, no + rest))
    return { ...base, result: 'passed', why: ayes, decidedAtMs: Math.max(lastMs, sponsoredMs) }
  if (!passes(yes + rest, no) && voters.length > 0)
    return { ...base, result: 'failed', why: whyNot(base), decidedAtMs: lastMs }
  if (nowMs < closesAtMs) {
    const have = `${counted.length} of ${voters.length} voted`
    return { ...base, result: 'open', why: isSponsored || rest > 0 ? have : lacking }
  }
  if (isSponsored && passes(yes, no))
    return { ...base, result: 'passed', why: ayes, decidedAtMs: closesAtMs }
  const why = passes(yes, no) ? lacking : whyNot(base)
  return { ...base, result: 'failed', why, decidedAtMs: closesAtMs }
}

function whyNot({
  yes,
  no,
  abstain,
  quorum,
  voters,
}: Pick<Tally, 'yes' | 'no' | 'abstain' | 'quorum' | 'voters'>): string {
  if (voters.length === 0) return 'nobody is left to vote'
  if (yes + no + abstain < quorum)
    return `${yes + no + abstain} of ${voters.length} voted, ${quorum} are needed`
  if (yes === no) return `${yes} yes and ${no} no: equal votes fail`
  return `${yes} yes and ${no} no are not enough`
}

function shareOf(millionths: number, total: number): number {
  return Math.ceil((millionths * total) / 1_000_000)
}
