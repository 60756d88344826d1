import { describe, expect, test } from 'vitest'
import { NOTICE_MS } from '../../src/meshlet/desire.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { WorkloadStatusRecord } from '../../src/model/records.ts'
import { threeOwners, type VirtualCommune } from '../support/virtual-commune.ts'

const MACHINES = ['alice-1', 'bob-1', 'carol-1']

/** So many small workloads of Alice, each once, and a machine that runs some of them. */
async function busyCommune(count: number, machine?: Parameters<typeof threeOwners>[0]) {
  const world = await threeOwners(machine).start()
  const names = Array.from({ length: count }, (_, i) => `w${i}`)
  for (const name of names) world.owner('alice').publish(name)
  await world.settle()
  const holder = MACHINES.find((one) => world.workloadsOn(one).length > 0) ?? ''
  return { world, names, holder }
}

/** The fewest replicas that each workload had at any moment from now on. */
function watchFewest(world: VirtualCommune, names: readonly string[]): Map<string, number> {
  const fewest = new Map(names.map((name) => [name, world.containers(name).length]))
  world.trace.onAction(() => {
    for (const [name, before] of fewest)
      fewest.set(name, Math.min(before, world.containers(name).length))
  })
  return fewest
}

function statusesOf(world: VirtualCommune, machine: string) {
  return world.repos.list<WorkloadStatusRecord>(
    world.machine(machine).did,
    COLLECTION.workloadStatus,
  )
}

describe('a cordon', () => {
  test('keeps what runs, takes nothing new, and gives its places as a standby back', async () => {
    const { world, holder } = await busyCommune(3)
    const before = world.workloadsOn(holder)
    world.machine(holder).meshlet.duty.pause('disk is to be changed')
    world.owner('alice').publish('late', { replicas: 3 })
    await world.settle()
    expect(world.workloadsOn(holder)).toEqual(before)
    expect(world.containers('late')).toHaveLength(3)
    expect(world.meshletStatus(holder)).toMatchObject({
      state: 'cordoned',
      stateReason: 'disk is to be changed',
    })
    const refusal = { slots: 0, reason: 'cordoned', message: /disk is to be changed/ }
    expect(world.bid(holder, 'alice', 'late')).toMatchObject({
      ...refusal,
      message: expect.stringMatching(refusal.message) as string,
    })
    for (const name of ['w0', 'w1', 'w2'].filter((one) => !before.includes(one)))
      expect(world.bid(holder, 'alice', name)).toMatchObject({
        reason: 'cordoned',
        refused: { standing: true },
      })
  })

  test('stays over a restart, with and without the state folder, until it is lifted', async () => {
    const { world, holder } = await busyCommune(1)
    world.machine(holder).meshlet.duty.pause()
    await world.settle()
    for (const withState of [true, false]) {
      world.machine(holder).restart({ withState })
      await world.settle()
      expect(world.meshletStatus(holder)?.state).toBe('cordoned')
    }
    world.machine(holder).meshlet.duty.resume()
    await world.settle()
    expect(world.meshletStatus(holder)).toMatchObject({ state: 'active' })
    for (const other of MACHINES.filter((one) => one !== holder))
      world.machine(other).meshlet.duty.pause()
    world.owner('alice').publish('next')
    await world.untilRunning('next', 1)
    expect(world.placesOf('next')).toEqual([holder])
    await world.settle()
  })

  test('once lifted leaves no refusal behind that still speaks of it', async () => {
    const { world, holder } = await busyCommune(1)
    const idle = MACHINES.find((one) => one !== holder) ?? ''
    world.machine(idle).meshlet.duty.pause()
    await world.settle()
    expect(world.bid(idle, 'alice', 'w0')).toMatchObject({ reason: 'cordoned' })
    world.machine(idle).meshlet.duty.resume()
    await world.settle()
    expect(world.bid(idle, 'alice', 'w0')?.reason).toBeUndefined()
  })
})

describe('a drain', () => {
  test('moves everything away, each container only when its replacement runs', async () => {
    const { world, names, holder } = await busyCommune(6)
    const fewest = watchFewest(world, names)
    world.machine(holder).meshlet.duty.drain({ reason: 'new kernel' })
    await world.until('it is empty', () => world.workloadsOn(holder).length === 0, 60_000)
    await world.settle()
    expect(names.map((name) => world.containers(name).length)).toEqual(names.map(() => 1))
    expect([...fewest.values()]).toEqual(names.map(() => 1))
    expect(statusesOf(world, holder)).toEqual([])
    expect(world.meshletStatus(holder)).toMatchObject({
      state: 'draining',
      stateReason: 'new kernel',
    })
    expect(world.machine(holder).running).toBeDefined()
    world.owner('alice').publish('late')
    await world.settle()
    expect(world.placesOf('late')).not.toContain(holder)
    expect(world.workloadsOn(holder)).toEqual([])
  })

  test('waits for a replacement, and without one stops in time', async () => {
    const { world, holder } = await busyCommune(1)
    for (const other of MACHINES.filter((one) => one !== holder))
      world.machine(other).meshlet.duty.pause()
    await world.settle()
    world.machine(holder).meshlet.duty.drain({})
    await world.advance(NOTICE_MS - 30_000)
    expect(world.placesOf('w0')).toEqual([holder])
    await world.advance(60_000)
    expect(world.placesOf('w0')).toEqual([])
    await world.settle()
    world.machine(holder).meshlet.duty.resume()
    await world.untilRunning('w0', 1)
    await world.settle()
  })

  test('takes whoever comes free in the meantime', async () => {
    const { world, holder } = await busyCommune(1)
    const others = MACHINES.filter((one) => one !== holder)
    for (const other of others) world.machine(other).meshlet.duty.pause()
    await world.settle()
    const fewest = watchFewest(world, ['w0'])
    world.machine(holder).meshlet.duty.drain({ timeoutMs: 3_600_000 })
    await world.advance(2 * NOTICE_MS)
    expect(world.placesOf('w0')).toEqual([holder])
    world.machine(others[0] ?? '').meshlet.duty.resume()
    await world.until('it moved', () => !world.placesOf('w0').includes(holder))
    expect(world.placesOf('w0')).toEqual([others[0]])
    expect([...fewest.values()]).toEqual([1])
    await world.settle()
  })

  test('ended before anybody took over, it keeps its containers', async () => {
    const { world, holder } = await busyCommune(1)
    for (const other of MACHINES.filter((one) => one !== holder))
      world.machine(other).meshlet.duty.pause()
    await world.settle()
    const [before] = world.containers('w0')
    world.machine(holder).meshlet.duty.drain({})
    await world.advance(60_000)
    world.machine(holder).meshlet.duty.resume()
    await world.settle()
    await world.advance(2 * NOTICE_MS)
    expect(world.containers('w0').map(({ container }) => container.id)).toEqual([
      before?.container.id,
    ])
  })

  test('goes on over a restart, with the time that was left', async () => {
    const { world, holder } = await busyCommune(1)
    for (const other of MACHINES.filter((one) => one !== holder))
      world.machine(other).meshlet.duty.pause()
    await world.settle()
    world.machine(holder).meshlet.duty.drain({})
    await world.advance(NOTICE_MS / 2)
    world.machine(holder).crash()
    await world.advance(5_000)
    world.machine(holder).restart()
    await world.advance(NOTICE_MS / 2 - 60_000)
    expect(world.placesOf('w0')).toEqual([holder])
    await world.advance(90_000)
    expect(world.placesOf('w0')).toEqual([])
    await world.settle()
  })

  test('with no time at all stops at once, also what is to run everywhere', async () => {
    const { world, holder } = await busyCommune(2)
    world.owner('alice').publish('agent', { everywhere: true })
    await world.settle()
    world.machine(holder).meshlet.duty.drain({ timeoutMs: 0 })
    await world.until('it is empty', () => world.workloadsOn(holder).length === 0, 20_000)
    await world.settle()
    expect(world.placesOf('agent')).toEqual(MACHINES.filter((one) => one !== holder))
  })

  test('empties the machine even of work whose owner can’t be read', async () => {
    const { world, holder } = await busyCommune(1)
    world.machine(holder).crash()
    world.owner('alice').isDown = true
    world.machine(holder).restart({ withState: false })
    await world.advance(60_000)
    expect(world.placesOf('w0')).toContain(holder)
    world.machine(holder).meshlet.duty.drain({ timeoutMs: 60_000 })
    await world.until('it is empty', () => world.workloadsOn(holder).length === 0, 90_000)
    await world.advance(10_000)
    expect(world.bid(holder, 'alice', 'w0')?.slots ?? 0).toBe(0)
  })
})

describe('a shutdown', () => {
  test('moves everything away, says that it is gone, and ends the program', async () => {
    const { world, names, holder } = await busyCommune(4)
    const fewest = watchFewest(world, names)
    world.machine(holder).meshlet.duty.drain({ thenEnd: true })
    await world.until('it ended', () => world.machine(holder).running === undefined, 60_000)
    expect(world.workloadsOn(holder)).toEqual([])
    expect(world.meshletStatus(holder)?.state).toBe('stopped')
    await world.settle()
    expect(names.map((name) => world.containers(name).length)).toEqual(names.map(() => 1))
    expect([...fewest.values()]).toEqual(names.map(() => 1))
  })

  test('goes on over a restart; started again after it, the machine waits to be told', async () => {
    const { world, holder } = await busyCommune(2)
    world.machine(holder).meshlet.duty.drain({ thenEnd: true })
    world.machine(holder).restart()
    await world.until('it ended', () => world.machine(holder).running === undefined, 60_000)
    await world.settle()
    world.machine(holder).start()
    await world.settle()
    expect(world.meshletStatus(holder)?.state).toBe('cordoned')
    expect(world.workloadsOn(holder)).toEqual([])
    world.machine(holder).meshlet.duty.resume()
    await world.settle()
    expect(world.meshletStatus(holder)?.state).toBe('active')
  })

  test('waits for nobody when its PDS is down, but for its time', async () => {
    const { world, holder } = await busyCommune(1)
    world.repos.of(world.machine(holder).did).isDown = true
    world.machine(holder).meshlet.duty.drain({ thenEnd: true, timeoutMs: 120_000 })
    await world.until('it ended', () => world.machine(holder).running === undefined, 180_000)
    expect(world.machine(holder).engine.containers).toEqual([])
  })
})
