import { expect, test } from 'vitest'
import { threeOwners } from '../support/virtual-commune.ts'

const HOUR_MS = 60 * 60_000

test.each([
  ['everybody’s PDS', ['alice', 'alice-1', 'bob', 'bob-1', 'carol', 'carol-1']],
  ['the PDS of one owner and her machine', ['alice', 'alice-1']],
  ['the PDS of a machine', ['bob-1']],
])('%s is down for an hour: nothing stops, nothing moves', async (_, down) => {
  const world = await threeOwners().start()
  for (const name of ['a', 'b']) world.owner('alice').publish(name, { replicas: 3 })
  await world.settle()
  const ids = () => world.containers().map(({ machine, container }) => `${machine} ${container.id}`)
  const before = ids()
  const from = world.trace.entries.length
  const repos = down.map((name) => world.repos.of(`did:plc:${name}`))
  for (const repo of repos) repo.isDown = true
  await world.advance(HOUR_MS)
  expect(ids()).toEqual(before)
  for (const repo of repos) repo.isDown = false
  await world.settle()
  expect(ids()).toEqual(before)
  expect(world.trace.actions(undefined, from)).toEqual([])
})
