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
  await world.advance(DAY_MS + HOUR_MS)
  const [[day, usage] = []] = usageOf(world, 'b1')
  expect(day).toBe(DAY_ONE)
  expect(usage?.value.entries.map(({ workload }) => workload)).toEqual([
    workloadUri(world.owner('alice').did, 'web'),
  ])
  expect(machineDays(usage?.value.entries ?? [])).toBeCloseTo(0.5, 2)
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
  await world.advance(DAY_MS + HOUR_MS)
  for (const name of names) {
    const { did } = world.machine(name)
    const writes = world.trace.writes(did)
    expect(writes.filter(({ collection }) => collection === COLLECTION.usage)).toEqual([])
    expect(writes.filter(({ collection }) => collection === COLLECTION.acknowledgement)).toEqual([])
  }
})

test('three days later the balance stands in the bids, with the closed day', async () => {
  const world = await aliceAndBob()
  await world.advance(3 * DAY_MS)
  world.owner('alice').publish('more', { resources: HALF })
  await world.settle()
  const { did, meshlet } = world.machine('b1')
  const key = recordKeyFor(workloadUri(world.owner('alice').did, 'more'))
  const bid = meshlet.view.get<BidRecord>(did, COLLECTION.bid, key)?.value
  expect(bid?.ledgerDay).toBe(closedDayOf(world.clock.wallMs()))
  const part = bid?.scoreParts?.find(({ name }) => name === 'balance')?.value ?? 0
  // Half a machine for two days, of which the first weighs 0.906.
  expect(part).toBeGreaterThan(-970)
  expect(part).toBeLessThan(-930)
})

test('a crash in the middle of the day and a lost journal never count anything twice', async () => {
  const world = await aliceAndBob()
  await world.advance(8 * HOUR_MS)
  world.machine('b1').crash().start()
  await world.advance(8 * HOUR_MS)
  world.machine('b1').restart({ withJournal: false })
  world.machine('a1').restart()
  await world.advance(10 * HOUR_MS)
  const [[, usage] = []] = usageOf(world, 'b1')
  const claimed = machineDays(usage?.value.entries ?? [])
  // What was summed up before the journal was lost is lost: two thirds of the day.
  expect(claimed).toBeGreaterThan(0.14)
  expect(claimed).toBeLessThan(0.17)
  world.machine('b1').restart({ withJournal: false })
  await world.advance(DAY_MS)
  expect(usageOf(world, 'b1').map(([day, { value }]) => [day, value.sequence])).toEqual([
    [DAY_ONE, 1],
    ['2026-02-02', 2],
  ])
})

test('an inflated claim is cut down to what was seen', async () => {
  const world = await aliceAndBob()
  await world.advance(12 * HOUR_MS)
  const { did } = world.machine('b1')
  world.machine('b1').crash()
  world.hostile.add('b1')
  await world.advance(13 * HOUR_MS)
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
  expect(seen).toBeGreaterThan(0.2)
  expect(seen).toBeLessThan(0.27)
})

test('everybody computes the same ledger from what was written', async () => {
  const world = threeOwners({ liveness: 'patient' })
  await world.start()
  for (const name of ['alice', 'bob', 'carol'])
    for (let i = 0; i < 2; i++) world.owner(name).publish(`${name}-${i}`, { replicas: 2 })
  await world.settle()
  await world.advance(2 * DAY_MS)
  const ledgers = [...world.machines.values()].map(({ meshlet }) => {
    const owner = world.owner('alice').did
    return ledgerOf({ day: '2026-02-01', ...communeBooks(meshlet.view, owner) })
  })
  for (const ledger of ledgers) expect(ledger).toEqual(ledgers[0])
  const accounts = ledgers[0]?.accounts ?? []
  expect(accounts.some(({ given }) => given > 0n)).toBe(true)
  expect(accounts.reduce((sum, { balance }) => sum + balance, 0n)).toBe(0n)
})
