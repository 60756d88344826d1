import { describe, expect, test } from 'vitest'
import { imageOf } from '../support/virtual-owner.ts'
import { threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

const GIB = 1024 ** 3
const MACHINES = ['alice-1', 'bob-1', 'carol-1']

describe('one workload on three machines', () => {
  test('two replicas run within a second of the commit, since all bid and none is waited for', async () => {
    const world = await threeOwners().start()
    world.owner('alice').publish('web', { replicas: 2 })
    expect(await world.untilRunning('web', 2)).toBeLessThan(2_000)
    await world.settle()
    expect(new Set(world.placesOf('web')).size).toBe(2)
    expect(MACHINES.map((name) => world.bid(name, 'alice', 'web')?.slots)).toEqual([2, 2, 2])
  })

  test('a machine that does not answer is waited for during one window, no longer', async () => {
    const world = await threeOwners().start()
    world.machine('carol-1').crash()
    world.owner('alice').publish('web', { replicas: 2, placement: { bidWindowMs: 5_000 } })
    const ms = await world.untilRunning('web', 2)
    expect(ms).toBeGreaterThan(5_000)
    expect(ms).toBeLessThan(7_000)
  })

  test('nothing starts while the PDS does not acknowledge the bid', async () => {
    const world = await threeOwners().start()
    for (const name of MACHINES) world.repos.of(world.machine(name).did).isDown = true
    world.owner('alice').publish('web')
    await world.advance(60_000)
    expect(world.containers()).toEqual([])
    for (const name of MACHINES) world.repos.of(world.machine(name).did).isDown = false
    await world.untilRunning('web', 1)
    await world.settle()
  })

  test('one on every machine', async () => {
    const world = await threeOwners().start()
    world.owner('alice').publish('agent', { everywhere: true })
    await world.untilRunning('agent', 3)
    await world.settle()
    expect(world.placesOf('agent')).toEqual(MACHINES)
  })

  test('what is published while nobody runs is found at the start', async () => {
    const world = threeOwners()
    world.owner('bob').publish('web', { replicas: 3 })
    await world.start()
    expect(world.placesOf('web')).toHaveLength(3)
  })
})

describe('contention', () => {
  const offer = { cpuMilli: 1_000, memoryBytes: 1 * GIB }
  const half = { cpuMilli: 400, memoryBytes: 400 * 1024 ** 2 }

  test('never over-commits: of eight that want 40 % each, six run, and the other two say why not', async () => {
    const world = await threeOwners({ machine: { offer } }).start()
    const names = Array.from({ length: 8 }, (_, i) => `w${i}`)
    for (const name of names) world.owner('alice').publish(name, { resources: half })
    await world.settle()
    expect(MACHINES.map((name) => world.workloadsOn(name).length)).toEqual([2, 2, 2])
    const waiting = names.filter((name) => world.containers(name).length === 0)
    expect(waiting).toHaveLength(2)
    for (const name of waiting)
      for (const machine of MACHINES)
        expect(world.bid(machine, 'alice', name)).toMatchObject({ slots: 0, reason: 'no-cpu' })
  })

  test('who passed for want of room bids again as soon as room comes free', async () => {
    const world = await threeOwners({ machine: { offer } }).start()
    for (let i = 0; i < 7; i++) world.owner('alice').publish(`w${i}`, { resources: half })
    await world.settle()
    const [waiting = ''] = ['w0', 'w1', 'w2', 'w3', 'w4', 'w5', 'w6'].filter(
      (name) => world.containers(name).length === 0,
    )
    const [running = ''] = ['w0', 'w1'].filter((name) => name !== waiting)
    world.owner('alice').remove(running)
    expect(await world.untilRunning(waiting, 1)).toBeLessThan(20_000)
    await world.settle()
  })

  test('a workload that fits nowhere runs nowhere, and everybody says why', async () => {
    const world = await threeOwners({ machine: { offer } }).start()
    world.owner('alice').publish('big', { resources: { cpuMilli: 100, memoryBytes: 2 * GIB } })
    await world.settle()
    expect(world.containers()).toEqual([])
    for (const machine of MACHINES)
      expect(world.bid(machine, 'alice', 'big')).toMatchObject({
        slots: 0,
        reason: 'no-memory',
        message: 'asks for 2Gi memory, 1Gi free',
      })
  })
})

describe('spread', () => {
  test('by owner: two replicas on two owners although one has two machines', async () => {
    const world = new VirtualCommune()
    for (const name of ['alice', 'bob']) world.owner(name)
    for (const name of ['alice-1', 'alice-2']) world.addMachine(name, { owner: 'alice' })
    world.addMachine('bob-1', { owner: 'bob', offer: { cpuMilli: 500 } })
    await world.start()
    world.owner('alice').publish('web', { replicas: 2, spread: 'owner' })
    await world.settle()
    expect(world.placesOf('web')).toContain('bob-1')
  })

  test('by label', async () => {
    const world = new VirtualCommune()
    world.owner('alice')
    for (const [name, zone] of [
      ['a1', 'eu'],
      ['a2', 'eu'],
      ['a3', 'us'],
    ] as const)
      world.addMachine(name, { owner: 'alice', labels: { zone } })
    await world.start()
    world.owner('alice').publish('web', { replicas: 2, spread: 'zone' })
    await world.settle()
    expect(world.placesOf('web')).toContain('a3')
    expect(world.placesOf('web')).toHaveLength(2)
  })

  test('constraints keep machines out, which say so', async () => {
    const world = new VirtualCommune()
    world.owner('alice')
    for (const zone of ['eu', 'us'])
      world.addMachine(`a-${zone}`, { owner: 'alice', labels: { zone } })
    await world.start()
    world.owner('alice').publish('web', { replicas: 2, constraints: ['zone=us'] })
    await world.settle()
    expect(world.placesOf('web')).toEqual(['a-us', 'a-us'])
    expect(world.bid('a-eu', 'alice', 'web')).toMatchObject({ slots: 0, reason: 'constraint' })
  })
})

describe('a change of the workload', () => {
  test('more replicas: those that run are not touched', async () => {
    const world = await threeOwners().start()
    world.owner('alice').publish('web', { replicas: 1 })
    await world.settle()
    const [first] = world.containers('web')
    world.owner('alice').edit('web', { replicas: 3 })
    await world.untilRunning('web', 3)
    await world.settle()
    expect(world.containers('web').map(({ container }) => container.id)).toContain(
      first?.container.id,
    )
    expect(world.trace.actions().filter(({ call }) => call === 'stopContainer')).toEqual([])
  })

  test('fewer replicas: the ones that stay are not touched', async () => {
    const world = await threeOwners().start()
    world.owner('alice').publish('web', { replicas: 3 })
    await world.settle()
    const before = new Set(world.containers('web').map(({ machine }) => machine))
    world.owner('alice').edit('web', { replicas: 1 })
    await world.untilRunning('web', 1)
    await world.settle()
    expect(before).toContain(world.placesOf('web')[0])
    expect(world.trace.actions().filter(({ call }) => call === 'stopContainer')).toHaveLength(2)
  })

  test('none at all, and some again', async () => {
    const world = await threeOwners().start()
    world.owner('alice').publish('web', { replicas: 2 })
    await world.settle()
    world.owner('alice').edit('web', { replicas: 0 })
    await world.settle()
    expect(world.containers()).toEqual([])
    world.owner('alice').edit('web', { replicas: 2 })
    await world.settle()
    expect(world.placesOf('web')).toHaveLength(2)
  })

  test('a new placement key: the old container stays until the new choice runs', async () => {
    const world = await threeOwners().start()
    world.owner('alice').publish('web')
    await world.settle()
    const [holder = ''] = world.placesOf('web')
    world.machine(holder).config = { ...world.machine(holder).config, labels: { old: 'yes' } }
    world.machine(holder).restart()
    await world.settle()
    const from = world.trace.entries.length
    world.owner('alice').edit('web', { constraints: ['!old'], placementNonce: 'second' })
    let fewest = 1
    world.trace.onAction(() => (fewest = Math.min(fewest, world.containers('web').length)))
    await world.settle()
    expect(world.placesOf('web')).toHaveLength(1)
    expect(world.placesOf('web')).not.toContain(holder)
    const calls = world.trace.actions(undefined, from).map(({ call }) => call)
    expect(calls.indexOf('stopContainer')).toBeGreaterThan(calls.indexOf('startContainer'))
    expect(fewest).toBe(1)
  })

  test('a new placement key that the holder fits as well moves nothing', async () => {
    const world = await threeOwners().start()
    world.owner('alice').publish('web', { replicas: 2 })
    await world.settle()
    const before = world.containers('web').map(({ container }) => container.id)
    world.owner('alice').edit('web', { spread: 'owner', placementNonce: 'second' })
    await world.settle()
    expect(world.containers('web').map(({ container }) => container.id)).toEqual(before)
  })

  test('deleted: containers, networks, bids and statuses are gone', async () => {
    const world = await threeOwners().start()
    world.owner('alice').publish('web', { replicas: 2 })
    await world.settle()
    world.owner('alice').remove('web')
    await world.settle()
    expect(world.containers()).toEqual([])
    for (const name of MACHINES) {
      const { engine, did } = world.machine(name)
      expect(engine.containers).toEqual([])
      expect(await world.clock.run(engine.listNetworks(did))).toEqual([])
      expect(world.bid(name, 'alice', 'web')).toBeUndefined()
      expect(world.workloadStatus(name, 'alice', 'web')).toBeUndefined()
    }
  })

  test('deleted and published again under the same name', async () => {
    const world = await threeOwners().start()
    world.owner('alice').publish('web')
    await world.settle()
    world.owner('alice').remove('web')
    await world.advance(100)
    world.owner('alice').publish('web', { image: imageOf('another') })
    await world.settle()
    expect(world.containers('web')).toHaveLength(1)
    expect(world.containers('web')[0]?.container.image).toBe(imageOf('another'))
  })
})

test('what this version can’t run gets a pass that names all of it', async () => {
  const world = await threeOwners().start()
  world.owner('alice').publish('everything', {
    kind: 'Job',
    schedule: '* * * * *',
    volumes: [{ name: 'data', path: '/data' }],
    secrets: [{ name: 'key', file: '/run/secrets/key' }],
    replicas: 2,
    placement: { atMostOne: true },
  })
  await world.settle()
  expect(world.containers()).toEqual([])
  for (const machine of MACHINES) {
    const bid = world.bid(machine, 'alice', 'everything')
    expect(bid).toMatchObject({ slots: 0, reason: 'unsupported' })
    for (const word of ['Job', 'schedule', 'volumes', 'secrets', 'atMostOne'])
      expect(bid?.message).toContain(word)
  }
})
