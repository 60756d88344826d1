import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alice, bob, carol, dave, erin, BallotBox, dayMs } from '../../test/support/ballot-box.ts'
import { LedgerBooks } from '../../test/support/ledger-books.ts'
import { addDays } from '../ledger/ledger-day.ts'
import { ledgerOf } from '../ledger/ledger.ts'
import { MACHINE_DAY } from '../ledger/rate.ts'
import { STANDARD_CLUSTER_RULES } from './cluster-rules.ts'
import { decide } from './decide.ts'
import { creditRules } from './ledger-terms.ts'

const DAY = '2026-03-31'
const FOUR = [alice, bob, carol, dave]

describe('what a member may owe', () => {
  /** Seven days for who has two sponsors, one for who has not. */
  const rules = creditRules({
    ...STANDARD_CLUSTER_RULES,
    rootCreditLine: 7 * MACHINE_DAY,
    sponsorsMin: 2,
    unsponsoredLine: MACHINE_DAY,
  })

  function lines(books: LedgerBooks, day = DAY): Readonly<Record<string, number>> {
    const { accounts } = ledgerOf({ day, members: books.members(), rules })
    return Object.fromEntries(
      accounts.map(({ ownerDid, line }) => [ownerDid.slice(8), Number(line) / MACHINE_DAY]),
    )
  }

  test('is little until enough members lend to her, from then on as much as others', () => {
    const books = new LedgerBooks('alice', 'bob', 'carol').sponsor('alice', 'carol', 0.5, DAY)
    expect(lines(books)).toEqual({ alice: 0.5, bob: 1, carol: 1.5 })
    books.sponsor('bob', 'carol', 0.25, DAY)
    expect(lines(books)).toEqual({ alice: 0.5, bob: 0.75, carol: 7.75 })
    expect(lines(books, addDays(DAY, -1))).toEqual({ alice: 1, bob: 1, carol: 1 })
  })

  test('is told with how many sponsors are missing', () => {
    const members = new LedgerBooks('alice', 'bob').sponsor('alice', 'bob', 0.5, DAY).members()
    const { accounts } = ledgerOf({ day: DAY, members, rules })
    expect(accounts.map(({ sponsorsMissing }) => sponsorsMissing)).toEqual([2, 1])
  })

  test('does not grow by a sponsor who has nothing to lend, is no member, or is herself', () => {
    const books = new LedgerBooks('alice', 'bob', 'carol')
    books.sponsor('alice', 'bob', 1, addDays(DAY, -1)).sponsor('alice', 'carol', 1, DAY)
    books.sponsor('stranger', 'carol', 1, DAY).sponsor('carol', 'carol', 1, DAY)
    books.sponsor('bob', 'carol', 1, DAY)
    expect(lines(books)).toEqual({ alice: 0, bob: 1, carol: 2 })
  })

  test('never lets all members together owe more than without sponsors', () => {
    const names = ['alice', 'bob', 'carol', 'dave']
    const loan = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(20), fc.nat(9))
    fc.assert(
      fc.property(fc.array(loan, { maxLength: 12 }), (loans) => {
        const books = new LedgerBooks(...names)
        for (const [from, to, amount, ago] of loans)
          books.sponsor(names[from] ?? '', names[to] ?? '', amount / 4, addDays(DAY, -ago))
        const { accounts } = ledgerOf({ day: DAY, members: books.members(), rules })
        const all = accounts.reduce((sum, { line }) => sum + line, 0n)
        expect(all).toBeLessThanOrEqual(BigInt(names.length) * rules.rootLine)
        for (const { line } of accounts) expect(line).toBeGreaterThanOrEqual(0n)
      }),
    )
  })

  test('is the same for all where no sponsors are asked for', () => {
    const standard = creditRules(STANDARD_CLUSTER_RULES)
    const members = new LedgerBooks('alice', 'bob').members()
    const { accounts } = ledgerOf({ day: DAY, members, rules: standard })
    expect(accounts.map(({ line }) => line)).toEqual([standard.rootLine, standard.rootLine])
  })
})

describe('an admission that asks for sponsors', () => {
  function admission(sponsors: number) {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'admit', erin, FOUR, { sponsorsMin: sponsors })
    return { box, proposal }
  }

  function outcome(box: BallotBox, days = 2) {
    const [one] = decide(box.ballots, dayMs(days))
    return [one?.state, one?.why]
  }

  test('passes when enough of those who say yes lend to the newcomer', () => {
    const { box, proposal } = admission(1)
    for (const voter of FOUR) box.vote(voter, proposal, 'yes')
    expect(outcome(box)).toEqual(['open', '4 of 4 say yes; 0 of 1 sponsors among them'])
    box.sponsor(bob, erin)
    expect(outcome(box)).toEqual(['passed', '4 of 4 say yes'])
  })

  test('fails at its close without them', () => {
    const { box, proposal } = admission(2)
    for (const voter of FOUR) box.vote(voter, proposal, 'yes')
    box.sponsor(bob, erin)
    expect(outcome(box, 8)).toEqual(['failed', '4 of 4 say yes; 1 of 2 sponsors among them'])
  })

  test('counts no sponsor who says no, may not vote, lends to somebody else, or comes too late', () => {
    const { box, proposal } = admission(1)
    for (const voter of [alice, bob, carol]) box.vote(voter, proposal, 'yes')
    box.vote(dave, proposal, 'no')
    box.sponsor(dave, erin).sponsor(erin, erin).sponsor(bob, carol).sponsor(alice, erin, 7.5)
    expect(outcome(box, 8)[0]).toBe('failed')
    box.sponsor(carol, erin)
    expect(outcome(box, 8)[0]).toBe('passed')
  })

  test('stays as it was put on record when a loan is taken back', () => {
    const { box, proposal } = admission(1)
    for (const voter of FOUR) box.vote(voter, proposal, 'yes')
    box.sponsor(bob, erin)
    const [decided] = decide(box.ballots, dayMs(2))
    box.attest([alice, bob, carol], decided!)
    box.sponsorships = []
    expect(outcome(box, 30)[0]).toBe('passed')
  })

  test('only an admission asks for any', () => {
    const box = new BallotBox()
    const proposal = box.propose(alice, 'expel', erin, FOUR, { sponsorsMin: 3 })
    for (const voter of FOUR) box.vote(voter, proposal, 'yes')
    expect(outcome(box)[0]).toBe('passed')
  })
})
