import { expect, test } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { MeshletRecord } from '../../src/model/records.ts'
import { didOf, threeOwners, type VirtualCommune } from '../support/virtual-commune.ts'

/** Two replicas of `web`, one of them on the machine, which nobody can call. */
async function behindNat() {
  const world = await threeOwners({ machine: { isBehindNat: true } }).start()
  world.owner('alice').publish('web', { replicas: 2 })
  await world.settle()
  const [name = ''] = world.placesOf('web')
  return { world, name, owner: name.slice(0, -2) }
}

/** What the owner writes into her record of the machine. */
function say(world: VirtualCommune, name: string, word: Partial<MeshletRecord>): void {
  const owner = didOf(name.slice(0, -2))
  const createdAt = new Date(world.clock.wallMs()).toISOString()
  const link = { $type: COLLECTION.meshlet, meshletDid: didOf(name), createdAt }
  const value = { ...link, stateSince: createdAt, ...word }
  const rkey = name
  world.repos.commit(owner, [{ action: 'put', collection: COLLECTION.meshlet, rkey, value }])
}

test('a machine that nobody can call drains because its owner’s record says so', async () => {
  const { world, name } = await behindNat()
  say(world, name, { desiredState: 'draining', stateReason: 'a new disk' })
  await world.until('it is empty', () => world.workloadsOn(name).length === 0)
  await world.settle()
  expect(world.placesOf('web')).toHaveLength(2)
  expect(world.meshletStatus(name)).toMatchObject({ state: 'draining', stateReason: 'a new disk' })

  say(world, name, { desiredState: 'active' })
  await world.settle()
  expect(world.meshletStatus(name)?.state).toBe('active')
})

test('one that is cordoned by record keeps what runs, also over a restart', async () => {
  const { world, name } = await behindNat()
  say(world, name, { desiredState: 'cordoned' })
  await world.settle()
  world.machine(name).restart()
  await world.settle()
  expect(world.meshletStatus(name)?.state).toBe('cordoned')
  expect(world.placesOf('web')).toContain(name)
})

test('the last word counts: what was said by a call is not taken back by an older record', async () => {
  const { world, name } = await behindNat()
  say(world, name, { desiredState: 'cordoned' })
  await world.settle()
  world.machine(name).meshlet.duty.resume()
  await world.settle()
  world.machine(name).restart()
  await world.settle()
  expect(world.meshletStatus(name)?.state).toBe('active')
  say(world, name, { desiredState: 'cordoned' })
  await world.settle()
  expect(world.meshletStatus(name)?.state).toBe('cordoned')
})

test('nobody else’s record counts', async () => {
  const { world, name } = await behindNat()
  const stranger = ['alice', 'bob', 'carol'].find((owner) => !name.startsWith(owner)) ?? ''
  const value = {
    $type: COLLECTION.meshlet,
    meshletDid: didOf(name),
    desiredState: 'draining',
    createdAt: new Date(world.clock.wallMs()).toISOString(),
  }
  const record = { action: 'put', collection: COLLECTION.meshlet, rkey: 'mine', value } as const
  world.repos.commit(didOf(stranger), [record])
  await world.settle()
  expect(world.meshletStatus(name)?.state).toBe('active')
  expect(world.placesOf('web')).toContain(name)
})
