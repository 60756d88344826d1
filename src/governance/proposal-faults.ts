import type { Proposal } from './ballots.ts'
import { votersOf } from './tally.ts'

/** Longest time for a vote, and longest suspension, days. */
export const VOTE_DAYS_MAX = 366
export const SUSPENSION_DAYS_MAX = 90
/** Nothing is decided by fewer than these shares, whatever a proposal says. */
const SHARE_MIN = 500_000
const DAY_MS = 86_400_000

const ACTIONS: readonly string[] = ['admit', 'suspend', 'reinstate', 'expel', 'uphold']

/** Why nothing can come of a proposal by itself, as the end of “it …”; undefined when it is sound. */
export function faultOfProposal(proposal: Pick<Proposal, 'author' | 'value'>): string | undefined {
  const { author, value } = proposal
  const [madeAtMs, closesAtMs] = [Date.parse(value.createdAt), Date.parse(value.closesAt)]
  if (!ACTIONS.includes(value.action)) return `asks for “${value.action}”, which nobody knows`
  if (value.electorate === undefined) return 'does not say who may vote'
  if (!value.electorate.includes(author)) return 'was made by somebody who may not vote on it'
  if (votersOf(proposal).length === 0) return 'leaves nobody to vote'
  if (value.quorumMillionths === undefined || value.majorityMillionths === undefined)
    return 'does not say how many votes it takes'
  if (value.quorumMillionths < SHARE_MIN || value.majorityMillionths < SHARE_MIN)
    return 'would be decided by less than half'
  if (!(closesAtMs > madeAtMs)) return 'closes before it was made'
  if (closesAtMs - madeAtMs > VOTE_DAYS_MAX * DAY_MS)
    return `is open for over ${VOTE_DAYS_MAX} days`
  if (value.action === 'suspend') return faultOfSuspension(value.until, closesAtMs)
  if (value.action !== 'uphold') return undefined
  if (value.claim === undefined) return 'names no claim'
  return value.dispute === undefined ? 'names no dispute' : undefined
}

function faultOfSuspension(until: string | undefined, closesAtMs: number): string | undefined {
  if (until === undefined) return 'does not say when the suspension ends'
  const days = (Date.parse(until) - closesAtMs) / DAY_MS
  return days > SUSPENSION_DAYS_MAX
    ? `suspends for more than ${SUSPENSION_DAYS_MAX} days after the vote`
    : undefined
}
