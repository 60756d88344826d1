import { expect, test } from 'vitest'
import { LedgerBooks, ledgerDid } from '../../test/support/ledger-books.ts'
import { addDays } from './ledger-day.ts'
import { ledgerOf } from './ledger.ts'
import { Trust } from './trust.ts'

const DAY = '2026-03-31'

function trustOf(self: string, books: LedgerBooks): Trust {
  const trust = new Trust(ledgerDid(self), DAY)
  ledgerOf({ day: DAY, members: books.members(), onEntry: (entry) => trust.add(entry) })
  return trust
}

test('who acknowledges a third of what is done for her counts a third, and only where it was done', () => {
  const books = new LedgerBooks('alice', 'bob', 'carol')
    .work('alice', 'bob', DAY, { amount: 2, acknowledged: 0 })
    .work('alice', 'bob', addDays(DAY, -7), { amount: 2 })
    .work('carol', 'bob', DAY)
  expect(trustOf('alice', books).partOf(ledgerDid('bob'), 900)).toBe(300)
  expect(trustOf('carol', books).partOf(ledgerDid('bob'), 900)).toBe(900)
})

test('who is new is trusted, and claims that are wrong in themselves are no matter of the taker', () => {
  const books = new LedgerBooks('alice', 'bob').work('alice', 'bob', DAY, {
    acknowledged: 0,
    change: { period: 'some day' },
  })
  expect(trustOf('alice', books).partOf(ledgerDid('bob'), 900)).toBe(900)
})
