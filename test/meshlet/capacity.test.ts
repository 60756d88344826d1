import { describe, expect, test } from 'vitest'
import { COLLECTION, LABEL } from '../../src/model/nsid.ts'
import type { WorkloadRecord } from '../../src/model/records.ts'
import { requestOf, type Amount } from '../../src/model/request.ts'
import { minus, slotsIn } from '../../src/selection/room.ts'
import { SeededRandom } from '../support/seeded-random.ts'
import { VirtualCommune } from '../support/virtual-commune.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3
/** Longer than room is kept at first, for whoever waits behind it. */
const QUIET_MS = 150_000

/** So many times a tenth of a core, and little else. */
const slots = (count: number) => ({ cpuMilli: 100 * count, memoryBytes: 16 * MIB })

/** Machines of Alice and Bob, who work together, each with room for so many slots. */
async function communeOf(machines: Readonly<Record<string, number>>, seed = 1) {
  const world = new VirtualCommune({ seed })
  for (const name of ['alice', 'bob']) world.owner(name)
  for (const [name, count] of Object.entries(machines))
    world.addMachine(name, { owner: name.split('-')[0] ?? '', offer: { cpuMilli: 100 * count } })
  return world.start()
}

describe('what waits gets room in its order', () => {
  test('of one owner the higher priority first, then what has waited longer', async () => {
    const world = await communeOf({ 'alice-1': 2 })
    for (const name of ['a', 'b']) world.owner('alice').publish(name, { resources: slots(1) })
    await world.settle()
    const waiting = [
      ['first', 0],
      ['second', 0],
      ['urgent', 10],
    ] as const
    for (const [name, priority] of waiting) {
      world.owner('alice').publish(name, { priority, resources: slots(1) })
      await world.advance(20_000)
    }
    world.owner('alice').remove('a')
    await world.untilRunning('urgent', 1)
    await world.settle()
    expect(world.workloadsOn('alice-1')).toEqual(['b', 'urgent'])
    world.owner('alice').remove('b')
    await world.settle()
    expect(world.workloadsOn('alice-1')).toEqual(['first', 'urgent'])
  })

  test('a priority that was raised later counts too, and never stops what runs', async () => {
    const world = await communeOf({ 'alice-1': 1 })
    world.owner('alice').publish('runs', { resources: slots(1) })
    await world.settle()
    for (const name of ['first', 'second']) {
      world.owner('alice').publish(name, { resources: slots(1) })
      await world.advance(20_000)
    }
    world.owner('alice').edit('second', { priority: 100 })
    await world.settle()
    expect(world.workloadsOn('alice-1')).toEqual(['runs'])
    world.owner('alice').remove('runs')
    await world.settle()
    expect(world.workloadsOn('alice-1')).toEqual(['second'])
  })

  test('between owners by turns: who waits with much does not keep out who waits with little', async () => {
    const world = await communeOf({ 'alice-1': 2, 'bob-1': 0 })
    for (const name of ['a', 'b']) world.owner('alice').publish(name, { resources: slots(1) })
    await world.settle()
    for (const name of ['a1', 'a2', 'a3'])
      world.owner('alice').publish(name, { priority: 50, resources: slots(1) })
    await world.advance(20_000)
    world.owner('bob').publish('b1', { resources: slots(1) })
    await world.settle()
    world.owner('alice').remove('a')
    await world.settle()
    world.owner('alice').remove('b')
    await world.settle()
    expect(world.workloadsOn('alice-1')).toContain('b1')
  })
})

describe('a big workload among small ones that come and go', () => {
  /** Every `everyMs` the oldest small one goes and a new one comes, until the big one runs. */
  async function churn(world: VirtualCommune, everyMs: number): Promise<ReadonlySet<string>> {
    const removed = new Set<string>()
    let newest = 6
    for (let step = 0; step < 200 && world.containers('big').length === 0; step++) {
      world.owner('bob').publish(`s${newest++}`, { resources: slots(1) })
      const oldest = [...Array(newest).keys()].find((i) => world.containers(`s${i}`).length > 0)
      if (oldest !== undefined) world.owner('bob').remove(`s${oldest}`)
      removed.add(`s${oldest}`)
      await world.advance(everyMs)
    }
    return removed
  }

  test.each([5_000, 20_000, 60_000])(
    'gets its room although one goes only every %i ms, and nothing is stopped for it',
    async (everyMs) => {
      const world = await communeOf({ 'alice-1': 6, 'bob-1': 0 })
      for (let i = 0; i < 6; i++) world.owner('bob').publish(`s${i}`, { resources: slots(1) })
      await world.settle()
      const stopped = new Set<string>()
      world.trace.onAction(({ engine }, call, subject) => {
        const container = engine.containers.find(({ id }) => id === subject)
        const uri = container?.options.labels[LABEL.workload] ?? ''
        if (call === 'stopContainer') stopped.add(uri.slice(uri.lastIndexOf('/') + 1))
      })
      world.owner('alice').publish('big', { resources: slots(4) })
      const removed = await churn(world, everyMs)
      expect(world.placesOf('big')).toEqual(['alice-1'])
      expect([...stopped].filter((name) => !removed.has(name))).toEqual([])
      await world.settle(QUIET_MS)
    },
  )

  test('what comes too late for its room waits a little, and is told for whom', async () => {
    const world = await communeOf({ 'alice-1': 4, 'bob-1': 0 })
    world.owner('bob').publish('small', { resources: slots(2) })
    await world.settle()
    world.owner('alice').publish('big', { resources: slots(3) })
    await world.advance(40_000)
    world.owner('bob').publish('late', { resources: slots(1) })
    await world.advance(5_000)
    expect(world.containers('late')).toEqual([])
    expect(world.bid('alice-1', 'bob', 'late')).toMatchObject({
      slots: 0,
      reason: 'no-cpu',
      message: expect.stringContaining(world.uri('alice', 'big')) as string,
    })
    expect(await world.untilRunning('late', 1)).toBeLessThan(35_000)
    await world.settle(QUIET_MS)
    expect(world.containers('big')).toEqual([])
  })

  test('nothing is kept for what could never fit', async () => {
    const world = await communeOf({ 'alice-1': 4, 'bob-1': 0 })
    world.owner('alice').publish('huge', { resources: slots(5) })
    await world.advance(60_000)
    world.owner('bob').publish('small', { resources: slots(1) })
    expect(await world.untilRunning('small', 1)).toBeLessThan(10_000)
    await world.settle()
  })
})

test('of two workloads that need both of two places one is whole, whatever the delays', async () => {
  for (let seed = 0; seed < 30; seed++) {
    const world = await communeOf({ 'alice-1': 1, 'bob-1': 1 }, seed)
    world.owner('alice').publish('left', { replicas: 2, resources: slots(1) })
    world.owner('bob').publish('right', { replicas: 2, resources: slots(1) })
    await world.settle()
    const counts = ['left', 'right'].map((name) => world.containers(name).length)
    expect(
      [
        [0, 2],
        [2, 0],
      ],
      `seed ${seed}`,
    ).toContainEqual(counts)
  }
})

test('a machine that offers less than before hands back what no longer fits, and no more', async () => {
  const world = await communeOf({ 'alice-1': 4 })
  const names = ['w0', 'w1', 'w2', 'w3']
  for (const [i, name] of names.entries())
    world.owner('alice').publish(name, { resources: slots(1), priority: i })
  await world.settle()
  world.addMachine('bob-1', { owner: 'bob', offer: { cpuMilli: 100 } }).start()
  await world.settle()
  const { config } = world.machine('alice-1')
  world.machine('alice-1').config = { ...config, offer: { ...config.offer, cpuMilli: 200 } }
  const before = world.containers('w3').map(({ container }) => container.id)
  world.machine('alice-1').restart()
  await world.settle()
  expect(world.placesOf('w3')).toEqual(['alice-1'])
  expect(world.placesOf('w2')).toEqual(['alice-1'])
  expect(world.containers('w3').map(({ container }) => container.id)).toEqual(before)
  expect(['w0', 'w1'].flatMap((name) => world.placesOf(name)).toSorted()).toContain('bob-1')
  await world.advance(20 * 60_000)
  await world.settle()
  expect(world.workloadsOn('alice-1')).toEqual(['w2', 'w3'])
  expect(world.workloadsOn('bob-1')).toHaveLength(1)
})

test('disk is given away once', async () => {
  const world = new VirtualCommune()
  world.owner('alice')
  world.addMachine('alice-1', { owner: 'alice', offer: { storageBytes: 1 * GIB } })
  await world.start()
  const resources = { ...slots(1), storageBytes: 600 * MIB }
  world.owner('alice').publish('a', { resources })
  await world.settle()
  world.owner('alice').publish('b', { resources })
  await world.settle()
  expect(world.bid('alice-1', 'alice', 'b')).toMatchObject({
    reason: 'no-storage',
    message: 'asks for 600Mi storage, 424Mi free',
  })
  world.owner('alice').remove('a')
  await world.untilRunning('b', 1)
  await world.settle()
})

describe('random demands', () => {
  test.each([0, 4, 8, 12])(
    'seeds %i and on: never over-committed, and no room unused while somebody waits who fits',
    async (first) => {
      for (let seed = first; seed < first + 4; seed++) {
        const world = await randomDemands(seed)
        expect(unusedRoom(world), `seed ${seed}`).toEqual([])
      }
    },
  )
})

/** Workloads of all sizes that come and go, until all is quiet. Over-commitment fails by itself. */
async function randomDemands(seed: number): Promise<VirtualCommune> {
  const random = new SeededRandom(seed, 'demands')
  const machines = Object.fromEntries(
    ['alice-1', 'bob-1', 'bob-2'].map((name) => [name, random.integer(2, 8)]),
  )
  const world = await communeOf(machines, seed)
  const published: (readonly [owner: string, name: string])[] = []
  for (let i = 0; i < 16; i++) {
    const owner = random.pick(['alice', 'bob'])
    published.push([owner, `w${i}`])
    world.owner(owner).publish(`w${i}`, {
      replicas: random.integer(1, 3),
      priority: random.integer(0, 2),
      resources: slots(random.integer(1, 4)),
    })
    if (random.chance(0.3)) {
      const [whose, name] = random.pick(published)
      if (world.workload(whose, name)) world.owner(whose).remove(name)
    }
    await world.advance(random.pick([10, 500, 6_000, 40_000]))
  }
  await world.settle(QUIET_MS)
  return world
}

/** Who waits for a replica that a machine has room for. */
function unusedRoom(world: VirtualCommune): readonly string[] {
  return ['alice', 'bob'].flatMap((owner) =>
    world.repos
      .list<WorkloadRecord>(world.owner(owner).did, COLLECTION.workload)
      .filter(({ value }) => world.containers(value.name).length < (value.replicas ?? 1))
      .flatMap(({ value }) =>
        [...world.machines.keys()]
          .filter((machine) => slotsIn(freeOn(world, machine), requestOf(value)) > 0)
          .map((machine) => `${value.name} would fit on ${machine}`),
      ),
  )
}

function freeOn(world: VirtualCommune, machine: string): Amount {
  const { cpuMilli = 0, memoryBytes = 0, storageBytes = 0 } = world.machine(machine).config.offer
  return world
    .containers()
    .filter((running) => running.machine === machine)
    .reduce(
      (free, { container }) =>
        minus(free, {
          cpuMilli: container.nanoCpus / 1e6,
          memoryBytes: container.memoryBytes,
          storageBytes: 0,
        }),
      { cpuMilli, memoryBytes, storageBytes },
    )
}
