import { expect, test } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { LEDGER_NAMES, ledgerView } from '../../test/support/ledger-view.ts'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { closedDayOf } from '../ledger/ledger-day.ts'
import { MACHINE_DAY } from '../ledger/rate.ts'
import { COLLECTION, type Collection } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did } from '../model/records.ts'
import { LedgerShare } from './ledger-share.ts'

/** Counts how often somebody goes through the claims of a machine: once a ledger. */
class CountingView extends MemoryView {
  ledgers = 0

  override list<T>(owner: Did, collection: Collection) {
    if (owner === did('a1') && collection === COLLECTION.usage) this.ledgers++
    return super.list<T>(owner, collection)
  }
}

function commune() {
  const clock = new ManualClock()
  const view = ledgerView(new CountingView(), clock.wallMs())
  const share = new LedgerShare(view, did('alice'), clock)
  return { view, clock, day: closedDayOf(clock.wallMs()), share }
}

test('when a member leaves, the ledger is that of who is left, long before the hour is over', () => {
  const { view, clock, share } = commune()
  expect(share.balanceOf(did('alice'))).toBe(2_000)
  view.put(did('c1'), COLLECTION.cluster, 'home', { members: [did('bob')] })
  share.noteChanged()
  clock.advance(10_000)
  expect(share.balanceOf(did('alice'))).toBe(1_000)
  expect(share.balanceOf(did('carol'))).toBe(0)
})

test('a new policy and a loan that is taken back hold as soon as they are read', () => {
  const { view, clock, day, share } = commune()
  view.put(did('alice'), COLLECTION.sponsor, recordKeyFor(did('bob')), {
    ...{ newcomer: did('bob'), credit: 2 * MACHINE_DAY, createdAt: `${day}T12:00:00Z` },
  })
  expect(share.creditOf(did('bob'))).toBe(8_000)
  view.remove(did('alice'), COLLECTION.sponsor, recordKeyFor(did('bob')))
  share.noteChanged()
  clock.advance(10_000)
  expect(share.creditOf(did('bob'))).toBe(6_000)
  const rules = { rootCreditLine: 3 * MACHINE_DAY }
  for (const name of LEDGER_NAMES) {
    const cid = view.put(did(name), COLLECTION.clusterPolicy, 'home', rules)
    const uri = `at://${did(name)}/${COLLECTION.clusterPolicy}/home`
    const members = LEDGER_NAMES.filter((other) => other !== name).map(did)
    view.put(did(`${name[0]}1`), COLLECTION.cluster, 'home', { members, policy: { uri, cid } })
  }
  share.noteChanged()
  clock.advance(10_000)
  expect(share.creditOf(did('bob'))).toBe(2_000)
})

test('a thousand changes that leave its members alone cost no new ledger', () => {
  const { view, clock, share } = commune()
  share.balanceOf(did('alice'))
  expect(view.ledgers).toBe(1)
  for (let i = 0; i < 1_000; i++) {
    view.put(did('bob'), COLLECTION.vote, `v${i}`, {
      ...{ proposal: { uri: `at://x/y/${i}`, cid: 'bafy' }, choice: 'yes' },
    })
    share.noteChanged()
    clock.advance(1_000)
    share.balanceOf(did('alice'))
  }
  expect(view.ledgers).toBe(1)
  clock.advance(3_600_000)
  share.balanceOf(did('alice'))
  expect(view.ledgers).toBe(2)
})

test('who comes and goes every second costs one ledger in ten seconds, and no more', () => {
  const { view, clock, share } = commune()
  for (let second = 0; second < 600; second++) {
    const members = second % 3 === 0 ? [did('bob')] : [did('alice'), did('bob')]
    view.put(did('c1'), COLLECTION.cluster, 'home', { members })
    share.noteChanged()
    clock.advance(1_000)
    for (let i = 0; i < 10; i++) share.creditOf(did('carol'))
  }
  expect(view.ledgers).toBeGreaterThan(2)
  expect(view.ledgers).toBeLessThanOrEqual(61)
})

test('as soon as the last repo has been read, the ledger counts', () => {
  const { view, clock, share } = commune()
  const members = ['bob', 'carol', 'dan'].map(did)
  view.put(did('a1'), COLLECTION.cluster, 'home', { members })
  expect(share.ledgerDay).toBeUndefined()
  view.read(did('dan'))
  share.noteChanged()
  clock.advance(10_000)
  expect(share.balanceOf(did('alice'))).toBe(2_000)
})
