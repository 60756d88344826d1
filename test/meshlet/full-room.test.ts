import { expect, test, vi } from 'vitest'
import { closedDayOf } from '../../src/ledger/ledger-day.ts'
import { intoRepos, writeHeld } from '../support/ledger-view.ts'
import { VirtualCommune } from '../support/virtual-commune.ts'

vi.setConfig({ testTimeout: 120_000 })

const OWNERS = ['host', 'giver', 'rider', 'newcomer'] as const
type Owner = (typeof OWNERS)[number]
const MIB = 1024 ** 2
/** Four of them fill the only machine that has room. */
const QUARTER = { cpuMilli: 600, memoryBytes: 16 * MIB }
const TEN_MINUTES_MS = 600_000

/** What a machine held for somebody on the last closed day, acknowledged by her. */
function gave(world: VirtualCommune, machine: string, taker: Owner, machineDays: number): void {
  writeHeld(intoRepos(world.repos), {
    machine: world.machine(machine).did,
    day: closedDayOf(world.clock.wallMs()),
    takers: new Map([[world.owner(taker).did, machineDays]]),
  })
}

/**
 * The host's machine is full with four workloads of hers. The giver has given what the rider has
 * taken: all that she may owe. Nothing is known of the newcomer.
 */
async function fullRoom(seed: number): Promise<VirtualCommune> {
  const world = new VirtualCommune({ seed, liveness: 'patient' })
  for (const name of OWNERS) world.owner(name)
  for (const owner of OWNERS)
    world.addMachine(`${owner}-1`, { owner, offer: { cpuMilli: owner === 'host' ? 2_400 : 50 } })
  gave(world, 'giver-1', 'rider', 7)
  await world.start()
  for (let i = 0; i < 4; i++) world.owner('host').publish(`full-${i}`, { resources: QUARTER })
  await world.settle()
  expect(world.workloadsOn('host-1')).toHaveLength(4)
  return world
}

/** Publishes one workload, and waits until the full machine has said that it has no room. */
async function ask(world: VirtualCommune, owner: Owner): Promise<void> {
  world.owner(owner).publish(`of-${owner}`, { resources: QUARTER })
  await world.until(`${owner} waits`, () => {
    return world.bid('host-1', owner, `of-${owner}`)?.reason === 'no-cpu'
  })
}

/** Containers that were there before and are gone, although nobody took them back. */
function stopped(before: readonly string[], world: VirtualCommune, removed: readonly string[]) {
  const now = world.containers().map(({ container }) => container.name)
  return before.filter((name) => !now.includes(name) && !removed.some((one) => name.includes(one)))
}

test.each([1, 2, 3])(
  'who gave, and who is new, overtake who only takes in the line for a full room (seed %i)',
  async (seed) => {
    const world = await fullRoom(seed)
    // The free rider asks first, long before the others, and most insistently.
    for (const owner of ['rider', 'giver', 'newcomer'] as const) {
      await ask(world, owner)
      await world.advance(TEN_MINUTES_MS)
    }
    world.owner('rider').edit('of-rider', { priority: 1_000 })
    await world.settle()
    const running = world.containers().map(({ container }) => container.name)
    expect(world.workloadsOn('host-1').filter((name) => name.startsWith('of-'))).toEqual([])

    const served: string[] = []
    for (let i = 0; i < 3; i++) {
      world.owner('host').remove(`full-${i}`)
      await world.settle()
      const now = world.workloadsOn('host-1').filter((name) => name.startsWith('of-'))
      served.push(...now.filter((name) => !served.includes(name)))
      expect(now).toHaveLength(i + 1)
    }
    // Both have credit, and hold nothing here: whoever asked first of these two. Then who has none.
    expect(served).toEqual(['of-giver', 'of-newcomer', 'of-rider'])
    // Nothing that ran was stopped for any of it.
    expect(stopped(running, world, ['full-0', 'full-1', 'full-2'])).toEqual([])
    expect(world.violations).toEqual([])
  },
)

test('what a free rider has running stays, however many contributors wait for its room', async () => {
  const world = await fullRoom(4)
  await ask(world, 'rider')
  world.owner('host').remove('full-0')
  await world.settle()
  expect(world.placesOf('of-rider')).toEqual(['host-1'])
  for (const owner of ['giver', 'newcomer'] as const) await ask(world, owner)
  await world.advance(6 * TEN_MINUTES_MS)
  await world.settle()
  expect(world.workloadsOn('host-1')).toEqual(['full-1', 'full-2', 'full-3', 'of-rider'])
  expect(world.bid('host-1', 'rider', 'of-rider')?.slots).toBe(1)
})
