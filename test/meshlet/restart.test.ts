import { expect, test } from 'vitest'
import { threeOwners } from '../support/virtual-commune.ts'

const MACHINES = ['alice-1', 'bob-1', 'carol-1']

async function threeWorkloads() {
  const world = await threeOwners().start()
  for (const name of ['a', 'b', 'c']) world.owner('alice').publish(name, { replicas: 3 })
  await world.settle()
  return { world, ids: idsOf(world), from: world.trace.entries.length }
}

function idsOf(world: ReturnType<typeof threeOwners>): readonly string[] {
  return world.containers().map(({ machine, container }) => `${machine} ${container.id}`)
}

test('a meshlet that is killed and started again adopts its containers without touching any', async () => {
  const { world, ids, from } = await threeWorkloads()
  for (const name of MACHINES) world.machine(name).restart()
  await world.settle()
  expect(idsOf(world)).toEqual(ids)
  expect(world.trace.actions(undefined, from)).toEqual([])
  expect(MACHINES.map((name) => world.meshletStatus(name)?.epoch)).toEqual([1, 1, 1])
})

test('what is to run everywhere goes on over a restart, also while a machine has not answered', async () => {
  const world = await threeOwners().start()
  world.machine('carol-1').crash()
  world.owner('alice').publish('web', { everywhere: true })
  await world.untilRunning('web', 2)
  await world.settle()
  const ids = idsOf(world)
  const from = world.trace.entries.length
  world.machine('bob-1').restart()
  await world.settle()
  expect(idsOf(world)).toEqual(ids)
  expect(world.trace.actions(undefined, from)).toEqual([])
})

test('SIGTERM ends the meshlet and leaves the containers', async () => {
  const { world, ids, from } = await threeWorkloads()
  await world.machine('alice-1').stop()
  expect(idsOf(world)).toEqual(ids)
  world.machine('alice-1').start()
  await world.settle()
  expect(idsOf(world)).toEqual(ids)
  expect(world.trace.actions(undefined, from)).toEqual([])
})

test('a meshlet that lost its state adopts them too, under a new epoch, and writes little', async () => {
  const { world, ids, from } = await threeWorkloads()
  world.machine('bob-1').restart({ withState: false })
  await world.settle()
  expect(idsOf(world)).toEqual(ids)
  expect(world.trace.actions(undefined, from)).toEqual([])
  expect(world.meshletStatus('bob-1')?.epoch).toBe(2)
  expect(world.trace.writes(world.machine('bob-1').did, from).length).toBeLessThanOrEqual(3)
})

test('everybody loses the state at once', async () => {
  const { world, ids, from } = await threeWorkloads()
  for (const name of MACHINES) world.machine(name).restart({ withState: false })
  await world.settle()
  expect(idsOf(world)).toEqual(ids)
  expect(world.trace.actions(undefined, from)).toEqual([])
})

test.each([true, false])('everybody loses power; state kept: %s', async (withState) => {
  const { world } = await threeWorkloads()
  for (const name of MACHINES) world.machine(name).powerCut()
  await world.advance(5 * 60_000)
  for (const name of MACHINES) world.machine(name).restart({ withState })
  await world.settle()
  for (const name of ['a', 'b', 'c']) expect(world.containers(name)).toHaveLength(3)
})

test('killed at any moment of a placement, it leaves nothing behind and doubles nothing', async () => {
  for (let killAfterMs = 0; killAfterMs < 800; killAfterMs += 40) {
    const world = await threeOwners({ seed: killAfterMs + 1 }).start()
    world.owner('alice').publish('web', { replicas: 3 })
    await world.advance(killAfterMs)
    for (const name of MACHINES) world.machine(name).restart()
    await world.settle()
    expect(world.containers('web')).toHaveLength(3)
    for (const name of MACHINES)
      expect(world.machine(name).engine.containers).toHaveLength(world.workloadsOn(name).length)
  }
})

test('the owner’s repo can’t be read at the start: her containers are kept as they are', async () => {
  const { world, ids, from } = await threeWorkloads()
  world.owner('alice').isDown = true
  for (const name of MACHINES) world.machine(name).restart({ withState: false })
  await world.advance(60 * 60_000)
  expect(idsOf(world)).toEqual(ids)
  expect(world.trace.actions(undefined, from)).toEqual([])
  world.owner('alice').isDown = false
  await world.settle()
  expect(idsOf(world)).toEqual(ids)
})

test('a record that does not fit its lexicon any more stops nothing', async () => {
  const { world, ids, from } = await threeWorkloads()
  const record = world.workload('alice', 'a')
  if (!record) throw new Error('no record')
  const collection = record.$type
  const value = { ...record, replicas: -1 }
  const write = { action: 'put', collection, rkey: 'a', value } as const
  world.repos.commit(world.owner('alice').did, [write])
  await world.settle()
  expect(idsOf(world)).toEqual(ids)
  expect(world.trace.actions(undefined, from)).toEqual([])
})
