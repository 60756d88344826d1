import { describe, expect, test } from 'vitest'
import type { MemoryEngine } from '../../src/engine/memory.ts'
import { problemsOf } from '../../src/meshlet/health.ts'
import { CommuneError } from '../../src/model/errors.ts'
import type { WallReport } from '../../src/ports/engine.ts'
import { STANDARD_POLICY } from '../../src/policy/standard-policy.ts'
import { threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

const STANDING: WallReport = { kind: 'standing', tried: 9 }
const OPEN: WallReport = {
  kind: 'open',
  tried: 9,
  open: ['this machine can be reached at 192.0.2.2, TCP port 4000', 'the internet can be reached'],
}
const UNPROVEN: WallReport = { kind: 'unproven', why: 'the network can’t be entered' }
const HOUR_MS = 60 * 60_000
const NOTICE_MS = 15 * 60_000

/** Bob works with Alice and has no room himself. */
async function hostAndGuest(walls: WallReport = STANDING) {
  const world = new VirtualCommune({ seed: 11 })
  for (const name of ['alice', 'bob']) world.owner(name)
  world.addMachine('alice-1', { owner: 'alice', offer: { cpuMilli: 1_000 } })
  world.addMachine('bob-1', { owner: 'bob', offer: { cpuMilli: 0 } })
  engineOf(world, 'alice-1').walls.none = walls
  return world.start()
}

function engineOf(world: VirtualCommune, machine: string): MemoryEngine {
  return world.machine(machine).engine
}

/** Counts from now on. */
function countTrials(world: VirtualCommune, machine: string): () => number {
  let count = 0
  world.machine(machine).engineFault = (call, subject) => {
    if (call === 'tryWalls' && subject === 'none') count += 1
    return undefined
  }
  return () => count
}

describe('before anything is known', () => {
  test('nothing is offered to others; the owner’s own work does not wait', async () => {
    const world = new VirtualCommune({ seed: 11 })
    for (const name of ['alice', 'bob']) world.owner(name)
    world.addMachine('alice-1', { owner: 'alice', offer: { cpuMilli: 1_000 } })
    world.addMachine('bob-1', { owner: 'bob', offer: { cpuMilli: 0 } })
    world.machine('alice-1').engineFault = (call) =>
      call === 'tryWalls' ? { kind: 'slow', delayMs: 10 * 60_000 } : undefined
    await world.start()
    world.owner('bob').publish('his')
    world.owner('alice').publish('mine')
    await world.advance(50_000)
    expect(world.workloadsOn('alice-1')).toEqual(['mine'])
    expect(world.bid('alice-1', 'bob', 'his')).toBeUndefined()
    await world.advance(20 * 60_000)
    expect(world.workloadsOn('alice-1')).toEqual(['his', 'mine'])
  })
})

describe('walls that are open', () => {
  test.each([
    ['open', OPEN, 'this machine can be reached at 192.0.2.2, TCP port 4000, and 1 more'],
    ['not proven to stand', UNPROVEN, 'it is not proven that the walls around containers stand'],
  ])('%s: the work of others is passed, with the reason; own work runs', async (_, walls, said) => {
    const world = await hostAndGuest(walls)
    world.owner('bob').publish('his')
    world.owner('alice').publish('mine')
    await world.settle()
    expect(world.workloadsOn('alice-1')).toEqual(['mine'])
    expect(world.bid('alice-1', 'bob', 'his')).toMatchObject({
      slots: 0,
      reason: 'walls',
      message: expect.stringContaining(said),
    })
    expect(world.bid('alice-1', 'bob', 'his')?.message).toContain('rule “standard for members”')
    expect(problemsOf(world.machine('alice-1').meshlet)).toEqual([expect.stringContaining('walls')])
  })

  test('an owner who says that the canary is only advice runs the work of others all the same', async () => {
    const world = await hostAndGuest(UNPROVEN)
    const guests = { kind: 'members' } as const
    const rules = [{ name: 'friends', subject: guests, terms: { canary: 'advised' } }] as const
    world.machine('alice-1').policy = { ...STANDARD_POLICY, rules }
    world.machine('alice-1').meshlet.policyChanged()
    world.owner('bob').publish('his')
    await world.settle()
    expect(world.workloadsOn('alice-1')).toEqual(['his'])
    expect(problemsOf(world.machine('alice-1').meshlet)).toHaveLength(1)
  })

  test('an owner may require it for her own work too', async () => {
    const world = await hostAndGuest(OPEN)
    const rules = [
      { name: 'careful', subject: { kind: 'own' }, terms: { canary: 'required' } },
    ] as const
    world.machine('alice-1').policy = { ...STANDARD_POLICY, rules }
    world.machine('alice-1').meshlet.policyChanged()
    world.owner('alice').publish('mine')
    await world.settle()
    expect(world.workloadsOn('alice-1')).toEqual([])
    expect(world.bid('alice-1', 'alice', 'mine')?.message).toContain('rule “careful”')
  })
})

describe('walls that fall while work runs', () => {
  test('are found within the hour: work of others moves first and stops then, own work stays', async () => {
    const world = await threeOwners().start()
    world.owner('alice').publish('web')
    await world.settle()
    const [holder = ''] = world.placesOf('web')
    const [own = ''] = holder.split('-')
    if (own === 'alice') throw new Error('the seed places it at home')
    world.owner(own).publish('mine', { constraints: [`machine=${holder}`] })
    engineOf(world, holder).walls.none = OPEN
    let fewest = 1
    world.trace.onAction(() => (fewest = Math.min(fewest, world.containers('web').length)))
    await world.until('it moved', () => !world.placesOf('web').includes(holder), 2 * HOUR_MS)
    await world.settle()
    expect(fewest).toBe(1)
    expect(world.placesOf('web')).toHaveLength(1)
    expect(world.bid(holder, 'alice', 'web')).toMatchObject({
      slots: 0,
      reason: 'walls',
      refused: { standing: true },
    })
  })

  test('where nobody else takes it, it has the whole notice; what closes again is offered again', async () => {
    const world = await hostAndGuest()
    world.owner('bob').publish('his')
    world.owner('alice').publish('mine')
    await world.settle()
    engineOf(world, 'alice-1').walls.none = OPEN
    world.machine('alice-1').breakEngineStreams()
    await world.advance(NOTICE_MS - 60_000)
    expect(world.workloadsOn('alice-1')).toEqual(['his', 'mine'])
    await world.advance(5 * 60_000)
    expect(world.workloadsOn('alice-1')).toEqual(['mine'])
    engineOf(world, 'alice-1').walls.none = STANDING
    await world.advance(2 * HOUR_MS)
    expect(world.workloadsOn('alice-1')).toEqual(['his', 'mine'])
    const told = world.machine('alice-1').meshlet.chronicle.events({ kind: 'walls', limit: 10 })
    expect(told.map(({ reason }) => reason)).toEqual([
      'egress none: the walls around containers stand',
      expect.stringContaining('egress none: the walls around containers are open'),
    ])
  })
})

describe('when it is tried', () => {
  test('at the start, and about once an hour', async () => {
    const world = await hostAndGuest()
    const trials = countTrials(world, 'alice-1')
    world.machine('alice-1').restart()
    await world.advance(60_000)
    expect(trials()).toBe(1)
    await world.advance(10 * HOUR_MS)
    expect(trials()).toBeGreaterThanOrEqual(9)
    expect(trials()).toBeLessThanOrEqual(13)
  })

  test('after the engine was restarted, but not at each of many restarts in a row', async () => {
    const world = await hostAndGuest()
    await world.advance(60_000)
    const trials = countTrials(world, 'alice-1')
    world.machine('alice-1').breakEngineStreams()
    await world.advance(40_000)
    expect(trials()).toBe(1)
    for (let restart = 0; restart < 20; restart += 1) {
      world.machine('alice-1').breakEngineStreams()
      await world.advance(3_000)
    }
    expect(trials()).toBeLessThanOrEqual(4)
  })
})

describe('a trial that fails', () => {
  test('changes nothing while the engine does not answer', async () => {
    const world = await hostAndGuest()
    world.owner('bob').publish('his')
    await world.settle()
    const machine = world.machine('alice-1')
    machine.engineFault = (call) => (call === 'tryWalls' ? { kind: 'refuse' } : undefined)
    await world.advance(3 * HOUR_MS)
    expect(world.workloadsOn('alice-1')).toEqual(['his'])
  })

  test('again and again proves nothing any more', async () => {
    const world = await hostAndGuest()
    world.owner('bob').publish('his')
    await world.settle()
    const error = new CommuneError('engine', 'no space left on device')
    const machine = world.machine('alice-1')
    machine.engineFault = (call) => (call === 'tryWalls' ? { kind: 'fail', error } : undefined)
    await world.advance(2 * HOUR_MS)
    expect(world.workloadsOn('alice-1')).toEqual([])
    expect(world.bid('alice-1', 'bob', 'his')?.message).toContain(
      'the trial failed: no space left on device',
    )
    machine.engineFault = () => undefined
    await world.advance(5 * 60_000)
    expect(world.workloadsOn('alice-1')).toEqual(['his'])
  })
})
