import { addDays, closedDayOf, dayOf, type LedgerDay } from '../ledger/ledger-day.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { ledgerTerms } from './ledger-terms.ts'

/** Whether a claim counts in the ledger that is used today, and in the next one. */
export interface ClaimInLedger {
  /** The closed day whose ledger is used today. */
  readonly ledgerDay: LedgerDay
  readonly counts: boolean
  /** The UTC day from which it is otherwise, as far as is known now; undefined: it stays so. */
  readonly changesOn?: LedgerDay
}

/**
 * Tells of claims, by uri, what disputes and votes do to them in an owner's ledgers. What is said or
 * settled today counts from tomorrow's ledger on, so the two can differ.
 */
export function claimsInLedger(
  view: RecordView,
  owner: Did,
  nowMs: number,
): (claim: string) => ClaimInLedger {
  const ledgerDay = closedDayOf(nowMs)
  const today = ledgerTerms(view, owner, ledgerDay).disputed
  const tomorrow = ledgerTerms(view, owner, addDays(ledgerDay, 1)).disputed
  return (claim) => {
    const counts = today?.has(claim) !== true
    const willCount = tomorrow?.has(claim) !== true
    const changesOn = addDays(dayOf(nowMs), 1)
    return { ledgerDay, counts, ...(counts === willCount ? {} : { changesOn }) }
  }
}
