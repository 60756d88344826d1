import type { BidRecord, Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { BALANCE_PART, balancePartOf } from '../selection/score.ts'
import { addDays, closedDayOf, parseDay } from './ledger-day.ts'
import { listsChangedAt } from './lists-changed.ts'
import { OwnersShares, type TermsOf } from './owners-share.ts'

/** What a bid says of its owner's balance, against the ledger of the day that it names. */
export type BidClaim =
  | { readonly kind: 'same'; readonly claimed: number }
  /** The ledger says something else, or the bid names no day that was closed when it was written. */
  | {
      readonly kind: 'different'
      readonly claimed: number
      readonly computed: number | undefined
      readonly reason: string
    }
  /** It can't be told any more, or not yet: the reason for people. */
  | { readonly kind: 'unknown'; readonly claimed: number; readonly reason: string }

/** Records are kept for a week longer than they weigh something. */
const CHECKED_DAYS = 7
/** By then all who can read have heard of new members and rules, and made their ledgers anew. */
const HEARD_MS = 3_600_000

/**
 * Compares bids with the ledgers that they name, each of its bidder's owner. Off the path of any
 * choice: a choice takes the score that a bid states, whoever reads it.
 */
export class BidAudit {
  readonly #view: RecordView
  readonly #nowMs: number
  readonly #shares: OwnersShares
  readonly #listed = new Map<Did, string | undefined>()

  constructor(view: RecordView, nowMs: number, termsOf: TermsOf) {
    this.#view = view
    this.#nowMs = nowMs
    this.#shares = new OwnersShares(view, termsOf)
  }

  check(ownerDid: Did, { ledgerDay, scoreParts, createdAt }: BidRecord): BidClaim {
    const claimed = scoreParts?.find(({ name }) => name === BALANCE_PART)?.value ?? 0
    if (ledgerDay === undefined) {
      if (claimed === 0) return { kind: 'same', claimed }
      return different(claimed, undefined, 'it names no day of the ledger')
    }
    const writtenMs = Date.parse(createdAt)
    const isClosed = parseDay(ledgerDay) !== undefined && ledgerDay <= closedDayOf(writtenMs)
    if (!isClosed) return different(claimed, undefined, `the ledger of ${ledgerDay} was not closed`)
    if (ledgerDay < addDays(closedDayOf(this.#nowMs), -CHECKED_DAYS))
      return { kind: 'unknown', claimed, reason: `${ledgerDay} is too long ago` }
    const share = this.#shares.of(ownerDid, ledgerDay)
    if (!share) return { kind: 'unknown', claimed, reason: 'not all repos could be read' }
    const computed = balancePartOf(share, ownerDid)
    if (computed === claimed) return { kind: 'same', claimed }
    const changedAt = this.#listsChangedAt(ownerDid)
    if (changedAt !== undefined && writtenMs < Date.parse(changedAt) + HEARD_MS) {
      const reason = `members, loans or rules that it may rest on have changed since (${changedAt})`
      return { kind: 'unknown', claimed, reason }
    }
    return different(claimed, computed, `the ledger of ${ledgerDay} says ${computed}`)
  }

  #listsChangedAt(ownerDid: Did): string | undefined {
    if (!this.#listed.has(ownerDid))
      this.#listed.set(ownerDid, listsChangedAt(this.#view, ownerDid, this.#nowMs))
    return this.#listed.get(ownerDid)
  }
}

function different(claimed: number, computed: number | undefined, reason: string): BidClaim {
  return { kind: 'different', claimed, computed, reason }
}
