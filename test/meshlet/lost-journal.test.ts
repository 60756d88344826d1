import { expect, test } from 'vitest'
import { threeOwners } from '../support/virtual-commune.ts'

async function everywhere() {
  const world = await threeOwners().start()
  world.owner('alice').publish('web', { replicas: 3 })
  await world.settle()
  const ids = () => world.containers('web').map(({ container }) => container.id)
  return { world, machine: world.machine('bob-1'), ids, from: world.trace.entries.length }
}

test('a journal that is lost alone: everything goes on under a new epoch', async () => {
  const { world, machine, ids, from } = await everywhere()
  const before = ids()
  machine.restart({ withJournal: false })
  await world.settle()
  expect(ids()).toEqual(before)
  expect(world.trace.actions(undefined, from)).toEqual([])
  expect(world.meshletStatus('bob-1')?.epoch).toBe(2)
})

test('what the copy of the own repo does not hold yet is waited for: no epoch comes twice', async () => {
  const { world, machine, ids, from } = await everywhere()
  const before = ids()
  const epoch = () => world.meshletStatus('bob-1')?.epoch
  machine.recordDelayFactor = 50
  for (const next of [2, 3, 4]) {
    machine.restart({ withJournal: false })
    await world.until(`epoch ${next}`, () => epoch() === next)
  }
  machine.recordDelayFactor = 1
  await world.settle()
  expect(epoch()).toBe(4)
  expect(ids()).toEqual(before)
  expect(world.trace.actions(undefined, from)).toEqual([])
})

test('while its PDS can’t be read either, what runs goes on', async () => {
  const { world, machine, ids, from } = await everywhere()
  const before = ids()
  world.repos.of(machine.did).isDown = true
  machine.restart({ withJournal: false })
  await world.advance(10 * 60_000)
  expect(ids()).toEqual(before)
  world.repos.of(machine.did).isDown = false
  await world.until('a new epoch', () => world.meshletStatus('bob-1')?.epoch === 2, 10 * 60_000)
  await world.settle()
  expect(ids()).toEqual(before)
  expect(world.trace.actions(undefined, from)).toEqual([])
})
