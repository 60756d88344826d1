import { COLLECTION } from '../../src/model/nsid.ts'
import { VirtualCommune } from '../../test/support/virtual-commune.ts'
import { atMost, resultOf, type Result } from '../result.ts'

const SIZES = [10, 100]
/** While all start at once they read each other's repos, ten thousand of them at a hundred machines. */
const TIMERS_PER_SECOND_MAX = 2_000_000
const PLACEMENTS = 3
const MINUTE_MS = 60_000
const SAMPLE_MS = 20_000
/** So long what follows a placement is counted. */
const AFTER_MS = 20_000
const WARM = 'Counted in virtual time on the real meshlets, ten machines an owner, without faults.'

/** What a placement costs and how long it takes in communes of different size, and their heartbeats. */
export async function measure(): Promise<readonly Result[]> {
  const results: Result[] = []
  let smallest: Found | undefined
  for (const size of SIZES) {
    const found = await measureCommune(size)
    smallest ??= found
    const variant = (what: string) => (size === SIZES[0] ? what : `${what}-${size}`)
    const rows = [
      resultOf({
        id: size === SIZES[0] ? 'scale' : `scale/${size}`,
        name: `Records for placing one replica among ${size} meshlets`,
        unit: 'records',
        samples: found.writes,
        baseline: { name: `among ${SIZES[0]}`, samples: smallest.writes },
        targets: [atMost('ratio', 1.25)],
        warm: WARM,
      }),
      resultOf({
        id: `scale/${variant('converge')}`,
        name: `From the commit to the running container among ${size} meshlets`,
        unit: 'ms',
        samples: found.convergeMs,
        warm: `${WARM} Records take 20 to 400 ms, calls to the engine 1 to 60.`,
      }),
      resultOf({
        id: `scale/${variant('heartbeats')}`,
        name: `Heartbeats that one of ${size} meshlets sends a second`,
        unit: 'calls/s',
        samples: [found.heartbeatsPerSecond],
        warm: `${WARM} Each peer is called once an interval, and no machine calls more than 256.`,
      }),
    ]
    results.push(...rows)
  }
  return results
}

interface Found {
  readonly writes: readonly number[]
  readonly convergeMs: readonly number[]
  readonly heartbeatsPerSecond: number
}

async function measureCommune(size: number): Promise<Found> {
  const world = new VirtualCommune({
    liveness: 'normal',
    timersPerSecondMax: TIMERS_PER_SECOND_MAX,
  })
  const owners = Array.from({ length: size / 10 }, (_, i) => `o${i}`)
  for (const owner of owners) world.owner(owner)
  for (const owner of owners)
    for (let i = 0; i < 10; i++) world.addMachine(`${owner}-${i}`, { owner })
  for (const machine of world.machines.values()) machine.start()
  await world.advance(MINUTE_MS)
  const calls = world.network.calls
  await world.advance(SAMPLE_MS)
  const heartbeatsPerSecond = (world.network.calls - calls) / (SAMPLE_MS / 1_000) / size
  const found = { writes: [] as number[], convergeMs: [] as number[] }
  for (let i = 0; i < PLACEMENTS; i++) {
    const from = world.trace.entries.length
    world.owner(owners[i % owners.length] ?? '').publish(`w${i}`)
    found.convergeMs.push(await world.untilRunning(`w${i}`, 1))
    await world.advance(AFTER_MS)
    const written = world.trace
      .writes(undefined, from)
      .filter(
        ({ collection }) =>
          collection === COLLECTION.bid || collection === COLLECTION.workloadStatus,
      )
    found.writes.push(written.length)
  }
  return { ...found, heartbeatsPerSecond }
}
