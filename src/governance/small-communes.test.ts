import { expect, test } from 'vitest'
import { day, dayMs } from '../../test/support/ballot-box.ts'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { usageUri } from '../ledger/claims.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { agreementOf } from './agreement.ts'
import { recordUri } from './ballots.ts'
import { ledgerTerms } from './ledger-terms.ts'

const [alice, bob, carol, dave] = [did('alice'), did('bob'), did('carol'), did('dave')]
const CLAIM = usageUri(did('bob1'), '2026-10-25')
const DISPUTE = { uri: recordUri(alice, COLLECTION.dispute, 'd'), cid: 'bafyd' }

/** Owners who all list each other; Bob claims something for the taker, and Alice disputes it. */
class Commune {
  readonly view = new MemoryView()
  readonly owners: readonly Did[]

  constructor(owners: readonly Did[], taker: Did = alice) {
    this.owners = owners
    for (const owner of owners) this.lists(owner, owners)
    const entries = [{ workload: workloadUri(taker, 'web'), amount: 9, seconds: 9 }]
    this.view.put(did('bob1'), COLLECTION.usage, '2026-10-25', { entries })
    this.dispute(alice)
  }

  lists(owner: Did, owners: readonly Did[]): this {
    const others = owners.filter((other) => other !== owner)
    this.view.own(owner, did(`${owner.slice(8)}1`), others)
    return this
  }

  dispute(by: Did): this {
    const claim = { uri: CLAIM, cid: 'bafyclaim' }
    this.view.put(by, COLLECTION.dispute, 'd', { claim, reason: 'down', createdAt: day(0) })
    return this
  }

  answer(by: Did, choice: string, days = 1): this {
    const answered = { dispute: DISPUTE, choice, createdAt: day(days) }
    this.view.put(by, COLLECTION.answer, 'a', answered)
    return this
  }

  propose(by: Did, electorate: readonly Did[]): { readonly uri: string; readonly cid: string } {
    const shares = { quorumMillionths: 666_667, majorityMillionths: 666_667 }
    const about = { cluster: 'home', action: 'uphold', subject: bob, electorate, dispute: DISPUTE }
    const times = { closesAt: day(7), createdAt: day(1) }
    const claim = { uri: CLAIM, cid: 'bafyclaim' }
    const value = { ...about, ...shares, ...times, claim }
    const cid = this.view.put(by, COLLECTION.proposal, 'p', value)
    return { uri: recordUri(by, COLLECTION.proposal, 'p'), cid }
  }

  vote(by: Did, proposal: object, choice: string): this {
    this.view.put(by, COLLECTION.vote, 'v', { proposal, choice, createdAt: day(2) })
    return this
  }

  /** How the dispute stands for each of them, by the end of this day. */
  seen(days: number, readers = this.owners): readonly string[] {
    const answers = readers.map((reader) => {
      const [one] = agreementOf(this.view, reader, dayMs(days)).disputes
      const ledgerDay = day(days - 2).slice(0, 10)
      const struck = ledgerTerms(this.view, reader, ledgerDay).disputed?.has(CLAIM)
      return `${one?.settledBy ?? one?.state}, ${struck === true ? 'does not count' : 'counts'}`
    })
    return [...new Set(answers)]
  }
}

test.each([
  ['yes', 'upheld, does not count'],
  ['no', 'rejected, counts'],
  ['abstain', 'rejected, counts'],
])('of three the neutral third decides for all three by %s', (choice, outcome) => {
  const commune = new Commune([alice, bob, carol]).answer(bob, 'contest')
  commune.vote(carol, commune.propose(alice, [alice, carol]), choice)
  expect(commune.seen(3)).toEqual([outcome])
  expect(commune.seen(400)).toEqual([outcome])
})

test('the neutral third may propose it herself, and the one who disputes has no vote even so', () => {
  const commune = new Commune([alice, bob, carol]).answer(bob, 'contest')
  const proposal = commune.propose(carol, [alice, carol])
  commune.vote(alice, proposal, 'yes')
  expect(commune.seen(3)).toEqual(['answered, does not count'])
  commune.vote(carol, proposal, 'no')
  expect(commune.seen(3)).toEqual(['rejected, counts'])
})

test('of four the two others have to agree', () => {
  const four = [alice, bob, carol, dave]
  const agreed = new Commune(four).answer(bob, 'contest')
  const proposal = agreed.propose(alice, [alice, carol, dave])
  agreed.vote(carol, proposal, 'yes').vote(dave, proposal, 'yes')
  expect(agreed.seen(3)).toEqual(['upheld, does not count'])
  agreed.vote(dave, proposal, 'no')
  expect(agreed.seen(3)).toEqual(['rejected, counts'])
})

test('a neutral third who says nothing lets a contested dispute lapse', () => {
  const commune = new Commune([alice, bob, carol]).answer(bob, 'contest')
  commune.propose(alice, [alice, carol])
  expect(commune.seen(6)).toEqual(['answered, does not count'])
  expect(commune.seen(9)).toEqual(['lapsed, counts'])
})

test('of two nobody is neutral: what one disputes does not count until one of them gives in', () => {
  const two = new Commune([alice, bob]).answer(bob, 'contest')
  expect(two.seen(3)).toEqual(['answered, does not count'])
  expect(two.seen(400)).toEqual(['answered, does not count'])
  const [one] = agreementOf(two.view, alice, dayMs(3)).disputes
  expect(one?.why).toBe(
    'contested, and nobody is neutral; it stays so until one of the two gives in',
  )
  expect(one?.deadlineMs).toBeUndefined()
  two.answer(alice, 'withdraw')
  expect(two.seen(3)).toEqual(['withdrawn, counts'])
})

test('who says nothing of her own in a claim can’t hold it up for ever where nobody is neutral', () => {
  const commune = new Commune([alice, bob], carol).answer(bob, 'contest')
  expect(commune.seen(400)).toEqual(['lapsed, counts'])
})

test('strangers who vote among themselves decide nothing for the others', () => {
  const socks = ['s1', 's2', 's3'].map(did)
  const three = [alice, bob, carol]
  const commune = new Commune(three).answer(bob, 'contest').lists(alice, [...three, ...socks])
  for (const sock of socks) commune.lists(sock, [alice, ...socks])
  const proposal = commune.propose(alice, [alice, carol, ...socks])
  for (const sock of socks) commune.vote(sock, proposal, 'yes')
  expect(commune.seen(9, [bob, carol])).toEqual(['lapsed, counts'])
  const two = new Commune([alice, bob]).answer(bob, 'contest').lists(alice, [alice, bob, ...socks])
  for (const sock of socks) two.lists(sock, [alice, ...socks])
  const among = two.propose(alice, [alice, ...socks])
  for (const sock of socks) two.vote(sock, among, 'no')
  expect(two.seen(9, [bob])).toEqual(['answered, does not count'])
})

test('what a stranger disputes goes on counting for who does not list her', () => {
  const mallory = did('mallory')
  const commune = new Commune([alice, bob, carol]).answer(alice, 'withdraw')
  commune.lists(carol, [alice, bob, carol, mallory]).lists(mallory, [carol]).dispute(mallory)
  const countsFor = (reader: Did) =>
    agreementOf(commune.view, reader, dayMs(3)).disputes.find(({ by }) => by === mallory)
  expect(countsFor(carol)).toMatchObject({ state: 'open', claimCounts: false })
  expect(countsFor(bob)).toMatchObject({
    state: 'open',
    claimCounts: true,
    why: 'not answered yet; it counts for you, who do not list whoever raised it',
  })
})
