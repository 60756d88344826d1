import { expect, test } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import { threeOwners } from '../support/virtual-commune.ts'

const HOURS = 6

test('hours in peace: only the status is refreshed, and the engine is asked at the resync alone', async () => {
  const world = await threeOwners({ liveness: 'patient' }).start()
  for (let i = 0; i < 3; i++) world.owner('alice').publish(`w${i}`, { replicas: 2 })
  await world.settle()
  const from = world.trace.entries.length
  const calls = new Map(world.trace.engineCalls)
  await world.advance(HOURS * 60 * 60_000)
  expect(world.trace.actions(undefined, from)).toEqual([])
  for (const { name, did } of world.machines.values()) {
    const writes = world.trace.writes(did, from)
    expect(writes.every(({ collection }) => collection === COLLECTION.meshletStatus)).toBe(true)
    // Every 15 minutes: 96 a day.
    expect(Math.abs(writes.length - 4 * HOURS)).toBeLessThanOrEqual(1)
    // Containers and networks, once a minute.
    const asked = (world.trace.engineCalls.get(name) ?? 0) - (calls.get(name) ?? 0)
    expect(asked).toBeLessThanOrEqual(2 * HOURS * 60 + 2)
  }
})
