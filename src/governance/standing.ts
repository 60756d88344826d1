import type { ClusterRules } from './cluster-rules.ts'

/** How a member stands with her cluster, the best first. */
export const STANDINGS = [
  'good',
  'newcomer',
  'last-in-line',
  'no-new-placements',
  'notice',
  'drain',
] as const
export type Standing = (typeof STANDINGS)[number]

/** What a member gave and took up to a closed day. Days count from 1970. */
export interface MemberAccount {
  /** Resource-seconds, never negative. */
  readonly given: number
  readonly taken: number
  /** First closed day on which anything is known of her. */
  readonly since: number
  /** First of the closed days, up to now without a gap, on which she was below the minimum. */
  readonly belowSince?: number
  /** The day from which these steps have been in force for her; undefined: always. */
  readonly stepsSince?: number
}

export interface StandingStep {
  readonly standing: Standing
  /** A sentence without its subject. */
  readonly why: string
  /** When the next step comes if nothing changes; undefined when none does. */
  readonly nextDay?: number
}

/**
 * The step at which a member is on a closed day. Never more than one at once: each lasts its days,
 * counted from the first day below the minimum, from the end of the grace, or from the day on which
 * these steps came into force, whichever was latest: a new policy begins with the first step.
 */
export function standingOf(account: MemberAccount, rules: ClusterRules, day: number): StandingStep {
  const graceEnd = account.since + rules.graceDays
  if (!isBelowMinimum(account, rules))
    return { standing: 'good', why: 'gives at least what the policy asks for' }
  if (day < graceEnd)
    return {
      standing: 'newcomer',
      why: `gives less than the minimum, which holds from day ${rules.graceDays} on`,
      nextDay: graceEnd,
    }
  const start = Math.max(account.belowSince ?? day, graceEnd, account.stepsSince ?? 0)
  const daysBelow = day - Math.max(account.belowSince ?? day, graceEnd)
  let end = start
  for (const [standing, days] of steps(rules)) {
    end += days
    if (day < end) return { standing, why: whyBelow(daysBelow), nextDay: end }
  }
  return { standing: 'drain', why: whyBelow(daysBelow) }
}

/** Whether somebody in this standing is at least as well off as the other standing asks for. */
export function isAtLeast(standing: Standing, minimum: Standing): boolean {
  return STANDINGS.indexOf(standing) <= STANDINGS.indexOf(minimum)
}

/** Whether she gives less than the policy’s share of what she takes. Exact at any size. */
export function isBelowMinimum(
  { given, taken }: Pick<MemberAccount, 'given' | 'taken'>,
  { minimumContribution }: Pick<ClusterRules, 'minimumContribution'>,
): boolean {
  return BigInt(given) * 1_000_000n < BigInt(taken) * BigInt(minimumContribution)
}

/** The first day of the last run of days below the minimum; days in order, without gaps. */
export function belowSince(
  days: readonly (Pick<MemberAccount, 'given' | 'taken'> & { readonly day: number })[],
  rules: ClusterRules,
): number | undefined {
  const lastGood = days.findLastIndex((one) => !isBelowMinimum(one, rules))
  return days[lastGood + 1]?.day
}

function steps(rules: ClusterRules): readonly (readonly [Standing, number])[] {
  return [
    // A step that lasts no day would be one that nobody sees coming.
    ['last-in-line', Math.max(1, rules.lastInLineDays)],
    ['no-new-placements', Math.max(1, rules.noPlacementsDays)],
    ['notice', Math.max(1, rules.noticeDays)],
  ]
}

function whyBelow(days: number): string {
  return `gives less than the minimum, for ${days} ${days === 1 ? 'day' : 'days'}`
}
