import type { Did } from '../model/records.ts'
import type { FairShare } from '../selection/score.ts'
import type { LedgerEntry } from './entries.ts'
import { daysBetween, type LedgerDay } from './ledger-day.ts'
import { weightOf } from './weight.ts'

/** Of what one owner's machines claimed for each taker, how much these acknowledged. */
export class Trust {
  readonly #self: Did
  readonly #day: LedgerDay
  readonly #claimed = new Map<Did, bigint>()
  readonly #counted = new Map<Did, bigint>()

  constructor(self: Did, day: LedgerDay) {
    this.#self = self
    this.#day = day
  }

  add({ day, giver, taker, claimed, acknowledged, fault }: LedgerEntry): void {
    if (giver !== this.#self) return
    if (fault !== undefined && fault !== 'unacknowledged' && fault !== 'cut') return
    const weight = weightOf(daysBetween(day, this.#day))
    const counted = Math.min(claimed, acknowledged)
    this.#claimed.set(taker, (this.#claimed.get(taker) ?? 0n) + BigInt(claimed) * weight)
    this.#counted.set(taker, (this.#counted.get(taker) ?? 0n) + BigInt(counted) * weight)
  }

  /** So much of an amount as the taker acknowledges of what is done for her; all for who is new. */
  partOf(taker: Did, amount: number): number {
    const claimed = this.#claimed.get(taker) ?? 0n
    if (claimed === 0n) return amount
    return Number((BigInt(amount) * (this.#counted.get(taker) ?? 0n)) / claimed)
  }
}

/**
 * The share as one owner's own machines use it for their lines: whoever does not acknowledge what they
 * do for her goes further back there, by as much. Balances, which others check, stay as they are.
 */
export function withTrust(share: FairShare, trust: Trust): FairShare {
  return { ...share, creditOf: (owner) => trust.partOf(owner, share.creditOf(owner)) }
}
