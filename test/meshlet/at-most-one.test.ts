import { describe, expect, test } from 'vitest'
import { LABEL } from '../../src/model/nsid.ts'
import { imageOf } from '../support/virtual-owner.ts'
import { didOf, threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

const MACHINES = ['alice-1', 'bob-1', 'carol-1']

/** A workload that must never run twice, with all three machines as its witnesses. */
function exclusive(names: readonly string[] = MACHINES) {
  return {
    placement: { atMostOne: true, witnesses: names.map(didOf), witnessGeneration: 1 },
  }
}

async function oneHolder(world: VirtualCommune, fields = exclusive()) {
  await world.start()
  await world.advance(20_000)
  world.owner('alice').publish('db', fields)
  await world.untilRunning('db', 1, 30_000)
  await world.settle(10_000)
  const [holder = ''] = world.placesOf('db')
  return { world, holder }
}

function epochOf(world: VirtualCommune): number {
  const [running] = world.containers('db')
  return Number(running?.container.labels[LABEL.epoch])
}

describe('atMostOne', () => {
  test('runs once, under the first epoch, and stays where it is', async () => {
    const { world } = await oneHolder(threeOwners({ liveness: 'fast' }))
    expect(epochOf(world)).toBe(1)
    const running = world.containers('db')
    await world.advance(10 * 60_000)
    expect(world.containers('db')).toEqual(running)
  })

  test.each([1, 2, 3])(
    'is taken over when its holder lost power, under a higher epoch (seed %i)',
    async (seed) => {
      const { world, holder } = await oneHolder(threeOwners({ liveness: 'fast', seed }))
      world.machine(holder).powerCut()
      await world.untilRunning('db', 1, 15_000)
      expect(world.placesOf('db')).not.toEqual([holder])
      expect(epochOf(world)).toBeGreaterThan(1)
      await world.settle()
    },
  )

  test('says whom it waits for, and what its epoch is', async () => {
    const { world, holder } = await oneHolder(threeOwners({ liveness: 'fast' }))
    expect(world.workloadStatus(holder, 'alice', 'db')).toMatchObject({
      phase: 'running',
      leaseEpoch: 1,
      witnessGeneration: 1,
    })
    const [container] = world.machine(holder).engine.containers
    expect(container?.options.env).toMatchObject({ COMMUNE_EPOCH: '1' })
    world.isolate(holder)
    const said = () => world.workloadStatus(holder, 'alice', 'db')?.lastError ?? ''
    await world.until('it says so', () => said().includes('1 of 3 witnesses'), 12_000)
    expect(world.workloadStatus(holder, 'alice', 'db')?.phase).toBe('pending')
  })

  test('a holder that only heartbeats do not reach stops, and runs again under a new epoch', async () => {
    const { world, holder } = await oneHolder(threeOwners({ liveness: 'fast' }))
    world.isolate(holder)
    await world.until('it stops', () => world.containers('db').length === 0, 4_500)
    await world.advance(60_000)
    expect(world.containers('db')).toEqual([])
    world.heal()
    await world.untilRunning('db', 1, 20_000)
    expect(world.placesOf('db')).toEqual([holder])
    expect(epochOf(world)).toBeGreaterThan(1)
    await world.settle()
  })

  test.each([1, 2, 3])(
    'a holder that is cut off has stopped before another starts (seed %i)',
    async (seed) => {
      const { world, holder } = await oneHolder(threeOwners({ liveness: 'fast', seed }))
      world.isolate(holder, { records: true })
      await world.until('it stops', () => world.containers('db').length === 0, 4_500)
      await world.untilRunning('db', 1, 15_000)
      expect(world.placesOf('db')).not.toEqual([holder])
      await world.advance(60_000)
      world.heal()
      await world.settle()
      expect(world.placesOf('db')).toHaveLength(1)
    },
  )

  test('the small side of a partition never starts it', async () => {
    const { world, holder } = await oneHolder(threeOwners({ liveness: 'fast' }))
    const running = world.containers('db')
    const other = MACHINES.find((name) => name !== holder) ?? ''
    world.isolate(other, { records: true })
    await world.advance(5 * 60_000)
    expect(world.containers('db')).toEqual(running)
    world.machine(holder).powerCut()
    await world.advance(5 * 60_000)
    expect(world.containers('db')).toEqual([])
  })
})

describe('witnesses of atMostOne', () => {
  test('may be lost one at a time', async () => {
    const { world, holder } = await oneHolder(threeOwners({ liveness: 'fast' }))
    const running = world.containers('db')
    for (const name of MACHINES.filter((one) => one !== holder)) {
      world.machine(name).crash()
      await world.advance(60_000)
      world.machine(name).restart({ withState: false })
      await world.settle()
    }
    expect(world.containers('db')).toEqual(running)
  })

  test('that all start again at once grant nothing for D', async () => {
    const { world, holder } = await oneHolder(threeOwners({ liveness: 'fast' }))
    for (const name of MACHINES) if (name !== holder) world.machine(name).restart()
    await world.until('the lease runs out', () => world.containers('db').length === 0, 5_000)
    await world.untilRunning('db', 1, 10_000)
    await world.settle()
    expect(world.containers('db')).toHaveLength(1)
  })

  test('change under way, and the container stays', async () => {
    const world = threeOwners({ liveness: 'normal' })
    for (const name of ['dave', 'eve']) {
      world.owner(name)
      world.addMachine(`${name}-1`, { owner: name })
    }
    for (const machine of world.machines.values())
      machine.config = {
        ...machine.config,
        clusters: new Map([
          [
            'default',
            ['alice', 'bob', 'carol', 'dave', 'eve']
              .map(didOf)
              .filter((did) => did !== machine.config.ownerDid),
          ],
        ]),
      }
    await oneHolder(world)
    const running = world.containers('db')
    const changed = {
      atMostOne: true,
      witnesses: ['alice-1', 'dave-1', 'eve-1'].map(didOf),
      previousWitnesses: MACHINES.map(didOf),
      witnessGeneration: 2,
    }
    world.owner('alice').edit('db', { placement: changed })
    await world.settle()
    expect(world.containers('db')).toEqual(running)
    const [place = ''] = world.placesOf('db')
    expect(world.workloadStatus(place, 'alice', 'db')?.witnessGeneration).toBe(2)
    // Both majorities are needed while the set before has a say.
    for (const name of ['bob-1', 'carol-1']) if (name !== place) world.machine(name).crash()
    if (!['bob-1', 'carol-1'].includes(place))
      await world.until('the lease runs out', () => world.containers('db').length === 0, 15_000)
  })

  test('none are named: nothing runs, and the reason is said', async () => {
    const world = await threeOwners({ liveness: 'fast' }).start()
    world.owner('alice').publish('db', { placement: { atMostOne: true } })
    await world.settle()
    expect(world.containers('db')).toEqual([])
    const said = MACHINES.map((name) => world.workloadStatus(name, 'alice', 'db')?.lastError)
    expect(said).toContain('no witnesses are named; "commune sync" names them')
  })

  test('there is one: it alone runs it, and nobody takes over', async () => {
    const world = new VirtualCommune({ liveness: 'fast' })
    for (const name of ['alice', 'bob']) world.owner(name)
    for (const name of ['alice', 'bob']) world.addMachine(`${name}-1`, { owner: name })
    const { holder } = await oneHolder(world, exclusive(['bob-1']))
    expect(holder).toBe('bob-1')
    world.isolate('bob-1', { records: true })
    const running = world.containers('db')
    await world.advance(10 * 60_000)
    expect(world.containers('db')).toEqual(running)
    world.heal()
    world.machine('bob-1').powerCut()
    await world.advance(10 * 60_000)
    expect(world.containers('db')).toEqual([])
    world.machine('bob-1').restart()
    await world.untilRunning('db', 1, 30_000)
    expect(world.placesOf('db')).toEqual(['bob-1'])
  })
})

describe('a move of atMostOne', () => {
  test.each(['drain', 'rebalance'])('by %s stops here before it starts there', async (how) => {
    const { world, holder } = await oneHolder(threeOwners({ liveness: 'normal' }))
    if (how === 'drain') world.machine(holder).meshlet.duty.drain({ reason: 'test' })
    else world.owner('alice').edit('db', { placementNonce: 'other' })
    await world.settle()
    expect(world.placesOf('db')).toHaveLength(1)
    if (how === 'drain') expect(world.placesOf('db')).not.toEqual([holder])
  })

  test('to a new image stops the old one first, under the same epoch', async () => {
    const { world, holder } = await oneHolder(threeOwners({ liveness: 'normal' }))
    world.owner('alice').edit('db', { image: imageOf('db 2') })
    await world.settle()
    expect(world.placesOf('db')).toEqual([holder])
    expect(epochOf(world)).toBe(1)
  })
})

describe('behind NAT', () => {
  test.each([
    ['all but one', ['bob-1', 'carol-1']],
    ['one', ['alice-1']],
  ])('leases pass where one side can call: %s', async (_, hidden) => {
    const world = new VirtualCommune({ liveness: 'fast' })
    for (const name of ['alice', 'bob', 'carol']) world.owner(name)
    for (const name of ['alice', 'bob', 'carol'])
      world.addMachine(`${name}-1`, { owner: name, isBehindNat: hidden.includes(`${name}-1`) })
    // Only alice-1 is in touch with both others.
    const fields = { ...exclusive(), constraints: ['!none'] }
    await oneHolder(world, fields)
    const running = world.containers('db')
    await world.advance(10 * 60_000)
    expect(world.containers('db')).toEqual(running)
  })

  test('everybody: nothing runs, and the reason is said', async () => {
    const world = await threeOwners({ liveness: 'fast', machine: { isBehindNat: true } }).start()
    world.owner('alice').publish('db', exclusive())
    await world.settle()
    expect(world.containers('db')).toEqual([])
    const said = MACHINES.map((name) => world.workloadStatus(name, 'alice', 'db')?.lastError ?? '')
    expect(said.join(' ')).toContain('waits for the lease: 1 of 3 witnesses')
  })
})
