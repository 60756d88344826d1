import { expect, test } from 'vitest'
import { LedgerBooks } from '../../test/support/ledger-books.ts'
import { addDays } from './ledger-day.ts'
import { ledgerOf } from './ledger.ts'
import { sequenceGapsOf } from './sequence-gaps.ts'

const DAY = '2026-03-31'

/** Alice's machine wrote these numbers, on one day after the other up to the last. */
function books(...numbers: readonly number[]): LedgerBooks {
  const all = new LedgerBooks('alice', 'bob')
  for (const [index, sequence] of numbers.entries())
    all.work('alice', 'bob', addDays(DAY, index + 1 - numbers.length), { sequence })
  return all
}

function gaps(of: LedgerBooks, day = DAY) {
  const [machine] = of.members('alice')[0]?.machines ?? []
  if (!machine) throw new Error('no machine')
  return sequenceGapsOf(machine, day).map(({ after, before, missing }) => [
    after.sequence,
    before.sequence,
    missing,
  ])
}

test('numbers that follow one another leave no gap, whatever the first one is', () => {
  expect(gaps(books(7, 8, 9))).toEqual([])
})

test('what is left out is told, with the records on both sides', () => {
  expect(gaps(books(1, 2, 5, 6, 8))).toEqual([
    [2, 5, 2],
    [6, 8, 1],
  ])
})

test('numbers out of order or used twice are no gap: that is said of the record itself', () => {
  expect(gaps(books(3, 2, 4))).toEqual([])
  expect(gaps(books(2, 2, 3))).toEqual([])
})

test('a gap by itself costs nothing', () => {
  const given = (of: LedgerBooks) =>
    ledgerOf({ day: DAY, members: of.members() }).accounts.map(({ balance }) => balance)
  expect(given(books(1, 2, 900))).toEqual(given(books(1, 2, 3)))
})

test('only records that the ledger looks at are compared', () => {
  expect(gaps(books(1, 5), addDays(DAY, -1))).toEqual([])
  expect(gaps(books(1, 5), addDays(DAY, 60))).toEqual([])
})
