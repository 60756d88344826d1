import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import { repoOf, type Proposal, type Vote } from './ballots.ts'

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

/**
 * Counts the votes on one proposal. The same records give the same result in any order. `voided` are
 * voters who promised the opposite elsewhere.
 */
export function tally(
  proposal: Proposal,
  votes: readonly Vote[],
  nowMs: number,
  voided: ReadonlySet<Did> = new Set(),
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
  return conclude(proposal, { voters, counted, ignored }, nowMs)
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

function conclude(
  { value }: Proposal,
  votes: Pick<Tally, 'voters' | 'counted' | 'ignored'>,
  nowMs: number,
): Tally {
  const { voters, counted } = votes
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
  const base = { ...votes, yes, no, abstain, quorum }
  // Whatever the others do, it can't come out otherwise any more.
  if (passes(yes, no) && passes(yes, no + rest))
    return {
      ...base,
      result: 'passed',
      why: `${yes} of ${voters.length} say yes`,
      decidedAtMs: lastMs,
    }
  if (!passes(yes + rest, no) && voters.length > 0)
    return { ...base, result: 'failed', why: whyNot(base), decidedAtMs: lastMs }
  if (nowMs < closesAtMs)
    return { ...base, result: 'open', why: `${counted.length} of ${voters.length} have voted` }
  if (passes(yes, no))
    return {
      ...base,
      result: 'passed',
      why: `${yes} of ${voters.length} say yes`,
      decidedAtMs: closesAtMs,
    }
  return { ...base, result: 'failed', why: whyNot(base), decidedAtMs: closesAtMs }
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
