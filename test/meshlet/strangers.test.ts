import { expect, test } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import { didOf, VirtualCommune } from '../support/virtual-commune.ts'
import { imageOf } from '../support/virtual-owner.ts'

test('#38 a workload that names another owner is its writer’s, and nobody runs a stranger’s', async () => {
  const world = new VirtualCommune()
  for (const owner of ['alice', 'mallory']) world.owner(owner)
  world.addMachine('alice-1', { owner: 'alice', members: [] })
  await world.start()
  world.owner('alice').publish('web')
  await world.untilRunning('web', 1)
  const { did } = world.owner('mallory')
  const value = {
    $type: COLLECTION.workload,
    kind: 'Workload',
    name: 'web',
    image: imageOf('hers'),
    replicas: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    owner: didOf('alice'),
    ownerDid: didOf('alice'),
    uri: world.uri('alice', 'web'),
  }
  world.repos.commit(did, [{ action: 'put', collection: COLLECTION.workload, rkey: 'web', value }])
  await world.settle()
  expect(world.containers().map(({ container }) => container.image)).toEqual([imageOf('web')])
})
