import { expect, test } from 'vitest'
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
