import { expect, test } from 'vitest'
import { didOf, threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

/** Alice and Bob list each other, and Alice lists somebody whose repo nobody can read. */
function withGhost(): VirtualCommune {
  const world = new VirtualCommune({ seed: 7 })
  for (const name of ['alice', 'bob']) world.owner(name)
  world.repos.of(didOf('ghost')).isDown = true
  world.addMachine('alice-1', { owner: 'alice', members: ['bob', 'ghost'] })
  world.addMachine('bob-1', { owner: 'bob', members: ['alice'] })
  return world
}

test('a member whose repo was never read delays new work by a minute, and no longer', async () => {
  const world = await withGhost().start()
  world.owner('alice').publish('web', { replicas: 2 })
  await world.advance(20_000)
  expect(world.containers()).toEqual([])
  expect(await world.untilRunning('web', 2)).toBeLessThan(70_000)
  world.owner('alice').publish('later', { replicas: 2 })
  expect(await world.untilRunning('later', 2)).toBeLessThan(10_000)
})

test('what runs goes on running when a member is added whose repo can’t be read', async () => {
  const world = await withGhost().start()
  await world.advance(70_000)
  world.owner('alice').publish('web', { replicas: 2 })
  await world.untilRunning('web', 2)
  const before = world.containers()
  await world.advance(20 * 60_000)
  expect(world.containers()).toEqual(before)
})

test('who joins and can’t read yet what others have bid takes nothing away from them', async () => {
  const world = threeOwners({ machine: { offer: { cpuMilli: 400 } } })
  await world.start()
  world.owner('alice').publish('web', { replicas: 2 })
  await world.settle()
  const before = world.placesOf('web')
  const newcomer = world.addMachine('alice-2', { owner: 'alice' })
  for (const name of ['alice-1', 'bob-1', 'carol-1'])
    world.network.cutReads(newcomer.did, didOf(name))
  newcomer.start()
  await world.advance(10_000)
  expect(world.bid('alice-2', 'alice', 'web')).toBeUndefined()
  world.heal()
  await world.settle()
  expect(world.placesOf('web')).toEqual(before)
})
