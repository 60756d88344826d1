import { expect, test } from 'vitest'
import { threeOwners, type VirtualCommune } from '../support/virtual-commune.ts'

const MACHINES = ['alice-1', 'bob-1', 'carol-1']

async function threeReplicas(): Promise<VirtualCommune> {
  const world = await threeOwners().start()
  world.owner('alice').publish('web', { replicas: 3 })
  await world.settle()
  return world
}

function epochs(world: VirtualCommune) {
  return MACHINES.map((name) => world.meshletStatus(name)?.epoch)
}

test('an engine that lost its data while the meshlet ran: a new epoch, and the replica is back', async () => {
  const world = await threeReplicas()
  world.machine('bob-1').engine.wipe()
  await world.settle()
  expect(epochs(world)).toEqual([1, 2, 1])
  expect(world.placesOf('web')).toEqual(MACHINES)
})

test('the same while the meshlet was stopped', async () => {
  const world = await threeReplicas()
  await world.machine('bob-1').stop()
  world.machine('bob-1').engine.wipe()
  world.machine('bob-1').start()
  await world.settle()
  expect(epochs(world)).toEqual([1, 2, 1])
  expect(world.placesOf('web')).toEqual(MACHINES)
})

test('the same after others took the work over: it stays with them', async () => {
  const world = await threeOwners().start()
  world.owner('alice').publish('web')
  await world.settle()
  const [first = ''] = world.placesOf('web')
  world.machine(first).crash().engine.wipe()
  await world.until('another machine runs it', () => world.placesOf('web').length === 1)
  await world.settle()
  const places = world.placesOf('web')
  world.machine(first).restart()
  await world.settle()
  expect(world.placesOf('web')).toEqual(places)
  expect(world.meshletStatus(first)?.epoch).toBe(2)
})

test('a container that somebody removed, or that the owner wants no more, is no loss of data', async () => {
  const world = await threeReplicas()
  const [running] = world.containers('web')
  if (!running) throw new Error('nothing runs')
  await world.clock.run(world.machine(running.machine).engine.removeContainer(running.container.id))
  await world.settle()
  expect(world.placesOf('web')).toEqual(MACHINES)
  world.owner('alice').remove('web')
  await world.settle()
  for (const name of MACHINES) world.machine(name).restart()
  await world.settle()
  expect(world.containers()).toEqual([])
  expect(epochs(world)).toEqual([1, 1, 1])
})
