import { describe, expect, test } from 'vitest'
import { STANDARD_POLICY } from '../../src/policy/standard-policy.ts'
import { VirtualCommune } from '../support/virtual-commune.ts'

const RUNSC = { runtime: 'runsc' }
const NO_PORTS = { runtime: 'runsc', portsProblem: 'its ports can’t be reached' }

/** Alice’s machine with a gVisor like this, and one of hers without; Bob has none. */
async function hostAndGuest(gvisor: typeof RUNSC | undefined) {
  const world = new VirtualCommune({ seed: 11 })
  for (const name of ['alice', 'bob']) world.owner(name)
  world.addMachine('walled', { owner: 'alice' })
  world.addMachine('plain', { owner: 'alice' })
  world.addMachine('bob-1', { owner: 'bob', offer: { cpuMilli: 0 } })
  if (gvisor) world.machine('walled').engine.about = { gvisor }
  return world.start()
}

/** What the containers of a machine run in. */
const runtimesOn = (world: VirtualCommune, machine: string) =>
  world.machine(machine).engine.containers.map(({ options }) => options.runtime)

describe('runtime: gvisor', () => {
  test('runs where there is gVisor, in it, and the others say why not', async () => {
    const world = await hostAndGuest(RUNSC)
    world.owner('bob').publish('web', { runtime: 'gvisor' })
    await world.settle()
    expect(world.placesOf('web')).toEqual(['walled'])
    expect(runtimesOn(world, 'walled')).toEqual(['runsc'])
    expect(world.bid('plain', 'bob', 'web')).toMatchObject({
      slots: 0,
      reason: 'constraint',
      message: 'it has to run in gVisor (runtime: gvisor), and this machine has none',
    })
  })

  test('is a label of the machine, for constraints', async () => {
    const world = await hostAndGuest(RUNSC)
    world.owner('bob').publish('web', { constraints: ['runtime in (gvisor)'] })
    await world.settle()
    expect(world.placesOf('web')).toEqual(['walled'])
    // Such a constraint is about the place; what asks for the wall says runtime: gvisor.
    expect(runtimesOn(world, 'walled')).toEqual([undefined])
  })

  test('with a declared port is refused where ports can’t be reached', async () => {
    const world = await hostAndGuest(NO_PORTS)
    world.owner('bob').publish('web', { runtime: 'gvisor', ports: [{ container: 8080 }] })
    world.owner('bob').publish('worker', { runtime: 'gvisor' })
    await world.settle()
    expect(world.workloadsOn('walled')).toEqual(['worker'])
    expect(world.bid('walled', 'bob', 'web')).toMatchObject({
      reason: 'constraint',
      message: 'its ports can’t be reached (runtime: gvisor)',
    })
  })

  test('a container that runs in something else is replaced', async () => {
    const world = await hostAndGuest(RUNSC)
    world.owner('bob').publish('web', { runtime: 'gvisor' })
    await world.settle()
    const [before] = world.machine('walled').engine.containers
    before!.options = { ...before!.options, runtime: 'runc' }
    await world.settle(3_600_000)
    const after = world.machine('walled').engine.containers
    expect(after.map(({ id }) => id)).not.toContain(before!.id)
    expect(runtimesOn(world, 'walled')).toEqual(['runsc'])
  })
})

describe('a machine’s policy', () => {
  test('grants members baseline in gVisor, where there is gVisor', async () => {
    const world = await hostAndGuest(RUNSC)
    world.owner('bob').publish('web', { security: 'baseline', user: '0', readOnly: false })
    await world.settle()
    expect(world.placesOf('web')).toEqual(['walled'])
    expect(runtimesOn(world, 'walled')).toEqual(['runsc'])
    expect(world.bid('plain', 'bob', 'web')).toMatchObject({ slots: 0, reason: 'policy' })
  })

  test('puts all of a member’s work into gVisor when it says so, and what runs as well', async () => {
    const world = await hostAndGuest(RUNSC)
    world.owner('bob').publish('web', { constraints: ['runtime=gvisor'] })
    await world.settle()
    expect(runtimesOn(world, 'walled')).toEqual([undefined])
    const members = { kind: 'members' } as const
    const rule = { name: 'guests', subject: members, terms: { runtime: 'gvisor' } } as const
    world.machine('walled').policy = { ...STANDARD_POLICY, rules: [rule] }
    world.machine('walled').running?.policyChanged()
    await world.settle()
    expect(runtimesOn(world, 'walled')).toEqual(['runsc'])
  })
})
