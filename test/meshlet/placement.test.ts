import { expect, test } from 'vitest'
import { threeOwners } from '../support/virtual-commune.ts'

test('two replicas on three machines', async () => {
  const world = await threeOwners().start()
  world.owner('alice').publish('web', { replicas: 2 })
  await world.untilRunning('web', 2)
  await world.settle()
  expect(world.placesOf('web')).toHaveLength(2)
})
