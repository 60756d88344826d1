import { describe, expect, test, vi } from 'vitest'
import { apiOf } from '../support/virtual-api.ts'
import { threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

/** The network of a workload takes the engine long: whoever will probably be chosen makes it before. */

const MACHINES = ['alice-1', 'bob-1', 'carol-1']

/** Whose engine has a network of the workload. */
function networksOf(world: VirtualCommune, name = 'web'): readonly string[] {
  return MACHINES.filter((machine) =>
    [...world.machine(machine).engine.networks.keys()].some((network) =>
      network.startsWith(`commune-${name}-`),
    ),
  )
}

/** The smallest of three machines does not answer, so that a window of a minute runs. */
async function openWindow() {
  const world = new VirtualCommune({ liveness: 'patient' })
  for (const name of ['alice', 'bob', 'carol']) world.owner(name)
  for (const owner of ['alice', 'bob']) world.addMachine(`${owner}-1`, { owner })
  world.addMachine('carol-1', { owner: 'carol', offer: { cpuMilli: 100 } })
  await world.start()
  world.machine('carol-1').crash()
  const publish = (name: string) =>
    world.owner('alice').publish(name, { placement: { bidWindowMs: 60_000 } })
  publish('web')
  await world.advance(5_000)
  const [machine = ''] = networksOf(world)
  return { world, publish, machine, name: 'web' }
}

describe('the network of a workload', () => {
  test.each([1, 2, 3])('is made once, by the one that is chosen (seed %i)', async (seed) => {
    const world = await threeOwners({ seed, liveness: 'patient' }).start()
    const made = MACHINES.map((name) => vi.spyOn(world.machine(name).engine.networks, 'set'))
    world.owner('alice').publish('web')
    await world.untilRunning('web', 1)
    await world.advance(20_000)
    const calls = MACHINES.map((name, i) => ({ name, calls: made[i]?.mock.calls.length }))
    const places = world.placesOf('web')
    expect(calls).toEqual(MACHINES.map((name) => ({ name, calls: places.includes(name) ? 1 : 0 })))
  })

  test('is there while the window runs, and nothing else is', async () => {
    const { world, machine, name } = await openWindow()
    expect(networksOf(world, name)).toEqual([machine])
    expect(world.containers(name)).toEqual([])
    expect(world.workloadStatus(machine, 'alice', name)).toBeUndefined()
    await world.untilRunning(name, 1)
    expect(world.placesOf(name)).toEqual([machine])
  })

  test('goes when the workload goes', async () => {
    const { world, name } = await openWindow()
    world.owner('alice').remove(name)
    await world.advance(5_000)
    expect(networksOf(world, name)).toEqual([])
  })

  test('goes when the machine takes its consent back, and moves to who is chosen', async () => {
    const { world, machine, name } = await openWindow()
    const input = { workload: world.uri('alice', name) }
    const caller = { did: world.owner('alice').did, roles: [] }
    const call = { caller, input, params: {}, signal: AbortSignal.any([]) }
    void apiOf(world, machine).deleteWorkload(call)
    await world.untilRunning(name, 1)
    expect(networksOf(world, name)).toEqual(world.placesOf(name))
    expect(world.placesOf(name)).not.toContain(machine)
  })

  test.each(['drain', 'shutdown'] as const)('goes with a %s of the machine', async (order) => {
    const { world, machine, name } = await openWindow()
    const caller = { did: world.owner('alice').did, roles: ['meshletOwner'] }
    const call = { caller, input: {}, params: {}, signal: AbortSignal.any([]) }
    void apiOf(world, machine)[order](call as never)
    await world.advance(5_000)
    expect(networksOf(world, name)).not.toContain(machine)
  })

  test('goes after a restart, when the workload went meanwhile', async () => {
    const { world, machine, name } = await openWindow()
    world.machine(machine).crash()
    world.owner('alice').remove(name)
    await world.advance(5_000)
    expect(networksOf(world, name)).toEqual([machine])
    world.machine(machine).start()
    await world.advance(10_000)
    expect(networksOf(world, name)).toEqual([])
  })

  test('is used after a restart, when the machine is chosen', async () => {
    const { world, machine, name } = await openWindow()
    world.machine(machine).restart()
    await world.untilRunning(name, 1)
    await world.settle()
    for (const one of MACHINES)
      expect(networksOf(world, name).includes(one)).toBe(world.placesOf(name).includes(one))
  })

  test('that could not be made is made when a container starts', async () => {
    const world = await threeOwners({ liveness: 'patient' }).start()
    const failing = MACHINES.map((name) =>
      vi.spyOn(world.machine(name).engine.networks, 'set').mockImplementationOnce(() => {
        throw new Error('no address is free')
      }),
    )
    world.owner('alice').publish('web')
    await world.untilRunning('web', 1, 5_000)
    expect(networksOf(world)).toEqual(world.placesOf('web'))
    const tries = failing.map(({ mock }) => mock.calls.length)
    expect(tries.toSorted((a, b) => a - b)).toEqual([0, 0, 2])
  })

  test('is not made for more than eight at a time', async () => {
    const { world, publish } = await openWindow()
    for (let i = 0; i < 40; i++) publish(`many${i}`)
    await world.advance(10_000)
    const counts = MACHINES.map((name) => world.machine(name).engine.networks.size)
    expect(counts).toEqual([8, 8, 0])
    expect(world.containers()).toEqual([])
    world.machine('carol-1').start()
    await world.settle()
    for (let i = 0; i < 40; i++) expect(world.placesOf(`many${i}`)).toHaveLength(1)
  })
})
