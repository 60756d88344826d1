import type { SeededRandom } from '../support/seeded-random.ts'
import { deedOf } from './deed-table.ts'
import type { Dice } from './deed.ts'
import type { Step, Story } from './story.ts'
import { type Cast, TOPOLOGIES, TOPOLOGY_NAMES } from './topologies.ts'

/**
 * Faults by which no work is lost. Calls and records do not fail in the same story: whoever is neither
 * heard nor able to answer by record is rightly replaced.
 */
const FAMILIES = [
  ['calls cut', 'calls lost', 'calls slow', 'hints lost', 'start', 'heal'],
  [
    ...[
      'records cut',
      'PDS down',
      'writes refused',
      'writes limited',
      'replies lost',
      'hints lost',
    ],
    ...['events lost', 'events duplicated', 'events swapped', 'events late', 'events replayed'],
    ...['stream closed', 'stream silent', 'cursors outdated', 'cursors in the future'],
    ...['commits too big', 'account taken down', 'account deactivated', 'account migrates'],
    ...['key rotated', 'directory down', 'records slow', 'start', 'heal'],
  ],
] as const
const PAUSES_MS = [50, 500, 3_000, 12_000, 40_000]
const STEPS = { least: 4, most: 12 }
/** Longer than it takes until what was published runs. */
const PLACED_MS = 60_000
/** Longer than any story. */
const ALWAYS_MS = 24 * 60 * 60_000

/** Only lost work moves: programs start again, somebody joins, connections fail, and all stays. */
export function drawCalmStory(seed: number, random: SeededRandom): Story {
  const topology = random.pick(TOPOLOGY_NAMES)
  const [drawn, family] = [TOPOLOGIES[topology](random), random.pick(FAMILIES)]
  const cast = family === FAMILIES[1] ? withoutNat(drawn) : drawn
  const dice: Dice = { random, cast, workloads: [] }
  const steps: Step[] = [
    ...joinsLater(dice),
    publish('w0', dice),
    publish('w1', dice),
    ...cast.machines.flatMap(({ name }) => writesFewRecords(name)),
    { afterMs: PLACED_MS, do: 'nothing moves', forMs: ALWAYS_MS },
  ]
  const count = steps.length + random.integer(STEPS.least, STEPS.most)
  while (steps.length < count) {
    const name = random.pick(family)
    const fields = deedOf(name).draw(dice)
    if (fields) steps.push({ afterMs: random.pick(PAUSES_MS), do: name, ...fields })
  }
  return { seed, topology: `calm: ${topology}`, liveness: 'normal', ...cast, steps }
}

function publish(name: string, { random, cast }: Dice): Step {
  const owner = random.pick(cast.owners)
  return { afterMs: 0, do: 'publish', owner, name, replicas: random.integer(1, 2), size: 1 }
}

/**
 * To place two workloads of two replicas at most. Of each a status is written when it runs, and one for
 * each replica that goes elsewhere since others turned up meanwhile; of bids and of its own status a
 * machine was seen to write 4 and 8.
 */
const WRITES_MAX = { bid: 5, workloadStatus: 6, meshletStatus: 10 }

function writesFewRecords(machine: string): Step[] {
  return Object.entries(WRITES_MAX).map(([collection, most]) => {
    const rest = { machine, collection, most, forMs: PLACED_MS }
    return { afterMs: 0, do: 'so many writes', ...rest }
  })
}

/** Two behind NAT live for each other by their records alone. */
function withoutNat(cast: Cast): Cast {
  return { ...cast, machines: cast.machines.map((one) => ({ ...one, isBehindNat: false })) }
}

/** A machine that is not there while all is placed: it joins when it is started. */
function joinsLater({ cast, random }: Dice): Step[] {
  const last = cast.machines.at(-1)
  if (cast.machines.length < 3 || !last || random.chance(0.5)) return []
  return [{ afterMs: 0, do: 'daemon killed', machine: last.name }]
}
