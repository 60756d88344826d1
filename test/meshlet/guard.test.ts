import { describe, expect, test } from 'vitest'
import { LABEL } from '../../src/model/nsid.ts'
import { didOf, threeOwners, type VirtualCommune } from '../support/virtual-commune.ts'

const MACHINES = ['alice-1', 'bob-1', 'carol-1']
/** Long enough here for everybody to have seen everything. */
const QUIET_MS = 10_000
const EXCLUSIVE = {
  placement: { atMostOne: true, witnesses: MACHINES.map(didOf), witnessGeneration: 1 },
}

async function oneHolder(world: VirtualCommune) {
  await world.start()
  await world.advance(20_000)
  world.owner('alice').publish('db', EXCLUSIVE)
  await world.untilRunning('db', 1, 30_000)
  await world.settle(QUIET_MS)
  const [holder = ''] = world.placesOf('db')
  return { world, holder, running: world.containers('db') }
}

describe('the guard stops what runs past its lease', () => {
  test('when the daemon is killed and does not come back', async () => {
    const { world, holder } = await oneHolder(threeOwners({ liveness: 'fast' }))
    world.machine(holder).crash()
    await world.until('the guard stops it', () => world.containers('db').length === 0, 4_100)
    await world.untilRunning('db', 1, 15_000)
    expect(world.placesOf('db')).not.toEqual([holder])
    await world.settle()
  })

  test.each([1, 2, 3])('when the daemon hangs, also after it goes on (seed %i)', async (seed) => {
    const { world, holder } = await oneHolder(threeOwners({ liveness: 'fast', seed }))
    world.machine(holder).freeze()
    await world.until('the guard stops it', () => world.containers('db').length === 0, 4_100)
    await world.untilRunning('db', 1, 15_000)
    const places = world.placesOf('db')
    expect(places).not.toEqual([holder])
    world.machine(holder).thaw()
    await world.settle(QUIET_MS)
    expect(world.placesOf('db')).toHaveLength(1)
  })

  test('when the engine starts it long after it was told to', async () => {
    const { world, holder } = await oneHolder(threeOwners({ liveness: 'fast' }))
    const { engine } = world.machine(holder)
    void engine.killContainer(engine.containers[0]?.id ?? '')
    world.machine(holder).engineFault = (call) =>
      call === 'startContainer' ? { kind: 'slow', delayMs: 12_000 } : undefined
    await world.until(
      'it is told to start',
      () =>
        world.trace.actions(holder).findLast(({ call }) => call === 'startContainer') !== undefined,
      10_000,
    )
    world.machine(holder).freeze()
    await world.advance(60_000)
    expect(engine.containers.filter(({ running }) => running)).toEqual([])
    expect(world.placesOf('db')).toHaveLength(1)
  })
})

describe('the guard lets it run', () => {
  test('while the daemon is away for less than the lease lasts', async () => {
    const { world, holder, running } = await oneHolder(threeOwners({ liveness: 'normal' }))
    for (let i = 0; i < 3; i++) {
      world.machine(holder).crash()
      await world.advance(1_000)
      world.machine(holder).restart({ withState: i > 0 })
      await world.settle()
    }
    expect(world.containers('db')).toEqual(running)
  })

  test('when it is killed itself and started again', async () => {
    const { world, holder, running } = await oneHolder(threeOwners({ liveness: 'fast' }))
    world.machine(holder).guard.kill()
    await world.advance(1_000)
    world.machine(holder).guard.revive()
    await world.settle()
    expect(world.containers('db')).toEqual(running)
  })
})

test('without a guard the daemon lets the lease go and stops in time', async () => {
  const { world, holder } = await oneHolder(threeOwners({ liveness: 'fast' }))
  world.machine(holder).guard.kill()
  await world.until('it stops', () => world.containers('db').length === 0, 5_000)
  const said = () => world.workloadStatus(holder, 'alice', 'db')?.lastError ?? ''
  await world.until('it says why', () => said().includes('guard'), 5_000)
  world.machine(holder).guard.revive()
  await world.untilRunning('db', 1, 15_000)
  await world.settle()
})

test('a machine on which no guard can be started leaves the workload to another', async () => {
  const { world, holder } = await oneHolder(threeOwners({ liveness: 'fast' }))
  world.machine(holder).guard.kill()
  const isElsewhere = () => world.placesOf('db').some((place) => place !== holder)
  await world.until('another runs it', isElsewhere, 60_000)
  expect(world.bid(holder, 'alice', 'db')).toMatchObject({ slots: 0, reason: 'unsupported' })
  world.machine(holder).guard.revive()
  await world.settle()
  expect(world.placesOf('db')).toHaveLength(1)
})

test.each([1, 2, 3, 4])(
  'clocks that drift by one percent never give two (seed %i)',
  async (seed) => {
    const rates = [0.99, 1, 1.01]
    const world = threeOwners({ liveness: 'fast', seed })
    for (const machine of world.machines.values()) machine.clockRate = world.random.pick(rates)
    const { holder } = await oneHolder(world)
    const epoch = () => Number(world.containers('db')[0]?.container.labels[LABEL.epoch] ?? 0)
    const before = epoch()
    if (seed % 2 === 0) world.isolate(holder, { records: true })
    else world.machine(holder).freeze()
    await world.until('another runs it', () => epoch() > before, 30_000)
    expect(world.placesOf('db')).not.toContain(holder)
    world.heal()
    world.machine(holder).thaw()
    await world.settle(QUIET_MS)
    expect(world.placesOf('db')).toHaveLength(1)
  },
)
