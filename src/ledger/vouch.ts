import type { UsageRecord } from '../model/records.ts'

type Entry = UsageRecord['entries'][number]

/** What the consumer's side saw of one workload on one machine on one day. */
export interface Sighting {
  readonly amount: number
  readonly seconds: number
  /** Millionths of the reference machine that all replicas of it ask for now; 0 when it is gone. */
  readonly rate: number
}

/** Two machines that look at the same thing every minute see so much of a difference, and no more. */
const SLACK_SECONDS = 900
const SLACK_PERCENT = 2n

/**
 * What of a claim the consumer's side acknowledges: all of it when it is what she saw, within 2 % and
 * a quarter of an hour; otherwise what she saw. Entries of which she saw nothing are left out.
 */
export function vouchFor(
  claimed: readonly Entry[],
  seenOf: (workload: string) => Sighting | undefined,
): readonly Entry[] {
  return claimed.flatMap((entry) => {
    const seen = seenOf(entry.workload)
    if (!seen || seen.amount <= 0) return []
    const slack = BigInt(seen.rate) * BigInt(SLACK_SECONDS)
    const most = (BigInt(seen.amount) * (100n + SLACK_PERCENT)) / 100n + slack
    if (BigInt(entry.amount) <= most) return [entry]
    return [{ workload: entry.workload, amount: seen.amount, seconds: seen.seconds }]
  })
}
