import { COLLECTION } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import { parseWorkloadUri } from '../../src/model/workload-uri.ts'
import { PROFILES } from '../../src/selection/liveness.ts'
import { VirtualCommune } from '../../test/support/virtual-commune.ts'
import { workloadOf } from '../../test/support/virtual-machine.ts'
import { atMost, resultOf, type Result } from '../result.ts'
import { SharedRecords } from '../shared-feed.ts'

const SIZES = [10, 100, 1_000]
const MACHINES_EACH = 10
const PLACEMENTS = 3
/** Machines begin one after the other, so that their heartbeats are spread as those of real ones. */
const INTERVAL_MS = PROFILES.normal.heartbeatMs
/** In which a machine that began finds its feet, and everybody comes to hear everybody. */
const ALONE_MS = 500
const MEETING_MS = 3_500
/** What one of a thousand machines sets off in a second: guards against going round in circles. */
const TIMERS_PER_SECOND_MAX = 20_000_000
const WARM =
  'Counted in virtual time on the real meshlets, ten machines an owner, without faults: all links and statuses are there, everybody knows everybody. Their records are held once for all of them.'

/** What a placement costs and how long it takes in communes of different size, and their heartbeats. */
export async function measure(): Promise<readonly Result[]> {
  const results: Result[] = []
  let smallest: Found | undefined
  for (const size of SIZES) {
    const found = await measureCommune(size)
    smallest ??= found
    const isFirst = size === SIZES[0]
    const variant = (what: string) => `scale/${isFirst ? what : `${what}-${size}`}`
    results.push(
      resultOf({
        id: isFirst ? 'scale' : `scale/${size}`,
        name: `Records for placing one replica among ${size} meshlets`,
        unit: 'records',
        samples: found.writes,
        baseline: { name: `among ${SIZES[0]}`, samples: smallest.writes },
        targets: [atMost('ratio', 1.25)],
        warm: WARM,
      }),
      resultOf({
        id: variant('converge'),
        name: `From the commit to the running container among ${size} meshlets`,
        unit: 'ms',
        samples: found.convergeMs,
        warm: `${WARM} Records take 20 to 400 ms, calls to the engine 1 to 60.`,
      }),
      resultOf({
        id: variant('messages'),
        name: `Calls that tell of the records of one placement among ${size} meshlets`,
        unit: 'calls',
        samples: [found.hintsPerPlacement],
        baseline: { name: `among ${SIZES[0]}`, samples: [smallest.hintsPerPlacement] },
        targets: [atMost('ratio', 1.25)],
        warm: `${WARM} A bid or a status is told to those who were asked for a bid.`,
      }),
      resultOf({
        id: variant('heartbeats'),
        name: `Heartbeats that one of ${size} meshlets sends a second`,
        unit: 'calls/s',
        samples: [found.heartbeatsPerSecond],
        warm: `${WARM} Each peer is called once an interval; of more than 128, a sample that grows with the square root of their number.`,
      }),
    )
  }
  return results
}

interface Found {
  readonly writes: readonly number[]
  readonly convergeMs: readonly number[]
  readonly hintsPerPlacement: number
  readonly heartbeatsPerSecond: number
}

async function measureCommune(size: number): Promise<Found> {
  const { world, owners } = await meet(size)
  const from = world.trace.entries.length
  const { calls, callsWithHints } = world.network
  const names = Array.from({ length: PLACEMENTS }, (_, i) => `w${i}`)
  const startMs = world.clock.monotonicMs()
  for (const [i, name] of names.entries())
    world.owner(owners[i % owners.length] ?? '').publish(name)
  const convergeMs = await untilAllRun(world, names, from)
  await world.advance(INTERVAL_MS - (world.clock.monotonicMs() - startMs))
  const hints = world.network.callsWithHints - callsWithHints
  const beats = world.network.calls - calls - hints
  return {
    convergeMs,
    writes: names.map((name, i) => writesFor(world, owners[i % owners.length] ?? '', name, from)),
    hintsPerPlacement: hints / PLACEMENTS,
    heartbeatsPerSecond: beats / (INTERVAL_MS / 1_000) / size,
  }
}

/** A commune in which everybody has heard of everybody, and nothing is left to do. */
async function meet(size: number) {
  let records: SharedRecords | undefined
  const world = new VirtualCommune({
    liveness: 'normal',
    timersPerSecondMax: TIMERS_PER_SECOND_MAX,
    openFeed: (repos) => (records = new SharedRecords(repos)).openFeed,
  })
  const owners = Array.from({ length: size / MACHINES_EACH }, (_, i) => `o${i}`)
  for (const owner of owners) world.owner(owner)
  for (const owner of owners)
    for (let i = 0; i < MACHINES_EACH; i++) world.addMachine(`${owner}-${i}`, { owner })
  for (const machine of world.machines.values()) {
    machine.start()
    await world.advance(INTERVAL_MS / size)
  }
  await world.advance(ALONE_MS)
  records?.open()
  await world.advance(MEETING_MS)
  return { world, owners }
}

/** How long it took until each ran, milliseconds. Asks only machines that started something. */
async function untilAllRun(world: VirtualCommune, names: readonly string[], from: number) {
  const started = new Set<string>()
  let read = from
  const isRunning = (name: string) => {
    for (const entry of world.trace.entries.slice(read))
      if (entry.kind === 'action' && entry.call === 'startContainer') started.add(entry.machine)
    read = world.trace.entries.length
    return [...started].some((machine) =>
      world
        .machine(machine)
        .engine.containers.map((container) => container.describe())
        .some(
          ({ state, labels }) =>
            state === 'running' && parseWorkloadUri(workloadOf(labels))?.name === name,
        ),
    )
  }
  const startMs = world.clock.monotonicMs()
  const tookMs = new Map<string, number>()
  await world.until(`all of ${names.join(', ')}`, () => {
    for (const name of names)
      if (!tookMs.has(name) && isRunning(name))
        tookMs.set(name, world.clock.monotonicMs() - startMs)
    return tookMs.size === names.length
  })
  return [...tookMs.values()]
}

/** Bids and statuses of one workload. */
function writesFor(world: VirtualCommune, owner: string, name: string, from: number): number {
  const key = recordKeyFor(world.uri(owner, name))
  return world.trace
    .writes(undefined, from)
    .filter(
      ({ collection, rkey }) =>
        rkey === key && (collection === COLLECTION.bid || collection === COLLECTION.workloadStatus),
    ).length
}
