import { describe, expect, test } from 'vitest'
import { CommuneError } from '../../src/model/errors.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { ProfileName } from '../../src/selection/liveness.ts'
import { threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

const MACHINES = ['alice-1', 'bob-1', 'carol-1']

interface Scene {
  readonly world: VirtualCommune
  /** The machine that runs the only replica of `web`. */
  readonly holder: string
}

async function oneReplica(liveness: ProfileName = 'normal', seed = 1): Promise<Scene> {
  const world = await threeOwners({ liveness, seed }).start()
  world.owner('alice').publish('web')
  await world.settle()
  const [holder = ''] = world.placesOf('web')
  return { world, holder }
}

function elsewhere({ world, holder }: Scene): readonly string[] {
  return world.placesOf('web').filter((place) => place !== holder)
}

function suspicions(world: VirtualCommune): number {
  const all = [...world.machines.values()].map(({ did }) =>
    world.repos.list(did, COLLECTION.suspicion),
  )
  return all.flat().length
}

describe('a meshlet that is killed', () => {
  test.each([
    ['fast', 10_000],
    ['normal', 30_000],
    ['patient', 360_000],
  ] as const)('is replaced in time in the profile %s', async (liveness, limitMs) => {
    for (let seed = 1; seed <= 5; seed++) {
      const scene = await oneReplica(liveness, seed)
      scene.world.machine(scene.holder).powerCut()
      const replaced = () => elsewhere(scene).length === 1
      await scene.world.until('a replacement', replaced, limitMs)
      await scene.world.settle()
      expect(scene.world.placesOf('web')).toHaveLength(1)
    }
  })

  test('with all its replicas, of every workload', async () => {
    const world = await threeOwners({ liveness: 'fast' }).start()
    for (let i = 0; i < 6; i++) world.owner('bob').publish(`w${i}`, { replicas: 2 })
    await world.settle()
    world.machine('bob-1').powerCut()
    const names = Array.from({ length: 6 }, (_, i) => `w${i}`)
    const isWhole = () => names.every((name) => world.containers(name).length === 2)
    await world.until('all run again', isWhole, 10_000)
    await world.settle()
  })

  test('one of many of a single owner, whose machines vote singly', async () => {
    const world = new VirtualCommune({ liveness: 'fast' })
    world.owner('alice')
    for (let i = 1; i <= 4; i++) world.addMachine(`a${i}`, { owner: 'alice' })
    await world.start()
    world.owner('alice').publish('web')
    await world.settle()
    const [holder = ''] = world.placesOf('web')
    world.machine(holder).powerCut()
    await world.until('a replacement', () => elsewhere({ world, holder }).length === 1, 10_000)
  })

  test('one of two', async () => {
    const world = new VirtualCommune({ liveness: 'fast' })
    for (const name of ['alice', 'bob']) world.owner(name)
    for (const name of ['alice', 'bob']) world.addMachine(`${name}-1`, { owner: name })
    await world.start()
    world.owner('alice').publish('web')
    await world.settle()
    const [holder = ''] = world.placesOf('web')
    world.machine(holder).powerCut()
    await world.until('a replacement', () => elsewhere({ world, holder }).length === 1, 10_000)
  })

  test('two of three at once: nothing is taken over, since the one that is left may be the one cut off', async () => {
    const scene = await oneReplica('fast')
    const { world, holder } = scene
    const other = MACHINES.find((name) => name !== holder) ?? ''
    world.machine(holder).powerCut()
    world.machine(other).powerCut()
    await world.advance(10 * 60_000)
    expect(elsewhere(scene)).toEqual([])
  })
})

describe('a meshlet that returns after it was replaced', () => {
  test.each([
    ['with its state', { withState: true }],
    ['without its state', { withState: false }],
  ])('%s: bids in a later round, gives way, and nothing moves back', async (_, how) => {
    for (let seed = 1; seed <= 8; seed++) {
      const scene = await oneReplica('fast', seed)
      const { world, holder } = scene
      const epoch = world.meshletStatus(holder)?.epoch ?? 0
      world.machine(holder).crash()
      await world.until('a replacement', () => elsewhere(scene).length === 1, 10_000)
      expect(world.placesOf('web')).toHaveLength(2)
      const [replacement] = elsewhere(scene)
      await world.settle()
      const from = world.trace.entries.length
      world.machine(holder).restart(how)
      await world.settle()
      expect(world.placesOf('web')).toEqual([replacement])
      expect(world.meshletStatus(holder)?.epoch).toBe(epoch + 1)
      expect(world.bid(holder, 'alice', 'web')).toMatchObject({
        round: 1,
        epoch: epoch + 1,
        slots: 1,
      })
      const actions = world.trace.actions(undefined, from)
      expect(actions.filter(({ call }) => call === 'startContainer')).toEqual([])
      expect(new Set(actions.map(({ machine }) => machine))).toEqual(new Set([holder]))
      expect(suspicions(world)).toBe(0)
    }
  })

  test('moves the bids for what was taken over only', async () => {
    const world = await threeOwners({ liveness: 'fast' }).start()
    world.owner('alice').publish('web')
    await world.settle()
    const [holder = ''] = world.placesOf('web')
    world.owner('alice').publish('agent', { everywhere: true })
    await world.settle()
    world.machine(holder).crash()
    await world.until('a replacement', () => elsewhere({ world, holder }).length === 1, 10_000)
    await world.settle()
    const agent = world
      .machine(holder)
      .engine.containers.find(({ options }) => options.name.startsWith('commune-agent'))
    world.machine(holder).restart()
    await world.settle()
    expect(world.bid(holder, 'alice', 'web')?.round).toBe(1)
    expect(world.bid(holder, 'alice', 'agent')?.round).toBe(0)
    expect(world.placesOf('agent')).toEqual(MACHINES)
    expect(agent?.running).toBe(true)
  })

  test('stops its container only when the replacement is seen running', async () => {
    const scene = await oneReplica('fast')
    const { world, holder } = scene
    world.machine(holder).crash()
    for (const name of MACHINES) {
      if (name === holder) continue
      world.machine(name).engineFault = (call) =>
        call === 'pullImage' ? { kind: 'hang' } : undefined
    }
    await world.advance(20_000)
    world.machine(holder).restart()
    let fewest = 1
    world.trace.onAction(() => (fewest = Math.min(fewest, world.containers('web').length)))
    await world.advance(10_000)
    for (const name of MACHINES) world.machine(name).engineFault = () => undefined
    await world.settle()
    expect(world.placesOf('web')).toHaveLength(1)
    expect(fewest).toBe(1)
  })

  test('before anybody took over just answers', async () => {
    const scene = await oneReplica('normal')
    const { world, holder } = scene
    world.machine(holder).crash()
    await world.advance(10_000)
    world.machine(holder).restart()
    await world.settle()
    expect(world.placesOf('web')).toEqual([holder])
    expect(world.bid(holder, 'alice', 'web')).toMatchObject({ round: 0, epoch: 1 })
    expect(suspicions(world)).toBe(0)
  })

  test('a machine that was without power finds its work elsewhere and stays a standby', async () => {
    const scene = await oneReplica('fast')
    const { world, holder } = scene
    world.machine(holder).powerCut()
    await world.until('a replacement', () => elsewhere(scene).length === 1, 10_000)
    const [replacement] = elsewhere(scene)
    await world.settle()
    const from = world.trace.entries.length
    world.machine(holder).restart()
    await world.settle()
    expect(world.placesOf('web')).toEqual([replacement])
    expect(world.machine(holder).engine.containers).toEqual([])
    const calls = world.trace.actions(undefined, from).map(({ call }) => call)
    expect(calls).not.toContain('startContainer')
  })

  test('again and again: each time the work stays where it went', async () => {
    const { world } = await oneReplica('fast')
    for (let i = 0; i < 4; i++) {
      const [holder = ''] = world.placesOf('web')
      world.machine(holder).crash()
      await world.until('a replacement', () => elsewhere({ world, holder }).length === 1, 15_000)
      const [replacement] = elsewhere({ world, holder })
      world.machine(holder).restart()
      await world.settle()
      expect(world.placesOf('web')).toEqual([replacement])
    }
  })
})

describe('heartbeats that are lost while records go through', () => {
  test.each(['fast', 'normal'] as const)('move nothing in the profile %s', async (liveness) => {
    const { world, holder } = await oneReplica(liveness)
    const [running] = world.containers('web')
    const from = world.trace.entries.length
    world.isolate(holder)
    await world.advance(60 * 60_000)
    expect(world.trace.actions(undefined, from)).toEqual([])
    expect(world.containers('web')).toEqual([running])
    const writes = world.trace.writes(undefined, from)
    const challenges = writes.filter(({ collection }) => collection === COLLECTION.suspicion)
    expect(challenges.length).toBeGreaterThan(0)
    // Each answer doubles the patience, so that an hour costs few.
    expect(writes.length).toBeLessThan(150)
    world.heal()
    await world.settle()
    expect(suspicions(world)).toBe(0)
    expect(world.containers('web')).toEqual([running])
  })

  test('one way only: the other way, and what others pass on, is enough', async () => {
    const { world, holder } = await oneReplica('fast')
    const other = MACHINES.find((name) => name !== holder) ?? ''
    world.network.cutCalls(world.machine(holder).did, world.machine(other).did)
    const from = world.trace.entries.length
    await world.advance(10 * 60_000)
    expect(world.trace.actions(undefined, from)).toEqual([])
    expect(suspicions(world)).toBe(0)
  })

  test('everybody is behind NAT but one, which passes on whom it heard', async () => {
    const world = new VirtualCommune({ liveness: 'fast' })
    for (const name of ['alice', 'bob', 'carol']) world.owner(name)
    world.addMachine('alice-1', { owner: 'alice' })
    for (const name of ['bob', 'carol'])
      world.addMachine(`${name}-1`, { owner: name, isBehindNat: true })
    await world.start()
    world.owner('alice').publish('web', { replicas: 2 })
    await world.settle()
    const from = world.trace.entries.length
    await world.advance(10 * 60_000)
    expect(world.trace.actions(undefined, from)).toEqual([])
    expect(suspicions(world)).toBe(0)
  })
})

describe('what others lose sight of', () => {
  test('a machine that is cut off from everything is replaced, keeps its container, and gives way later', async () => {
    const scene = await oneReplica('fast')
    const { world, holder } = scene
    world.isolate(holder, { records: true })
    await world.until('a replacement', () => elsewhere(scene).length === 1, 15_000)
    const [replacement] = elsewhere(scene)
    await world.advance(10 * 60_000)
    expect(world.placesOf('web')).toHaveLength(2)
    world.heal()
    await world.settle()
    expect(world.placesOf('web')).toEqual([replacement])
    expect(world.bid(holder, 'alice', 'web')).toMatchObject({ round: 1, epoch: 2 })
  })

  test.each([
    ['fails', () => new CommuneError('unreachable', 'Nothing gets out.', { retry: true })],
    ['is still under way when that is over', () => 'under-way' as const],
  ])(
    'who hears all and is not heard, and what it writes %s: nothing moves back',
    async (_, how) => {
      for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 26]) {
        const scene = await oneReplica('fast', seed)
        const { world, holder } = scene
        world.isolate(holder)
        world.machine(holder).writeFault = how
        await world.until('a replacement', () => elsewhere(scene).length === 1, 15_000)
        const from = world.trace.entries.length
        const [replacement] = elsewhere(scene)
        await world.until('it gives way', () => world.containers('web').length === 1, 15_000)
        world.machine(holder).writeFault = () => undefined
        world.heal()
        await world.settle()
        expect(world.placesOf('web')).toEqual([replacement])
        const actions = world.trace.actions(undefined, from)
        expect(new Set(actions.map(({ machine }) => machine))).toEqual(new Set([holder]))
        expect(actions.filter(({ call }) => call === 'startContainer')).toEqual([])
        expect(suspicions(world)).toBe(0)
      }
    },
  )

  test('the PDS of a meshlet is down for an hour: nothing stops and nothing moves', async () => {
    const { world, holder } = await oneReplica('fast')
    const [running] = world.containers('web')
    world.repos.of(world.machine(holder).did).isDown = true
    await world.advance(60 * 60_000)
    expect(world.containers('web')).toEqual([running])
    world.repos.of(world.machine(holder).did).isDown = false
    await world.settle()
    expect(world.containers('web')).toEqual([running])
  })

  test('all PDSs are down for an hour: nothing stops and nothing moves', async () => {
    const { world } = await oneReplica('fast')
    const [running] = world.containers('web')
    const dids = [...world.machines.values()].flatMap(({ did, config }) => [did, config.ownerDid])
    for (const did of dids) world.repos.of(did).isDown = true
    await world.advance(60 * 60_000)
    for (const did of dids) world.repos.of(did).isDown = false
    await world.settle()
    expect(world.containers('web')).toEqual([running])
    expect(world.trace.actions().filter(({ call }) => call === 'stopContainer')).toEqual([])
  })
})
