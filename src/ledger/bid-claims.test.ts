import { describe, expect, it } from 'vitest'
import { ledgerView, offerClaiming } from '../../test/support/ledger-view.ts'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import { BidAudit } from './bid-claims.ts'
import { addDays, closedDayOf } from './ledger-day.ts'
import { MACHINE_DAY } from './rate.ts'

const NOW = '2026-02-01T12:00:00Z'
const NOW_MS = Date.parse(NOW)
const DAY = closedDayOf(NOW_MS)

function check(view: MemoryView, owner: string, balance: number, more: object = {}) {
  const bid = offerClaiming(balance, { ledgerDay: DAY, createdAt: NOW, ...more })
  return new BidAudit(view, NOW_MS, () => ({})).check(did(owner), bid)
}

/** Carol’s machine wrote its list of members at this time. */
function listing(at: string): MemoryView {
  const view = ledgerView(new MemoryView(), NOW_MS)
  const members = ['alice', 'bob'].map(did)
  view.put(did('c1'), COLLECTION.cluster, 'home', { members, createdAt: at })
  return view
}

describe('what a bid says of its owner’s balance', () => {
  const view = ledgerView(new MemoryView(), NOW_MS)

  it('is the same when it is what the ledger of its day says, with the sign turned', () => {
    expect(check(view, 'alice', -1_000)).toEqual({ kind: 'same', claimed: -1_000 })
    expect(check(view, 'bob', 1_000)).toEqual({ kind: 'same', claimed: 1_000 })
    expect(check(view, 'bob', 0, { ledgerDay: undefined })).toEqual({ kind: 'same', claimed: 0 })
  })

  it('is different when the ledger says another number, and tells both', () => {
    const reason = `the ledger of ${DAY} says 1000`
    const found = { kind: 'different', claimed: -1_000, computed: 1_000, reason }
    expect(check(view, 'carol', -1_000)).toEqual(found)
  })

  it('is different when it rests on no day, or on one that was not closed', () => {
    const none = check(view, 'carol', 5, { ledgerDay: undefined })
    expect(none).toMatchObject({ kind: 'different', reason: 'it names no day of the ledger' })
    const early = check(view, 'carol', 5, { ledgerDay: addDays(DAY, 1) })
    expect(early).toMatchObject({ kind: 'different', computed: undefined })
  })

  it('can’t be told of long ago, nor while a repo was never read', () => {
    expect(check(view, 'carol', 5, { ledgerDay: addDays(DAY, -8) }).kind).toBe('unknown')
    const other = ledgerView(new MemoryView(), NOW_MS)
    other.put(did('c1'), COLLECTION.cluster, 'home', { members: ['alice', 'dan'].map(did) })
    expect(check(other, 'carol', 5)).toMatchObject({
      ...{ kind: 'unknown', reason: 'not all repos could be read' },
    })
  })
})

describe('a bid that was made before lists of members changed', () => {
  it('is not called wrong by what holds now', () => {
    const found = check(listing('2026-02-01T11:30:00Z'), 'carol', -1_000)
    expect(found).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining('have changed since (2026-02-01T11:30:00Z)'),
    })
  })

  it('is one that was made within an hour: by then everybody knows', () => {
    expect(check(listing('2026-02-01T10:59:59Z'), 'carol', -1_000).kind).toBe('different')
    expect(check(listing('2026-02-01T11:00:01Z'), 'carol', -1_000).kind).toBe('unknown')
  })

  it('may rest on a loan, or on rules, that are others now', () => {
    const lent = ledgerView(new MemoryView(), NOW_MS)
    const loan = { newcomer: did('bob'), credit: MACHINE_DAY, createdAt: NOW }
    lent.put(did('alice'), COLLECTION.sponsor, recordKeyFor(did('bob')), loan)
    expect(check(lent, 'carol', -1_000).kind).toBe('unknown')
    const ruled = ledgerView(new MemoryView(), NOW_MS)
    ruled.put(did('bob'), COLLECTION.clusterPolicy, 'home', { createdAt: NOW })
    expect(check(ruled, 'carol', -1_000).kind).toBe('unknown')
  })

  it('gains nothing by a list that is dated into the future', () => {
    expect(check(listing('2099-01-01T00:00:00Z'), 'carol', -1_000).kind).toBe('different')
    expect(check(listing('some day'), 'carol', -1_000).kind).toBe('different')
  })
})
