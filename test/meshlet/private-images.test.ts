import { expect, test } from 'vitest'
import { CommuneError } from '../../src/model/errors.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
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

function sealForBob(world: VirtualCommune, recipient: string): void {
  const bob = world.owner('bob')
  bob.write(COLLECTION.secret, 'mine.registry.example', {
    workload: workloadUri(bob.did, 'mine'),
    generation: 1,
    recipients: [recipient],
    ciphertext: new Uint8Array(1),
  })
}

/** Bob sealed the login of his registry for the machine of Alice, and for one workload. */
async function bobSealedForAlice(): Promise<VirtualCommune> {
  const world = new VirtualCommune()
  for (const name of ['alice', 'bob', 'carol']) world.owner(name)
  for (const owner of ['alice', 'bob', 'carol']) world.addMachine(`${owner}-1`, { owner })
  const login = { registry: 'registry.example', username: 'bob', password: 'p' }
  // Real keys take real time; their tests stand beside them.
  world.machine('alice-1').sealKey = { recipient: 'age1pq1alice', open: async () => login }
  world.privateImages.set(IMAGE, 'bob')
  await world.start()
  sealForBob(world, 'age1pq1alice')
  return world
}

test.each(['n1', 'n2', 'n3', 'n4', 'n5'])(
  'whoever is chosen and has no login hands the place on (%s)',
  async (placementNonce) => {
    const world = await bobSealedForAlice()
    world.owner('bob').publish('mine', { image: IMAGE, placementNonce })
    await world.until('it runs', () => world.placesOf('mine').length === 1, 60_000)
    await world.settle()
    expect(world.placesOf('mine')).toEqual(['alice-1'])
  },
)

test('what Bob sealed serves his workload alone: not Carol’s, nor another of his', async () => {
  const world = await bobSealedForAlice()
  const bob = world.owner('bob')
  bob.publish('mine', { image: IMAGE })
  await world.until('it runs', () => world.placesOf('mine').length === 1, 10 * 60_000)
  bob.publish('other', { image: IMAGE })
  world.owner('carol').publish('stolen', { image: IMAGE })
  await world.advance(10 * 60_000)
  expect(world.placesOf('other')).toEqual([])
  expect(world.placesOf('stolen')).toEqual([])
  expect(world.placesOf('mine')).toEqual(['alice-1'])
})

test('a status says why what was sealed could not be used', async () => {
  const world = new VirtualCommune()
  for (const owner of ['alice', 'bob']) {
    world.owner(owner)
    world.addMachine(`${owner}-1`, { owner })
    world.machine(`${owner}-1`).sealKey = {
      recipient: `age1pq1${owner}`,
      open: () =>
        Promise.reject(new CommuneError('forbidden', 'it was not sealed for this machine')),
    }
  }
  world.privateImages.set(IMAGE, 'nobody')
  await world.start()
  sealForBob(world, 'age1pq1other')
  world.owner('bob').publish('mine', { image: IMAGE })
  const why =
    /pull access denied .*; the sealed secret mine\.registry\.example can’t be used: it was not sealed for this machine/
  const said = () =>
    ['alice-1', 'bob-1'].map((name) => JSON.stringify(world.workloadStatus(name, 'bob', 'mine')))
  await world.until('a status says why', () => why.test(said().join(' ')), 10 * 60_000)
})
