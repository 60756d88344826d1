import { expect, test, vi } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import { threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

const HOURS = 6

test('hours in peace: only the status is refreshed, and the engine is asked at the resync alone', async () => {
  const world = await threeOwners({ liveness: 'patient' }).start()
  for (let i = 0; i < 3; i++) world.owner('alice').publish(`w${i}`, { replicas: 2 })
  await world.settle()
  const from = world.trace.entries.length
  const calls = new Map(world.trace.engineCalls)
  await world.advance(HOURS * 60 * 60_000)
  expect(world.trace.actions(undefined, from)).toEqual([])
  for (const { name, did } of world.machines.values()) {
    const writes = world.trace.writes(did, from)
    expect(writes.every(({ collection }) => collection === COLLECTION.meshletStatus)).toBe(true)
    // Every 15 minutes: 96 a day.
    expect(Math.abs(writes.length - 4 * HOURS)).toBeLessThanOrEqual(1)
    // Containers, networks and the firewall, once a minute; the disk, every ten minutes; the walls of
    // both kinds of network, about once an hour.
    const asked = (world.trace.engineCalls.get(name) ?? 0) - (calls.get(name) ?? 0)
    expect(asked).toBeLessThanOrEqual(3 * HOURS * 60 + 3 + 6 * HOURS + 2 * (HOURS + 2))
  }
})

test('a resync in peace works out for no workload anew where it stands', async () => {
  const world = await threeOwners({ liveness: 'patient' }).start()
  for (let i = 0; i < 5; i++) world.owner('alice').publish(`w${i}`)
  await world.settle()
  await world.advance(5 * 60_000)
  const get = vi.spyOn(world.machine('alice-1').meshlet.view, 'get')
  const bidsRead = () => get.mock.calls.filter(([, collection]) => collection === COLLECTION.bid)
  await world.advance(60_000)
  expect(get).toHaveBeenCalled()
  expect(bidsRead()).toEqual([])
  // Any other record, and all of it is looked at again.
  world.owner('bob').publish('new')
  await world.settle()
  expect(bidsRead().length).toBeGreaterThan(5)
})

test('a day in peace costs each machine at most 120 writes', async () => {
  const world = await threeOwners({ liveness: 'patient' }).start()
  for (let i = 0; i < 2; i++) world.owner('alice').publish(`w${i}`, { replicas: 2 })
  await world.settle()
  const from = world.trace.entries.length
  await world.advance(24 * 60 * 60_000)
  const writes = [...world.machines.values()].map(({ did }) => world.trace.writes(did, from).length)
  for (const count of writes) expect(count).toBeLessThanOrEqual(120)
}, 60_000)

/**
 * Records that machines wrote to place `web`, by collection. Something runs on each of them before:
 * the first workload also changes the room that they publish, in quarters of what they offer.
 */
async function costOf(world: VirtualCommune, replicas: number) {
  await world.start()
  world.owner('alice').publish('first', { everywhere: true })
  await world.settle()
  const from = world.trace.entries.length
  world.owner('alice').publish('web', { replicas })
  await world.settle()
  expect(world.placesOf('web')).toHaveLength(replicas)
  const writes = world.trace
    .writes(undefined, from)
    .filter(({ collection }) => collection !== COLLECTION.workload)
  return {
    all: writes.length,
    bids: writes.filter(({ collection }) => collection === COLLECTION.bid).length,
  }
}

test.each([1, 2, 3])('placing %i on three machines takes three records more', async (replicas) => {
  for (let seed = 1; seed <= 3; seed++) {
    const { all } = await costOf(threeOwners({ seed }), replicas)
    expect(all).toBeLessThanOrEqual(replicas + 3)
  }
})

test('placing one on some of twelve machines asks but a few of them', async () => {
  const world = new VirtualCommune({ liveness: 'patient' })
  world.owner('alice')
  for (let i = 0; i < 12; i++) world.addMachine(`a${i}`, { owner: 'alice' })
  const { all, bids } = await costOf(world, 1)
  expect(bids).toBeLessThanOrEqual(3)
  expect(all).toBeLessThanOrEqual(4)
})
