import { expect, test } from 'vitest'
import { LedgerBooks, ledgerDid } from '../../test/support/ledger-books.ts'
import { addDays } from '../ledger/ledger-day.ts'
import { MACHINE_DAY } from '../ledger/rate.ts'
import { STANDARD_CLUSTER_RULES } from './cluster-rules.ts'
import { dayNumber, memberAccounts } from './member-accounts.ts'
import { standingOf } from './standing.ts'

const DAY = '2026-03-31'
const RULES = { ...STANDARD_CLUSTER_RULES, minimumContribution: 200_000, graceDays: 5 }
const RICH = { rootCreditLine: Number.MAX_SAFE_INTEGER, sponsorLimit: 0 }
const NONE: ReadonlySet<string> = new Set()

function accounts(books: LedgerBooks, credit: object = RICH, disputed = NONE) {
  const rules = { ...RULES, ...credit }
  return memberAccounts({ day: DAY, members: books.members(), disputed, rules })
}

test('who takes for weeks and gives nothing is a free rider since her first day', () => {
  const books = new LedgerBooks('alice', 'bob')
  for (let ago = 0; ago < 30; ago++) books.work('alice', 'bob', addDays(DAY, -ago), { amount: 0.1 })
  const bob = accounts(books).get(ledgerDid('bob'))
  expect(bob).toMatchObject({
    given: 0,
    since: dayNumber(DAY) - 29,
    belowSince: dayNumber(DAY) - 29,
  })
  expect(standingOf(bob!, RULES, dayNumber(DAY)).standing).toBe('no-new-placements')
  const alice = accounts(books).get(ledgerDid('alice'))
  expect(standingOf(alice!, RULES, dayNumber(DAY)).standing).toBe('good')
})

test('who gives enough in return is good, also to the same partner', () => {
  const books = new LedgerBooks('alice', 'bob')
  for (let ago = 0; ago < 10; ago++) {
    const day = addDays(DAY, -ago)
    books.work('alice', 'bob', day, { amount: 1 }).work('bob', 'alice', day, { amount: 0.5 })
  }
  const bob = accounts(books).get(ledgerDid('bob'))
  expect(bob?.belowSince).toBeUndefined()
  expect((bob?.given ?? 0) / (bob?.taken ?? 1)).toBeCloseTo(0.5, 3)
})

test('somebody who was there before the ledger begins is no newcomer', () => {
  const books = new LedgerBooks('alice', 'bob')
  for (let ago = 0; ago < 56; ago++) books.work('alice', 'bob', addDays(DAY, -ago), { amount: 0.1 })
  const bob = accounts(books).get(ledgerDid('bob'))
  const rules = { ...RULES, graceDays: 365 }
  expect(standingOf(bob!, rules, dayNumber(DAY)).standing).not.toBe('newcomer')
})

test('what is disputed, and what nobody could pay for, is nobody’s gift', () => {
  const books = new LedgerBooks('alice', 'bob').work('alice', 'bob', DAY)
  const disputed = new Set<string>([books.usageUri('alice-1', DAY)])
  const givenBy = (credit: object, without = NONE) =>
    accounts(books, credit, without).get(ledgerDid('alice'))?.given ?? 0
  expect(givenBy(RICH)).toBe(MACHINE_DAY)
  expect(givenBy(RICH, disputed)).toBe(0)
  expect(givenBy({ rootCreditLine: 0, sponsorLimit: 0 })).toBe(0)
})
