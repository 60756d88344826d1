import { expect, test } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { BidRecord } from '../../src/model/records.ts'
import { didOf, VirtualCommune } from '../support/virtual-commune.ts'

const ALL = ['alice', 'bob', 'carol', 'dave']

/** Alice's work runs with somebody honest; Mallory's machine is steered by hand. */
async function runningWithMallory(machinesOf: readonly string[]): Promise<VirtualCommune> {
  // Mallory's silence is not noticed for minutes.
  const world = new VirtualCommune({ liveness: 'patient' })
  for (const name of [...ALL, 'mallory']) world.owner(name)
  for (const owner of machinesOf) world.addMachine(`${owner}-1`, { owner })
  world.addMachine('mallory-1', { owner: 'mallory' })
  // An owner without candidates has work as well.
  if (!machinesOf.includes('alice')) {
    const offer = { cpuMilli: 10, memoryBytes: 1024 ** 2 }
    world.addMachine('alice-1', { owner: 'alice', offer })
  }
  await world.start()
  world.machine('mallory-1').crash()
  world.owner('alice').publish('web')
  await world.untilRunning('web', 1)
  await world.advance(20_000)
  return world
}

/**
 * An offer of round 0 with a score that nobody beats, long after that round was acted on, and the
 * claim that she runs it already.
 */
function backdate(world: VirtualCommune, change: Partial<BidRecord> = {}): void {
  const honest = [...world.machines.keys()].filter((name) => name !== 'mallory-1')
  const [bid] = honest.flatMap((name) => world.bid(name, 'alice', 'web') ?? [])
  const [status] = honest.flatMap((name) => world.workloadStatus(name, 'alice', 'web') ?? [])
  if (!bid || !status) throw new Error('nobody has bid and runs')
  const rkey = recordKeyFor(world.uri('alice', 'web'))
  const offer = { ...bid, slots: 1, score: 2_000_000, round: 0, ...change }
  world.repos.commit(didOf('mallory-1'), [
    { action: 'put', collection: COLLECTION.bid, rkey, value: offer },
    { action: 'put', collection: COLLECTION.workloadStatus, rkey, value: status },
  ])
}

test.each([
  ['the owner’s own machine objects', ['alice', 'bob', 'carol']],
  ['a majority of the owners objects', ['bob', 'carol', 'dave']],
])('a backdated bid takes nothing over: %s', async (_, machinesOf) => {
  const world = await runningWithMallory(machinesOf)
  const places = world.placesOf('web')
  backdate(world)
  await world.advance(2 * 60_000)
  expect(world.placesOf('web')).toEqual(places)
  const id = world.containers('web')[0]?.container.id
  // Nor does the next one, and nobody has to object again.
  const before = world.trace.length
  backdate(world, { score: 3_000_000 })
  await world.advance(2 * 60_000)
  expect(world.placesOf('web')).toEqual(places)
  expect(world.containers('web')[0]?.container.id).toBe(id)
  expect(world.trace.length - before).toBeLessThan(20)
})

test('a machine that starts later and lists everything comes to the same result', async () => {
  const world = await runningWithMallory(['alice', 'bob', 'carol'])
  const places = world.placesOf('web')
  backdate(world)
  await world.advance(60_000)
  for (const name of ['alice-1', 'bob-1', 'carol-1'])
    world.machine(name).restart({ withState: false })
  await world.advance(2 * 60_000)
  expect(world.placesOf('web')).toEqual(places)
})

test('objections are forgotten when the workload is', async () => {
  const world = await runningWithMallory(['alice', 'bob', 'carol'])
  backdate(world)
  await world.advance(60_000)
  expect(world.meshletStatus('alice-1')?.objections).toHaveLength(1)
  world.owner('alice').remove('web')
  await world.advance(20 * 60_000)
  expect(world.meshletStatus('alice-1')?.objections).toBeUndefined()
})

test('who objects alone against an offer that came in time has no say', async () => {
  const world = await runningWithMallory(['alice', 'bob', 'carol'])
  const [place = ''] = world.placesOf('web')
  const holder = world.bid(place, 'alice', 'web')
  const status = world.meshletStatus('bob-1')
  if (!holder || !status) throw new Error('no records')
  const objections = [
    {
      workload: world.uri('alice', 'web'),
      placementKey: holder.placementKey,
      meshletDid: didOf(place),
      round: 9,
    },
  ]
  const value = { ...world.meshletStatus('mallory-1'), objections }
  world.repos.commit(didOf('mallory-1'), [
    { action: 'put', collection: COLLECTION.meshletStatus, rkey: 'self', value },
  ])
  await world.advance(2 * 60_000)
  expect(world.placesOf('web')).toEqual([place])
})
