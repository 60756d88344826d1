import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import type { FairShare } from '../selection/score.ts'
import { communeBooks } from './books.ts'
import { fairShareOf } from './fair-share.ts'
import type { LedgerDay } from './ledger-day.ts'
import { ledgerOf, type LedgerTerms } from './ledger.ts'

/** What the members of an owner’s clusters had agreed on when a day was closed. */
export type TermsOf = (owner: Did, day: LedgerDay) => LedgerTerms

/** Ledgers of several owners, as any reader of the records computes them, each only once. */
export class OwnersShares {
  readonly #view: RecordView
  readonly #termsOf: TermsOf
  readonly #known = new Map<string, FairShare | undefined>()

  constructor(view: RecordView, termsOf: TermsOf) {
    this.#view = view
    this.#termsOf = termsOf
  }

  /** An owner’s own ledger of a closed day; undefined while a repo that counts in it is unread. */
  of(ownerDid: Did, day: LedgerDay): FairShare | undefined {
    const key = `${ownerDid} ${day}`
    if (!this.#known.has(key)) this.#known.set(key, this.#compute(ownerDid, day))
    return this.#known.get(key)
  }

  #compute(ownerDid: Did, day: LedgerDay): FairShare | undefined {
    const { members, unread } = communeBooks(this.#view, ownerDid)
    if (unread.length > 0) return undefined
    return fairShareOf(ledgerOf({ day, members, ...this.#termsOf(ownerDid, day) }))
  }
}
