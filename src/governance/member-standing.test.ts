import { expect, test } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { usageUri } from '../ledger/claims.ts'
import { addDays, dayOf } from '../ledger/ledger-day.ts'
import { MACHINE_DAY, REFERENCE_MACHINE } from '../ledger/rate.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { agreementOf } from './agreement.ts'
import { recordUri } from './ballots.ts'
import { rulesOf, stepsHash } from './cluster-rules.ts'
import { standingsOf } from './member-standing.ts'

const [alice, bob, carol] = [did('alice'), did('bob'), did('carol')]
const THREE = [alice, bob, carol]
const TODAY = '2026-11-20'
const STRICT = { minimumContribution: 500_000, graceDays: 0 }
const STEPS = { lastInLineDays: 3, noPlacementsDays: 3, noticeDays: 3 }

/** Carol has taken from Alice on every day of the last month, and given nothing. */
class Commune {
  readonly view = new MemoryView()

  constructor() {
    for (const owner of THREE) this.view.own(owner, machineOf(owner), THREE)
    for (let ago = 33; ago >= 1; ago--) this.#work(addDays(TODAY, -ago))
    for (const owner of THREE) this.status(owner, TODAY)
  }

  #work(day: string): void {
    this.#claim(alice, carol, { day, amount: MACHINE_DAY / 20 })
  }

  #claim(giver: Did, taker: Did, { day, amount }: { day: string; amount: number }) {
    const uri = usageUri(machineOf(giver), day)
    const entries = [{ workload: workloadUri(taker, 'web'), amount, seconds: 86_400 }]
    const createdAt = `${addDays(day, 1)}T00:05:00Z`
    const sequence = Date.parse(day) / 86_400_000
    const claim = { period: day, sequence, capacity: REFERENCE_MACHINE, entries, createdAt }
    const cid = this.view.put(machineOf(giver), COLLECTION.usage, day, claim)
    const said = { usage: { uri, cid }, entries, createdAt }
    this.view.put(taker, COLLECTION.acknowledgement, recordKeyFor(uri), said)
    return { uri, cid }
  }

  /** Carol gave a day of her machine, which Bob disputes now. */
  disputed(): this {
    const claim = this.#claim(carol, alice, { day: addDays(TODAY, -20), amount: MACHINE_DAY })
    const createdAt = `${TODAY}T00:00:00Z`
    const dispute = { claim, reason: 'it was down', createdAt }
    this.view.put(bob, COLLECTION.dispute, 'd', dispute)
    return this
  }

  concede(): this {
    const dispute = { uri: recordUri(bob, COLLECTION.dispute, 'd'), cid: 'bafyd' }
    const createdAt = `${TODAY}T00:00:00Z`
    this.view.put(carol, COLLECTION.answer, 'a', { dispute, choice: 'concede', createdAt })
    return this
  }

  status(owner: Did, day: string): this {
    const updatedAt = `${day}T12:00:00Z`
    this.view.put(machineOf(owner), COLLECTION.meshletStatus, 'self', { updatedAt })
    return this
  }

  /** An owner's machine holds to these rules of hers, and says since when. */
  hold(owner: Did, rules: object, since: string): this {
    const cid = this.view.put(owner, COLLECTION.clusterPolicy, 'home', rules)
    const policy = { uri: recordUri(owner, COLLECTION.clusterPolicy, 'home'), cid }
    const steps = stepsHash(rulesOf(rules))
    const stepsSince = `${since}T00:00:00Z`
    const value = { members: THREE, policy, steps, stepsSince }
    this.view.put(machineOf(owner), COLLECTION.cluster, 'home', value)
    return this
  }

  standing(day = TODAY): string | undefined {
    const nowMs = Date.parse(`${day}T12:00:00Z`)
    const agreement = agreementOf(this.view, alice, nowMs)
    return standingsOf(this.view, alice, agreement, nowMs)?.get(carol)?.[0]?.standing
  }
}

function machineOf(owner: Did): Did {
  return did(`${owner.slice(8)}1`)
}

const LONG_AGO = '2026-01-01'
const RULES = { ...STRICT, ...STEPS }

test('the steps are counted from the first day below the minimum', () => {
  const commune = new Commune().hold(alice, RULES, LONG_AGO).hold(bob, RULES, LONG_AGO)
  expect(commune.standing(addDays(TODAY, -26))).toBe('no-new-placements')
  expect(commune.standing()).toBe('drain')
})

test('a policy that is new, or shortens the steps, begins with the first of them', () => {
  const commune = new Commune().hold(alice, RULES, TODAY).hold(bob, RULES, TODAY)
  expect(commune.standing()).toBe('last-in-line')
  const later = addDays(TODAY, 12)
  commune.status(bob, later)
  // Two days pass until a day is closed; the last work weighs on.
  expect(commune.standing(addDays(TODAY, 4))).toBe('last-in-line')
  expect(commune.standing(addDays(TODAY, 5))).toBe('no-new-placements')
  expect(commune.standing(addDays(TODAY, 8))).toBe('notice')
  expect(commune.standing(addDays(TODAY, 11))).toBe('drain')
})

test('what else changes in a policy begins nothing anew', () => {
  const rules = { ...RULES, voteDays: 3 }
  const commune = new Commune().hold(alice, rules, LONG_AGO).hold(bob, rules, LONG_AGO)
  expect(commune.standing()).toBe('drain')
})

test('no single member dates a policy back, nor does the one it concerns date it forward', () => {
  const commune = new Commune().hold(alice, RULES, TODAY).hold(bob, RULES, LONG_AGO)
  expect(commune.standing()).toBe('last-in-line')
  commune.hold(alice, RULES, LONG_AGO).hold(carol, RULES, TODAY)
  expect(commune.standing()).toBe('drain')
})

test('a clock that jumps ahead by itself skips no step', () => {
  const commune = new Commune().hold(alice, RULES, TODAY).hold(bob, RULES, TODAY)
  for (const ahead of [1, 5, 20, 400])
    expect(commune.standing(addDays(TODAY, ahead)), `${ahead} days`).toBe('last-in-line')
  commune.status(alice, addDays(TODAY, 20))
  expect(commune.standing(addDays(TODAY, 20)), 'by her own word').toBe('last-in-line')
  commune.status(carol, addDays(TODAY, 400))
  expect(commune.standing(dayOf(Date.parse(TODAY))), 'by the word of somebody else').toBe(
    'last-in-line',
  )
})

test('a dispute lowers nobody before it is settled, and then by one step after the other', () => {
  const lenient = { ...RULES, minimumContribution: 100_000 }
  const commune = new Commune().hold(alice, lenient, LONG_AGO).hold(bob, lenient, LONG_AGO)
  expect(commune.standing(), 'without her gift').toBe('drain')
  commune.disputed()
  expect(commune.standing()).toBe('good')
  commune.concede()
  expect(commune.standing()).toBe('last-in-line')
  commune.status(bob, addDays(TODAY, 20))
  expect(commune.standing(addDays(TODAY, 4))).toBe('last-in-line')
  expect(commune.standing(addDays(TODAY, 5))).toBe('no-new-placements')
})

test('what is struck gives no time to who was below the minimum with it, too', () => {
  const commune = new Commune().hold(alice, RULES, LONG_AGO).hold(bob, RULES, LONG_AGO)
  expect(commune.disputed().standing()).toBe('no-new-placements')
  expect(commune.concede().standing()).toBe('no-new-placements')
})
