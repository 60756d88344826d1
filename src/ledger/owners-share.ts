import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import type { FairShare } from '../selection/score.ts'
import { basisOf } from './basis.ts'
import { communeBooks, ledgerMembers } from './books.ts'
import { fairShareOf } from './fair-share.ts'
import type { LedgerDay } from './ledger-day.ts'
import { ledgerOf, type LedgerTerms } from './ledger.ts'

/** What the members of an owner’s clusters had agreed on when a day was closed. */
export type TermsOf = (owner: Did, day: LedgerDay) => LedgerTerms

/**
 * Ledgers of several owners, as any reader of the records computes them, each only once; those who work
 * with the same people under the same rules have the same.
 */
export class OwnersShares {
  readonly #view: RecordView
  readonly #termsOf: TermsOf
  readonly #known = new Map<string, FairShare | undefined>()
  readonly #byBasis = new Map<string, FairShare>()

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
    const { members, unread } = ledgerMembers(this.#view, ownerDid)
    if (unread.length > 0) return undefined
    const terms = this.#termsOf(ownerDid, day)
    const basis = `${basisOf(this.#view, members, terms)} ${day}`
    const known = this.#byBasis.get(basis)
    if (known) return known
    const books = communeBooks(this.#view, ownerDid)
    const share = fairShareOf(ledgerOf({ day, members: books.members, ...terms }))
    this.#byBasis.set(basis, share)
    return share
  }
}
