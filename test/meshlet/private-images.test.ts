import { expect, test } from 'vitest'
import { imageOf } from '../support/virtual-owner.ts'
import { VirtualCommune } from '../support/virtual-commune.ts'

const LOGIN = { username: 'alice', password: 'p', serverAddress: 'registry.example' }
const IMAGE = imageOf('private')

/** Alice and Bob work together; only Alice has a machine, which is logged in to her registry. */
async function aliceIsLoggedIn(): Promise<VirtualCommune> {
  const world = new VirtualCommune()
  for (const name of ['alice', 'bob']) world.owner(name)
  for (const owner of ['alice', 'bob']) world.addMachine(`${owner}-1`, { owner })
  world.machine('alice-1').credentials = LOGIN
  world.privateImages.set(IMAGE, 'alice')
  await world.start()
  return world
}

test('a machine pulls its owner’s private images with her credentials', async () => {
  const world = await aliceIsLoggedIn()
  world.owner('alice').publish('mine', { image: IMAGE })
  await world.settle()
  expect(world.placesOf('mine')).toEqual(['alice-1'])
})

test('her credentials serve nobody else, nor does what she pulled with them', async () => {
  const world = await aliceIsLoggedIn()
  world.owner('alice').publish('mine', { image: IMAGE })
  await world.settle()
  world.owner('bob').publish('stolen', { image: IMAGE })
  await world.advance(10 * 60_000)
  expect(world.placesOf('stolen')).toEqual([])
  expect(JSON.stringify(world.workloadStatus('alice-1', 'bob', 'stolen'))).toContain(
    'pull access denied',
  )
  expect(world.placesOf('mine')).toEqual(['alice-1'])
})

test('others’ public images are pulled without credentials, and run', async () => {
  const world = await aliceIsLoggedIn()
  world.owner('bob').publish('site', { replicas: 2, spread: 'meshlet' })
  await world.settle()
  expect(world.placesOf('site')).toEqual(['alice-1', 'bob-1'])
})
