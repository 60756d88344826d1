import { expect, test, vi } from 'vitest'
import { communeBooks } from '../../src/ledger/books.ts'
import { usageUri } from '../../src/ledger/claims.ts'
import { closedDayOf, dayOf } from '../../src/ledger/ledger-day.ts'
import { ledgerOf } from '../../src/ledger/ledger.ts'
import { MACHINE_DAY } from '../../src/ledger/rate.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { AcknowledgementRecord, BidRecord, UsageRecord } from '../../src/model/records.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

/** Days of a whole commune take a while on a busy machine. */
vi.setConfig({ testTimeout: 120_000 })

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const DAY_ONE = '2026-02-01'
/** For so many hours before each midnight nobody sleeps. */
const AWAKE_HOURS = 4
/** Half of the reference machine. */
const HALF = { cpuMilli: 2_000, memoryBytes: 64 * 1024 * 1024 }

/** Alice has work and a machine that is too small for it; Bob has room. */
async function aliceAndBob(seed = 1) {
  const world = new VirtualCommune({ seed, liveness: 'patient' })
  for (const name of ['alice', 'bob']) world.owner(name)
  world.addMachine('a1', { owner: 'alice', offer: { cpuMilli: 100 } })
  world.addMachine('b1', { owner: 'bob' })
  await world.start()
  world.owner('alice').publish('web', { resources: HALF })
  await world.settle()
  expect(world.placesOf('web')).toEqual(['b1'])
  return world
}

/** To an hour after the next midnight. All sleep until the evening: that is much less to simulate. */
async function nextDay(world: VirtualCommune): Promise<void> {
  evening(world)
  await world.advance((AWAKE_HOURS + 1) * HOUR_MS)
}

/** To the evening of the day, at which nothing has happened. */
function evening({ clock }: VirtualCommune): void {
  const midnight = Math.ceil(clock.wallMs() / DAY_MS) * DAY_MS
  clock.sleep(midnight - AWAKE_HOURS * HOUR_MS - clock.wallMs())
}

function usageOf(world: VirtualCommune, machine: string) {
  const { view } = world.machine('a1').meshlet
  return view.list<UsageRecord>(world.machine(machine).did, COLLECTION.usage)
}

function acknowledgedOf(world: VirtualCommune, machine: string) {
  const { view } = world.machine('a1').meshlet
  const { did } = world.machine(machine)
  return view.list<AcknowledgementRecord>(did, COLLECTION.acknowledgement)
}

function machineDays(entries: readonly { readonly amount: number }[]): number {
  return entries.reduce((sum, { amount }) => sum + amount, 0) / MACHINE_DAY
}

test('one record a day says what was held for whom, and the other side acknowledges it', async () => {
  const world = await aliceAndBob()
  await nextDay(world)
  const [[day, usage] = []] = usageOf(world, 'b1')
  expect(day).toBe(DAY_ONE)
  expect(usage?.value.entries.map(({ workload }) => workload)).toEqual([
    workloadUri(world.owner('alice').did, 'web'),
  ])
  expect(machineDays(usage?.value.entries ?? [])).toBeCloseTo((0.5 * AWAKE_HOURS) / 24, 2)
  const [[, acknowledged] = []] = acknowledgedOf(world, 'a1')
  expect(acknowledged?.value.usage).toEqual({
    uri: usageUri(world.machine('b1').did, DAY_ONE),
    cid: usage?.cid,
  })
  expect(acknowledged?.value.entries).toEqual(usage?.value.entries)
  expect(usageOf(world, 'a1')).toEqual([])
})

test('own work leaves no trace in the books', async () => {
  const world = threeOwners({ liveness: 'patient' })
  const { names } = { names: [...world.machines.keys()] }
  await world.start()
  await nextDay(world)
  for (const name of names) {
    const { did } = world.machine(name)
    const writes = world.trace.writes(did)
    expect(writes.filter(({ collection }) => collection === COLLECTION.usage)).toEqual([])
    expect(writes.filter(({ collection }) => collection === COLLECTION.acknowledgement)).toEqual([])
  }
})

test('three days later the balance stands in the bids, with the closed day', async () => {
  const world = await aliceAndBob()
  for (let day = 0; day < 3; day++) await nextDay(world)
  world.owner('alice').publish('more', { resources: HALF })
  await world.settle()
  const { did, meshlet } = world.machine('b1')
  const key = recordKeyFor(workloadUri(world.owner('alice').did, 'more'))
  const bid = meshlet.view.get<BidRecord>(did, COLLECTION.bid, key)?.value
  expect(bid?.ledgerDay).toBe(closedDayOf(world.clock.wallMs()))
  const part = bid?.scoreParts?.find(({ name }) => name === 'balance')?.value ?? 0
  // Half a machine for four hours of two days, of which the first weighs 0.906, and for an hour of the second.
  expect(part).toBeGreaterThan(-182)
  expect(part).toBeLessThan(-175)
})

test('a crash in the middle of the day and a lost journal never count anything twice', async () => {
  const world = await aliceAndBob()
  evening(world)
  await world.advance(1.5 * HOUR_MS)
  world.machine('b1').crash().start()
  await world.advance(1.5 * HOUR_MS)
  world.machine('b1').restart({ withJournal: false })
  world.machine('a1').restart()
  await world.advance(2 * HOUR_MS)
  const [[, usage] = []] = usageOf(world, 'b1')
  const claimed = machineDays(usage?.value.entries ?? [])
  // What was summed up before the journal was lost is lost: all but an hour.
  expect(claimed * 24).toBeGreaterThan(0.42)
  expect(claimed * 24).toBeLessThan(0.51)
  world.machine('b1').restart({ withJournal: false })
  await nextDay(world)
  expect(usageOf(world, 'b1').map(([day, { value }]) => [day, value.sequence])).toEqual([
    [DAY_ONE, 1],
    ['2026-02-02', 2],
  ])
})

test('an inflated claim is cut down to what was seen', async () => {
  const world = await aliceAndBob()
  evening(world)
  await world.advance(2 * HOUR_MS)
  const { did } = world.machine('b1')
  world.machine('b1').crash()
  world.hostile.add('b1')
  await world.advance(3 * HOUR_MS)
  const workload = workloadUri(world.owner('alice').did, 'web')
  const value: UsageRecord = {
    $type: COLLECTION.usage,
    period: DAY_ONE,
    sequence: 1,
    capacity: { cpuMilli: 1_000_000 },
    entries: [{ workload, amount: 100 * MACHINE_DAY, seconds: 86_400 }],
    createdAt: `${dayOf(world.clock.wallMs())}T00:10:00Z` as UsageRecord['createdAt'],
  }
  world.repos.commit(did, [{ action: 'put', collection: COLLECTION.usage, rkey: DAY_ONE, value }])
  await world.advance(HOUR_MS)
  const [[, acknowledged] = []] = acknowledgedOf(world, 'a1')
  const seen = machineDays(acknowledged?.value.entries ?? [])
  // Half a machine for two hours.
  expect(seen * 24).toBeGreaterThan(0.9)
  expect(seen * 24).toBeLessThan(1.1)
})

test('everybody computes the same ledger from what was written', async () => {
  const world = threeOwners({ liveness: 'patient' })
  await world.start()
  for (const name of ['alice', 'bob', 'carol'])
    for (let i = 0; i < 2; i++) world.owner(name).publish(`${name}-${i}`, { replicas: 2 })
  await world.settle()
  for (let day = 0; day < 2; day++) await nextDay(world)
  const ledgers = [...world.machines.values()].map(({ meshlet }) => {
    const owner = world.owner('alice').did
    return ledgerOf({ day: '2026-02-01', ...communeBooks(meshlet.view, owner) })
  })
  for (const ledger of ledgers) expect(ledger).toEqual(ledgers[0])
  const accounts = ledgers[0]?.accounts ?? []
  expect(accounts.some(({ given }) => given > 0n)).toBe(true)
  expect(accounts.reduce((sum, { balance }) => sum + balance, 0n)).toBe(0n)
})
