import { describe, expect, test } from 'vitest'
import { threeOwners, VirtualCommune, type MachineOptions } from '../support/virtual-commune.ts'

const STOP = { placement: { onPartition: 'stop' } } as const

async function oneReplica(world: VirtualCommune) {
  await world.start()
  world.owner('alice').publish('web', STOP)
  await world.untilRunning('web', 1)
  await world.settle()
  const [holder = ''] = world.placesOf('web')
  return { world, holder }
}

function commune(owners: readonly string[], machine: Partial<MachineOptions> = {}) {
  const world = new VirtualCommune({ liveness: 'fast' })
  for (const name of owners) world.owner(name)
  for (const name of owners) world.addMachine(`${name}-1`, { ...machine, owner: name })
  return world
}

/** Most replicas that ran at the same time from now on. */
function watchMost(world: VirtualCommune) {
  const watch = { most: world.containers('web').length }
  world.trace.onAction(() => {
    watch.most = Math.max(watch.most, world.containers('web').length)
  })
  return watch
}

describe('onPartition: stop', () => {
  test('a machine that is cut off stops the workload before another takes over', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const { world, holder } = await oneReplica(threeOwners({ liveness: 'fast', seed }))
      const watch = watchMost(world)
      world.isolate(holder, { records: true })
      await world.until('it stops', () => world.containers('web').length === 0, 5_500)
      await world.until('a replacement', () => world.containers('web').length === 1, 15_000)
      expect(world.placesOf('web')).not.toEqual([holder])
      expect(watch.most).toBe(1)
      const places = world.placesOf('web')
      world.heal()
      await world.settle()
      expect(world.placesOf('web')).toEqual(places)
    }
  })

  test('it says so, and starts again when it is back and still chosen', async () => {
    const { world, holder } = await oneReplica(threeOwners({ liveness: 'normal' }))
    world.isolate(holder)
    await world.until('it stops', () => world.containers('web').length === 0, 12_000)
    const said = () => world.workloadStatus(holder, 'alice', 'web')
    await world.until('it says so', () => said()?.phase === 'stopped', 1_000)
    expect(said()?.lastError).toBe(
      'cut off: 1 of 2 needed are in touch with this machine, itself included',
    )
    world.heal()
    await world.untilRunning('web', 1, 6_000)
    expect(world.placesOf('web')).toEqual([holder])
    await world.settle()
    expect(said()).toMatchObject({ phase: 'running' })
    expect(said()?.lastError).toBeUndefined()
  })

  test('what is to be kept goes on beside it', async () => {
    const { world, holder } = await oneReplica(threeOwners({ liveness: 'fast' }))
    world.owner('bob').publish('agent', { everywhere: true })
    await world.settle()
    world.isolate(holder, { records: true })
    await world.until('it stops', () => world.containers('web').length === 0, 6_000)
    await world.advance(60_000)
    expect(world.placesOf('agent')).toContain(holder)
  })

  test('a program that starts again while it is cut off starts nothing', async () => {
    const { world, holder } = await oneReplica(threeOwners({ liveness: 'fast' }))
    world.isolate(holder, { records: true })
    await world.until('it stops', () => world.containers('web').length === 0, 6_000)
    world.machine(holder).restart()
    const from = world.trace.entries.length
    await world.advance(60_000)
    const starts = world.trace.actions(holder, from).filter(({ call }) => call === 'startContainer')
    expect(starts).toEqual([])
  })

  test('a program that starts again while all is well stops nothing', async () => {
    const { world, holder } = await oneReplica(threeOwners({ liveness: 'fast' }))
    const [running] = world.containers('web')
    world.machine(holder).restart()
    await world.settle()
    expect(world.containers('web')).toEqual([running])
  })

  test('of two owners, the one that is left runs it again when the other counts as down', async () => {
    const { world, holder } = await oneReplica(commune(['alice', 'bob']))
    const other = holder === 'alice-1' ? 'bob-1' : 'alice-1'
    world.machine(other).powerCut()
    await world.until('it stops', () => world.containers('web').length === 0, 6_000)
    await world.untilRunning('web', 1, 10_000)
    expect(world.placesOf('web')).toEqual([holder])
  })

  test('a machine that is the only one is never cut off', async () => {
    const { world, holder } = await oneReplica(commune(['alice']))
    const [running] = world.containers('web')
    world.isolate(holder, { records: true })
    await world.advance(10 * 60_000)
    expect(world.containers('web')).toEqual([running])
  })

  test('where nobody can call anybody it is as with keep', async () => {
    const world = commune(['alice', 'bob', 'carol'], { isBehindNat: true })
    await oneReplica(world)
    const [running] = world.containers('web')
    await world.advance(10 * 60_000)
    expect(world.containers('web')).toEqual([running])
  })

  test('behind NAT it is enough that this machine calls, or that the other does', async () => {
    const world = new VirtualCommune({ liveness: 'fast' })
    for (const name of ['alice', 'bob', 'carol']) world.owner(name)
    world.addMachine('alice-1', { owner: 'alice' })
    for (const name of ['bob', 'carol'])
      world.addMachine(`${name}-1`, { owner: name, isBehindNat: true })
    await world.start()
    world.owner('alice').publish('web', { ...STOP, replicas: 3 })
    await world.untilRunning('web', 3)
    await world.settle()
    const running = world.containers('web')
    await world.advance(10 * 60_000)
    expect(world.containers('web')).toEqual(running)
  })
})
