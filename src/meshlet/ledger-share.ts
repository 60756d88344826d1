import { ledgerTerms } from '../governance/ledger-terms.ts'
import { basisOf } from '../ledger/basis.ts'
import { communeBooks, ledgerMembers } from '../ledger/books.ts'
import { fairShareOf } from '../ledger/fair-share.ts'
import { closedDayOf, type LedgerDay } from '../ledger/ledger-day.ts'
import { ledgerOf, type LedgerTerms } from '../ledger/ledger.ts'
import { Trust, withTrust } from '../ledger/trust.ts'
import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { RecordView } from '../ports/records.ts'
import { NO_FAIR_SHARE, type FairShare } from '../selection/score.ts'

/** The claims of a closed day do not change, but may come late. */
const KEPT_MS = 3_600_000
/** While some repo has never been read. */
const UNREAD_MS = 60_000
/** Who is a member is looked up again so long after the last time, when records say something new. */
const LOOK_MS = 10_000

interface Known {
  readonly share: FairShare
  readonly day: LedgerDay
  /** What it was made of; undefined while that was not known. */
  readonly basis: string | undefined
  readonly untilMs: number
}

/**
 * The commune's ledger as this machine's owner has it. It is computed again once an hour, and when
 * members, their machines, loans, disputes or rules of credit have changed; then once in ten seconds
 * at most, whatever is written. Until all that it depends on was read, everybody is even.
 */
export class LedgerShare implements FairShare {
  readonly #view: RecordView
  readonly #ownerDid: Did
  readonly #clock: Clock
  #known: Known | undefined
  #hasChanged = false
  #lookedAtMs = 0

  constructor(view: RecordView, ownerDid: Did, clock: Clock) {
    this.#view = view
    this.#ownerDid = ownerDid
    this.#clock = clock
  }

  /** Records have changed from which it may follow who is a member, and by which rules. */
  noteChanged(): void {
    this.#hasChanged = true
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
    const known = this.#known
    const holds = known !== undefined && known.day === day && nowMs < known.untilMs
    if (holds && !(this.#hasChanged && nowMs - this.#lookedAtMs >= LOOK_MS)) return known.share
    this.#hasChanged = false
    this.#lookedAtMs = nowMs
    const { members, unread } = ledgerMembers(this.#view, this.#ownerDid)
    const terms = ledgerTerms(this.#view, this.#ownerDid, day)
    const basis = unread.length > 0 ? undefined : basisOf(this.#view, members, terms)
    if (holds && known.basis === basis) return known.share
    const share = basis === undefined ? NO_FAIR_SHARE : this.#shareOf(day, terms)
    this.#known = { share, day, basis, untilMs: nowMs + (basis ? KEPT_MS : UNREAD_MS) }
    return share
  }

  #shareOf(day: LedgerDay, terms: LedgerTerms): FairShare {
    const trust = new Trust(this.#ownerDid, day)
    const { members } = communeBooks(this.#view, this.#ownerDid)
    const ledger = ledgerOf({ day, members, ...terms, onEntry: (entry) => trust.add(entry) })
    return withTrust(fairShareOf(ledger), trust)
  }
}
