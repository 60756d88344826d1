import { expect, test } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import { threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

function callsToEngines(world: VirtualCommune): readonly number[] {
  return [...world.machines.keys()].map((name) => world.trace.engineCalls.get(name) ?? 0)
}

/**
 * Looking for the image, again when its turn to be pulled has come, for room on the disk, and pulling it;
 * the network, the container, its start, and then one look at containers and networks; a second later,
 * its limits. Without the pull seven; the other machines have nothing to ask.
 */
const CALLS_OF_A_START = [0, 0, 10]
/** Of these the network, which nothing waits for, while the bids are on their way. */
const CALLS_BEFORE_THE_LAST_BID = [0, 0, 1]

test.each([1, 2, 3])(
  'a start costs these calls, three bids and one status (seed %i)',
  async (seed) => {
    const world = await threeOwners({ seed, liveness: 'patient' }).start()
    const from = world.trace.entries.length
    const before = callsToEngines(world)
    const since = () => callsToEngines(world).map((calls, i) => calls - (before[i] ?? 0))
    let atLastBid: readonly number[] = []
    world.repos.onCommit((_, { changes }) => {
      if (changes.some(({ collection }) => collection === COLLECTION.bid)) atLastBid = since()
    })
    world.owner('alice').publish('web')
    await world.untilRunning('web', 1)
    await world.advance(20_000)
    expect(since().toSorted((a, b) => a - b)).toEqual(CALLS_OF_A_START)
    expect(atLastBid.toSorted((a, b) => a - b)).toEqual(CALLS_BEFORE_THE_LAST_BID)
    const written = world.trace.writes(undefined, from).map(({ collection }) => collection)
    const ofTheWorkload = written.filter((collection) => collection !== COLLECTION.meshletStatus)
    expect(ofTheWorkload.toSorted()).toEqual([
      ...[COLLECTION.bid, COLLECTION.bid, COLLECTION.bid],
      COLLECTION.workload,
      COLLECTION.workloadStatus,
    ])
  },
)

/** Three bids and a status, each told to the other two who were asked for a bid. */
const CALLS_THAT_TELL = 4 * 2

test.each([10, 40])(
  'among %i machines a placement is told to those who act on it',
  async (size) => {
    const world = new VirtualCommune({ liveness: 'patient' })
    for (let i = 0; i < size; i++) world.addMachine(`m${i}`, { owner: `o${i % 4}` })
    await world.start()
    const before = world.network.callsWithHints
    world.owner('o0').publish('web')
    await world.untilRunning('web', 1)
    await world.advance(20_000)
    expect(world.network.callsWithHints - before).toBe(CALLS_THAT_TELL)
  },
)
