import { ledgerTerms } from '../governance/ledger-terms.ts'
import { communeBooks, type MemberBooks } from '../ledger/books.ts'
import { fairShareOf } from '../ledger/fair-share.ts'
import { closedDayOf, type LedgerDay } from '../ledger/ledger-day.ts'
import { ledgerOf } from '../ledger/ledger.ts'
import { Trust, withTrust } from '../ledger/trust.ts'
import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { RecordView } from '../ports/records.ts'
import { NO_FAIR_SHARE, type FairShare } from '../selection/score.ts'

/** The ledger of a closed day does not change; who is a member may, and records may come late. */
const KEPT_MS = 3_600_000
/** While some repo has never been read. */
const UNREAD_MS = 60_000

/**
 * The commune's ledger as this machine's owner has it, computed again once an hour. Until all that it
 * depends on was read, everybody is even.
 */
export class LedgerShare implements FairShare {
  readonly #view: RecordView
  readonly #ownerDid: Did
  readonly #clock: Clock
  #known:
    | { readonly share: FairShare; readonly untilMs: number; readonly day: LedgerDay }
    | undefined

  constructor(view: RecordView, ownerDid: Did, clock: Clock) {
    this.#view = view
    this.#ownerDid = ownerDid
    this.#clock = clock
  }

  get ledgerDay(): LedgerDay | undefined {
    return this.#now().ledgerDay
  }

  balanceOf(owner: Did): number {
    return this.#now().balanceOf(owner)
  }

  creditOf(owner: Did): number {
    return this.#now().creditOf(owner)
  }

  #now(): FairShare {
    const day = closedDayOf(this.#clock.wallMs())
    const nowMs = this.#clock.monotonicMs()
    if (this.#known && this.#known.day === day && nowMs < this.#known.untilMs)
      return this.#known.share
    const { members, unread } = communeBooks(this.#view, this.#ownerDid)
    const isWhole = unread.length === 0
    const share = isWhole ? this.#shareOf(day, members) : NO_FAIR_SHARE
    this.#known = { share, day, untilMs: nowMs + (isWhole ? KEPT_MS : UNREAD_MS) }
    return share
  }

  #shareOf(day: LedgerDay, members: readonly MemberBooks[]): FairShare {
    const trust = new Trust(this.#ownerDid, day)
    const terms = ledgerTerms(this.#view, this.#ownerDid, day)
    const ledger = ledgerOf({ day, members, ...terms, onEntry: (entry) => trust.add(entry) })
    return withTrust(fairShareOf(ledger), trust)
  }
}
