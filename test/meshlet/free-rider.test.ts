import { expect, test, vi } from 'vitest'
import { agreementOf } from '../../src/governance/agreement.ts'
import { standingsOf } from '../../src/governance/member-standing.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import { VirtualCommune } from '../support/virtual-commune.ts'

/** Days of a whole commune take a while on a busy machine. */
vi.setConfig({ testTimeout: 240_000 })

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const SMALL = { cpuMilli: 400, memoryBytes: 64 * 1024 * 1024 }
/** Half of what one takes is to be given, from the first day on; each step lasts a day. */
const RULES = {
  ...{ minimumContribution: 500_000, graceDays: 0 },
  ...{ lastInLineDays: 1, noPlacementsDays: 1, noticeDays: 1 },
}

/** Alice gives room and asks for something; Carol has work, and a machine without room. */
async function riderAndHost() {
  const world = new VirtualCommune({ seed: 5, liveness: 'patient' })
  for (const name of ['alice', 'carol']) world.owner(name)
  world.addMachine('a1', { owner: 'alice', offer: { cpuMilli: 4_000 } })
  world.addMachine('c1', { owner: 'carol', offer: { cpuMilli: 0 } })
  await world.start()
  world.owner('alice').write(COLLECTION.clusterPolicy, 'default', RULES)
  world.owner('carol').publish('web', { resources: SMALL })
  await world.settle()
  expect(world.placesOf('web')).toEqual(['a1'])
  return world
}

/** How Carol stands, as Alice's machine reads the records. */
function standing(world: VirtualCommune): string | undefined {
  const { view } = world.machine('a1').meshlet
  const alice = world.owner('alice').did
  const nowMs = world.clock.wallMs()
  const all = standingsOf(view, alice, agreementOf(view, alice, nowMs), nowMs)
  return all?.get(world.owner('carol').did)?.[0]?.standing
}

/** Publishes one more workload, and tells what Alice's machine answered to it. */
async function oneMore(world: VirtualCommune, name: string) {
  world.owner('carol').publish(name, { resources: SMALL })
  await world.advance(10 * 60_000)
  const { slots, reason, message = '' } = world.bid('a1', 'carol', name) ?? {}
  return { runs: world.placesOf(name).length, slots, reason, message }
}

/** To two hours after the next midnight: a day more is closed, and its ledger is in use. All sleep until late. */
async function nextDay(world: VirtualCommune): Promise<void> {
  const midnight = Math.ceil(world.clock.wallMs() / DAY_MS) * DAY_MS
  world.clock.sleep(midnight - HOUR_MS - world.clock.wallMs())
  await world.advance(3 * HOUR_MS)
}

test('who only takes goes down one step a day, and loses what runs on the last one only', async () => {
  const world = await riderAndHost()
  await nextDay(world)
  expect(standing(world)).not.toBe('last-in-line')

  await nextDay(world)
  expect(standing(world)).toBe('last-in-line')
  expect(await oneMore(world, 'second')).toMatchObject({ runs: 1, slots: 1 })

  await nextDay(world)
  expect(standing(world)).toBe('no-new-placements')
  expect(await oneMore(world, 'third')).toMatchObject({
    ...{ runs: 0, slots: 0, reason: 'standing' },
    message: expect.stringContaining('in default is no-new-placements: she gives less'),
  })
  expect([world.placesOf('web'), world.placesOf('second')]).toEqual([['a1'], ['a1']])

  await nextDay(world)
  expect(standing(world)).toBe('notice')
  expect(await oneMore(world, 'fourth')).toMatchObject({
    ...{ runs: 0, slots: 0, reason: 'standing' },
    message: expect.stringContaining('in default is notice'),
  })
  expect([world.placesOf('web'), world.placesOf('second')]).toEqual([['a1'], ['a1']])

  await nextDay(world)
  expect(standing(world)).toBe('drain')
  expect([world.placesOf('web'), world.placesOf('second')]).toEqual([[], []])
  expect(world.bid('a1', 'carol', 'web')).toMatchObject({ slots: 0, reason: 'policy' })
  expect(world.violations).toEqual([])
})
