import { expect, test } from 'vitest'
import { BallotBox, day, dayMs } from '../../test/support/ballot-box.ts'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordUri } from './ballots.ts'
import { decide } from './decide.ts'
import { claimsThatDontCount, disputesOf } from './disputes.ts'

const [alice, bob, carol, dave] = [did('alice'), did('bob'), did('carol'), did('dave')]
const FOUR = [alice, bob, carol, dave]
const bob1 = did('bob1')
const CLAIM = { uri: recordUri(bob1, COLLECTION.usage, '2026-11-01T00Z'), cid: 'bafyclaim' }
const DISPUTE = recordUri(alice, COLLECTION.dispute, 'd')

class Case {
  readonly view = new MemoryView()
  readonly box = new BallotBox()

  constructor() {
    for (const owner of FOUR) this.view.own(owner, did(`${owner.slice(8)}1`), FOUR)
    this.view.put(alice, COLLECTION.dispute, 'd', {
      claim: CLAIM,
      reason: 'it never ran',
      createdAt: day(0),
    })
  }

  answer(who: typeof alice, choice: string, days = 1): this {
    const dispute = { uri: DISPUTE, cid: 'bafyd' }
    this.view.put(who, COLLECTION.answer, 'a', { dispute, choice, createdAt: day(days) })
    return this
  }

  votes(yes: readonly (typeof alice)[], no: readonly (typeof alice)[] = []): this {
    const proposal = this.box.propose(alice, 'uphold', bob, FOUR, {
      claim: CLAIM,
      dispute: { uri: DISPUTE, cid: 'bafyd' },
    })
    for (const voter of yes) this.box.vote(voter, proposal, 'yes')
    for (const voter of no) this.box.vote(voter, proposal, 'no')
    return this
  }

  found(days: number) {
    const nowMs = dayMs(days)
    return disputesOf(this.view, FOUR, {
      decided: decide(this.box.ballots, nowMs),
      rules: { disputeDays: 7 },
      listed: new Set(FOUR),
      nowMs,
    })
  }

  on(days: number) {
    const found = this.found(days)
    const struck = claimsThatDontCount(found, decide(this.box.ballots, dayMs(days)))
    const [one] = found
    return [one?.settledBy ?? one?.state, !struck.has(CLAIM.uri)]
  }
}

test('while it is open the claim does not count, and silence never makes it count', () => {
  expect(new Case().on(1)).toEqual(['open', false])
  expect(new Case().on(400)).toEqual(['open', false])
})

test('contested, it waits for a vote, and lapses without one', () => {
  const contested = new Case().answer(bob, 'contest', 20)
  expect(contested.on(21)).toEqual(['answered', false])
  expect(contested.on(27)).toEqual(['lapsed', true])
})

test('a backdated answer ends no earlier than one that was given at once', () => {
  expect(new Case().answer(bob, 'contest', -300).on(6)).toEqual(['answered', false])
})

test('who raised it may withdraw, and whose claim it is concede; nobody may do so for the other', () => {
  expect(new Case().answer(alice, 'withdraw').on(2)).toEqual(['withdrawn', true])
  expect(new Case().answer(bob, 'concede').on(2)).toEqual(['conceded', false])
  expect(new Case().answer(bob, 'withdraw').on(2)).toEqual(['open', false])
  expect(new Case().answer(alice, 'concede').on(2)).toEqual(['open', false])
  expect(new Case().answer(carol, 'contest').on(30)).toEqual(['open', false])
})

test('a vote of all but the two parties settles it for good', () => {
  expect(new Case().votes([carol, dave]).on(400)).toEqual(['upheld', false])
  expect(new Case().votes([alice, bob, carol]).on(2)).toEqual(['open', false])
  expect(new Case().answer(bob, 'contest').votes([], [carol, dave]).on(2)).toEqual([
    'rejected',
    true,
  ])
  expect(new Case().answer(alice, 'withdraw').votes([carol, dave]).on(2)).toEqual(['upheld', false])
})

test('a vote that ran keeps a contested dispute open until it closes, and decides nothing without a quorum', () => {
  const ran = new Case().answer(bob, 'contest', 0).votes([carol])
  expect(ran.on(6.9)).toEqual(['answered', false])
  expect(ran.on(8)).toEqual(['lapsed', true])
})

test('what was upheld stays so when the dispute is deleted', () => {
  const upheld = new Case().votes([carol, dave])
  upheld.view.remove(alice, COLLECTION.dispute, 'd')
  expect(upheld.on(3)).toEqual([undefined, false])
})

test('a machine that its owner does not name is nobody’s, whether or not its repo was read', () => {
  const lost = new Case().answer(bob, 'concede').answer(bob1, 'contest')
  lost.view.remove(bob, COLLECTION.meshlet, bob1.replaceAll(':', '-'))
  const named = lost.found(30)
  lost.view.remove(bob1, COLLECTION.meshletOwner, 'self')
  lost.view.remove(bob1, COLLECTION.answer, 'a')
  expect(named).toEqual(lost.found(30))
  expect(named).toMatchObject([{ claimant: bob1, state: 'open', claimCounts: false }])
})

test('one owner disputes a claim once', () => {
  const twice = new Case().answer(alice, 'withdraw')
  twice.view.put(alice, COLLECTION.dispute, 'e', { claim: CLAIM, reason: 'x', createdAt: day(0) })
  expect(twice.on(2)).toEqual(['withdrawn', true])
})
