import { DEFAULT_REQUEST, type Amount } from '../model/request.ts'
import type { Did, ScorePart } from '../model/records.ts'

/** One part of a score is at most this much, up or down. */
export const SCORE_PART_MAX = 1_000

/** Name of the part that follows from the ledger. */
export const BALANCE_PART = 'balance'

/** Who has given more to the commune than taken from it, as of a closed day. */
export interface FairShare {
  /** Closed day of the ledger, YYYY-MM-DD; undefined while there is no ledger. */
  readonly ledgerDay: string | undefined
  /**
   * Given minus taken: thousandths of a machine-day (a day of the whole reference machine), decayed.
   * An integer; positive when the commune owes the owner.
   */
  balanceOf(owner: Did): number
  /**
   * What the owner may still take, in the same unit: her balance and what the others lend her, never
   * below 0.
   */
  creditOf(owner: Did): number
}

/** Everybody is even, and may take as much as everybody else. */
export const NO_FAIR_SHARE: FairShare = {
  ledgerDay: undefined,
  balanceOf: () => 0,
  creditOf: () => 1,
}

export interface ScoreInput {
  /** Owner of the bidding machine. */
  readonly ownerDid: Did
  /** All that the machine offers. */
  readonly capacity: Amount
  /** What is free on it for this workload. */
  readonly room: Amount
  /** What one replica asks for. */
  readonly request: Amount
  readonly fairShare: FairShare
}

export interface Score {
  readonly score: number
  /** Adds up to the score. */
  readonly parts: readonly ScorePart[]
}

/**
 * The score of an offer, an integer from -2,000 to 2,000; higher goes first.
 *
 * - `room`, 0 to 1,000: thousandths of the scarcest resource that stay free after one replica. It
 *   spreads work over machines in proportion to their size.
 * - `balance`, -1,000 to 1,000: the bidder's owner's balance with its sign turned, thousandths of a
 *   machine-day: whoever owes the commune runs more of its work. A whole machine-day of debt weighs
 *   as much as an empty machine against a full one.
 *
 * Where the machine stands does not enter: readers could not check it.
 */
export function scoreBid(input: ScoreInput): Score {
  const parts = [
    { name: 'room', value: roomPart(input) },
    { name: BALANCE_PART, value: balancePartOf(input.fairShare, input.ownerDid) },
  ]
  return { score: parts.reduce((sum, { value }) => sum + value, 0), parts }
}

function roomPart({ capacity, room, request }: ScoreInput): number {
  const kinds = Object.keys(DEFAULT_REQUEST) as (keyof Amount)[]
  const free = kinds
    .filter((kind) => capacity[kind] > 0)
    .map((kind) => Math.floor(((room[kind] - request[kind]) * SCORE_PART_MAX) / capacity[kind]))
  return clamp(Math.min(SCORE_PART_MAX, ...free), 0)
}

/** The part of a score that follows from the ledger. */
export function balancePartOf(fairShare: FairShare, ownerDid: Did): number {
  return clamp(0 - fairShare.balanceOf(ownerDid), -SCORE_PART_MAX)
}

function clamp(value: number, least: number): number {
  return Math.max(least, Math.min(SCORE_PART_MAX, Math.trunc(value))) || 0
}
