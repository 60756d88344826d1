import type { Did } from '../model/records.ts'
import type { MachineBooks } from './books.ts'
import { isLookedAt } from './claims.ts'
import type { LedgerDay } from './ledger-day.ts'

/** Numbers that a machine must have given to records which are not there. */
export interface SequenceGap {
  readonly meshletDid: Did
  /** The records on both sides of it. */
  readonly after: { readonly day: LedgerDay; readonly sequence: number }
  readonly before: { readonly day: LedgerDay; readonly sequence: number }
  /** How many records are missing between them. */
  readonly missing: number
}

/**
 * Where a machine’s numbers leave some out, among the usage records that the ledger of this day looks
 * at: they were deleted, or never written. What is left counts as it is; what is missing can’t.
 */
export function sequenceGapsOf(
  { meshletDid, usage }: MachineBooks,
  ledgerDay: LedgerDay,
): readonly SequenceGap[] {
  const numbered = usage
    .flatMap(([rkey, { value }]) => {
      const day = rkey.slice(0, 10)
      const { sequence } = value
      return sequence === undefined || !isLookedAt(day, ledgerDay) ? [] : [{ day, sequence }]
    })
    .toSorted((a, b) => a.sequence - b.sequence)
  return numbered.slice(1).flatMap((before, index) => {
    const after = numbered[index]
    const missing = after === undefined ? 0 : before.sequence - after.sequence - 1
    return after === undefined || missing <= 0 ? [] : [{ meshletDid, after, before, missing }]
  })
}
