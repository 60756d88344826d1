import { expect, test } from 'vitest'
import { day as at, dayMs } from '../../test/support/ballot-box.ts'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { BidAudit } from '../ledger/bid-claims.ts'
import { usageUri } from '../ledger/claims.ts'
import { MACHINE_DAY, REFERENCE_MACHINE } from '../ledger/rate.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { BidRecord } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { recordUri } from './ballots.ts'
import { claimsInLedger } from './claims-in-ledger.ts'
import { ledgerTerms } from './ledger-terms.ts'

const [alice, bob, alice1, bob1] = [did('alice'), did('bob'), did('alice1'), did('bob1')]
/** Closed when 3 November began. */
const DAY = '2026-11-01'
const NEXT = '2026-11-02'
const CLAIM = usageUri(alice1, '2026-10-25')
const DISPUTE = recordUri(bob, COLLECTION.dispute, 'd')

/** Alice's machine held half a machine-day for Bob a week before the day. */
function commune(): MemoryView {
  const view = new MemoryView().own(alice, alice1, [bob]).own(bob, bob1, [alice])
  const entries = [{ workload: workloadUri(bob, 'web'), amount: MACHINE_DAY / 2, seconds: 43_200 }]
  const createdAt = '2026-10-26T00:05:00Z'
  const claim = { period: '2026-10-25', sequence: 1, capacity: REFERENCE_MACHINE, createdAt }
  const cid = view.put(alice1, COLLECTION.usage, '2026-10-25', { ...claim, entries })
  const said = { usage: { uri: CLAIM, cid }, entries, createdAt }
  view.put(bob, COLLECTION.acknowledgement, recordKeyFor(CLAIM), said)
  return view
}

function dispute(view: MemoryView, days: number): void {
  const claim = { uri: CLAIM, cid: 'bafyclaim' }
  view.put(bob, COLLECTION.dispute, 'd', { claim, reason: 'it never ran', createdAt: at(days) })
}

function withdraw(view: MemoryView, days: number): void {
  const answered = { uri: DISPUTE, cid: 'bafyd' }
  view.put(bob, COLLECTION.answer, 'a', {
    dispute: answered,
    choice: 'withdraw',
    createdAt: at(days),
  })
}

/** What is made, days later, of a bid that claims this balance part of the ledger of the day. */
function audit(view: MemoryView, claimed: number): string {
  const nowMs = dayMs(6)
  const bid = {
    ledgerDay: DAY,
    scoreParts: [{ name: 'balance', value: claimed }],
    createdAt: at(2.5),
  } as unknown as BidRecord
  const termsOf = (owner: typeof alice, day: string) => ledgerTerms(view, owner, day)
  return new BidAudit(view, nowMs, termsOf).check(alice, bid).kind
}

test('a claim that was disputed when the day was closed does not count, and is none of a later one once settled', () => {
  const view = commune()
  dispute(view, -1)
  withdraw(view, 2.1)
  expect([...(ledgerTerms(view, alice, DAY).disputed ?? [])]).toEqual([CLAIM])
  expect([...(ledgerTerms(view, alice, NEXT).disputed ?? [])]).toEqual([])
})

test('a settlement after the close leaves a bid right that was right', () => {
  const view = commune()
  dispute(view, -1)
  expect([audit(view, 0), audit(view, -250)]).toEqual(['same', 'different'])
  withdraw(view, 2.1)
  expect([audit(view, 0), audit(view, -250)]).toEqual(['same', 'different'])
})

test('what is said today counts from tomorrow on, and both are told', () => {
  const view = commune()
  const counts = (days: number) => {
    const { counts: now, changesOn } = claimsInLedger(view, alice, dayMs(days))(CLAIM)
    return [now, changesOn]
  }
  expect(counts(2)).toEqual([true, undefined])
  dispute(view, 2.1)
  expect(counts(2.2)).toEqual([true, '2026-11-04'])
  expect(counts(3.1)).toEqual([false, undefined])
  withdraw(view, 3.2)
  expect(counts(3.3)).toEqual([false, '2026-11-05'])
  expect(counts(4)).toEqual([true, undefined])
})

test('so does a dispute that is raised after the close', () => {
  const view = commune()
  expect([audit(view, 0), audit(view, -250)]).toEqual(['different', 'same'])
  dispute(view, 2.1)
  expect([audit(view, 0), audit(view, -250)]).toEqual(['different', 'same'])
})

test('votes that came after the close count for later ledgers', () => {
  const view = commune()
  dispute(view, -1)
  const electorate = [alice, bob, did('carol'), did('dave')]
  for (const name of ['carol', 'dave']) view.own(did(name), did(`${name}1`), electorate)
  view.own(alice, alice1, electorate.slice(1)).own(bob, bob1, electorate)
  const base = { cluster: 'home', action: 'uphold', subject: alice, electorate }
  const shares = { quorumMillionths: 666_667, majorityMillionths: 666_667 }
  const content = {
    ...{ ...base, ...shares, claim: { uri: CLAIM, cid: 'bafyclaim' } },
    dispute: { uri: DISPUTE, cid: 'bafyd' },
    ...{ $type: COLLECTION.proposal, closesAt: at(5), createdAt: at(-1) },
  }
  const cid = view.put(bob, COLLECTION.proposal, 'p', content)
  const proposal = { uri: recordUri(bob, COLLECTION.proposal, 'p'), cid }
  for (const voter of [did('carol'), did('dave')])
    view.put(voter, COLLECTION.vote, 'p', { proposal, choice: 'yes', createdAt: at(2.1) })
  // Withdrawn in time, and upheld by votes that came after the close.
  withdraw(view, 0)
  expect([...(ledgerTerms(view, did('carol'), DAY).disputed ?? [])]).toEqual([])
  // For the two parties too, who had no vote: else their ledgers would say something else.
  for (const owner of [did('carol'), alice, bob])
    expect([...(ledgerTerms(view, owner, NEXT).disputed ?? [])], owner).toEqual([CLAIM])
})
