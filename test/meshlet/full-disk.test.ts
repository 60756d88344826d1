import { expect, test } from 'vitest'
import { problemsOf } from '../../src/meshlet/health.ts'
import { threeOwners } from '../support/virtual-commune.ts'

test('a full disk: what runs goes on and is repaired, and nothing is lost once there is room', async () => {
  const world = await threeOwners().start()
  world.owner('alice').publish('web', { replicas: 3 })
  await world.settle()
  const [running] = world.containers('web')
  if (!running) throw new Error('nothing runs')
  const machine = world.machine(running.machine)
  const ids = () => world.containers('web').map(({ container }) => container.id)
  const before = ids()

  machine.diskFull = true
  await world.clock.run(machine.engine.killContainer(running.container.id))
  await world.advance(30 * 60_000)
  expect(ids()).toEqual(before)
  const restarts = () => world.workloadStatus(machine.name, 'alice', 'web')?.restarts
  expect(restarts()).toBe(1)
  expect(world.meshletStatus(machine.name)).toMatchObject({ epoch: 1, state: 'active' })

  machine.diskFull = false
  world.owner('alice').edit('web', { priority: 1 })
  await world.settle()
  const revision = () => world.workloadStatus(machine.name, 'alice', 'web')?.observedRevision
  const newest = revision()
  machine.restart()
  await world.settle()
  expect(ids()).toEqual(before)
  expect(revision()).toBe(newest)
  expect(world.meshletStatus(machine.name)?.epoch).toBe(1)
})

test('a full disk is said while it lasts, and what could not be kept is kept once there is room', async () => {
  const world = await threeOwners().start()
  world.owner('alice').publish('web', { replicas: 3 })
  await world.settle()
  const machine = world.machine('bob-1')
  machine.diskFull = true
  // Its status is written at least every quarter of an hour.
  const said = () => problemsOf(machine.meshlet)
  await world.until('it is noticed', () => said().length > 0, 16 * 60_000)
  expect(said()).toEqual(['The state folder can’t be written: database or disk is full'])
  await world.advance(60_000)
  expect(said()).toHaveLength(1)
  machine.diskFull = false
  await world.until('it is over', () => said().length === 0, 10_000)
  machine.restart()
  await world.settle()
  expect(world.meshletStatus('bob-1')?.epoch).toBe(1)
  expect(world.placesOf('web')).toHaveLength(3)
})

test('a machine whose disk is full can be drained, and remembers it once there is room', async () => {
  const world = await threeOwners().start()
  world.owner('alice').publish('web', { replicas: 2 })
  await world.settle()
  const [name = ''] = world.placesOf('web')
  const machine = world.machine(name)
  machine.diskFull = true
  machine.meshlet.duty.drain({ reason: 'its disk is full' })
  await world.until('it is empty', () => !world.placesOf('web').includes(name), 60_000)
  expect(world.placesOf('web')).toHaveLength(2)
  machine.diskFull = false
  await world.advance(10_000)
  machine.restart()
  await world.settle()
  expect(world.meshletStatus(name)).toMatchObject({
    state: 'draining',
    stateReason: 'its disk is full',
  })
})
