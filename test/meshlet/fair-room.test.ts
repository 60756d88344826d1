import { expect, test, vi } from 'vitest'
import { closedDayOf } from '../../src/ledger/ledger-day.ts'
import { intoRepos, writeHeld } from '../support/ledger-view.ts'
import { VirtualCommune } from '../support/virtual-commune.ts'

vi.setConfig({ testTimeout: 120_000 })

const OWNERS = ['alice', 'bob', 'carol'] as const
const MIB = 1024 ** 2
/** A 24th of the machine that has room. */
const SMALL = { cpuMilli: 100, memoryBytes: 16 * MIB }

/** Carol's machine is full; Alice has given half of what Carol took of her credit line. */
async function unequalGifts(seed: number): Promise<VirtualCommune> {
  const world = new VirtualCommune({ seed, liveness: 'patient' })
  for (const name of OWNERS) world.owner(name)
  const tiny = { cpuMilli: 50 }
  const a1 = world.addMachine('a1', { owner: 'alice', offer: tiny })
  world.addMachine('b1', { owner: 'bob', offer: tiny })
  world.addMachine('c1', { owner: 'carol', offer: { cpuMilli: 2_400 } })
  writeHeld(intoRepos(world.repos), {
    machine: a1.did,
    day: closedDayOf(world.clock.wallMs()),
    takers: new Map([[world.owner('carol').did, 3.5]]),
  })
  await world.start()
  world.owner('carol').publish('fill', { resources: { cpuMilli: 2_400, memoryBytes: 16 * MIB } })
  await world.settle()
  expect(world.placesOf('fill')).toEqual(['c1'])
  return world
}

test.each([1, 2])(
  'when room comes free, three members get it in proportion to their credit (seed %i)',
  async (seed) => {
    const world = await unequalGifts(seed)
    for (const name of OWNERS)
      for (let i = 0; i < 24; i++) world.owner(name).publish(`${name}-${i}`, { resources: SMALL })
    await world.settle()
    world.owner('carol').remove('fill')
    await world.settle()
    const placed = OWNERS.map((name) => {
      const names = Array.from({ length: 24 }, (_, i) => `${name}-${i}`)
      return names.filter((one) => world.placesOf(one).length > 0).length
    })
    // Credit of 10.5, 7 and 3.5 machine-days: 12, 8 and 4 of 24 places, within one.
    expect(placed.reduce((sum, count) => sum + count, 0)).toBe(24)
    for (const [index, fair] of [12, 8, 4].entries())
      expect(Math.abs((placed[index] ?? 0) - fair)).toBeLessThanOrEqual(1)
  },
)
