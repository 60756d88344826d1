import { SeededRandom } from '../support/seeded-random.ts'
import { withBallots } from './ballot-story.ts'
import { drawCalmStory } from './calm-story.ts'
import { DEEDS, deedOf } from './deed-table.ts'
import type { Dice } from './deed.ts'
import type { Step, Story } from './story.ts'
import { SCENARIO_NAMES, storyOf, type ScenarioName } from './scenarios.ts'
import { TOPOLOGIES, TOPOLOGY_NAMES, type Cast, type TopologyName } from './topologies.ts'

/** Pauses before a step; some are long enough for a takeover, most keep things happening at once. */
const PAUSES_MS = [20, 50, 200, 500, 500, 3_000, 3_000, 12_000, 40_000]
/** Share of the stories with a villain. */
const VILLAINS = 0.3
const STEPS = { least: 6, most: 16 }

export interface DrawOptions {
  readonly topology?: TopologyName
  readonly scenario?: ScenarioName
}

/** Every seed that this divides plays one of the scenarios. */
const SCENARIO_EVERY = 10

/** One in so many seeds is a calm one. */
const CALM_EVERY = 10
const CALM_AT = 5

/** The story that follows from a seed. */
export function drawStory(seed: number, options: DrawOptions = {}): Story {
  const scenario = options.scenario ?? scenarioOf(seed, options)
  if (scenario !== undefined) return storyOf(scenario, seed)
  const random = new SeededRandom(seed, 'story')
  if (!options.topology && seed % CALM_EVERY === CALM_AT) return drawCalmStory(seed, random)
  const topology = options.topology ?? random.pick(TOPOLOGY_NAMES)
  const cast = withVillain(random, TOPOLOGIES[topology](random))
  const liveness = random.pick(['fast', 'normal', 'normal'] as const)
  const dice: Dice = { random, cast, workloads: [] }
  const steps: Step[] = [stepOf(dice, 'publish', 0)]
  const count = random.integer(STEPS.least, STEPS.most)
  while (steps.length < count) steps.push(stepOf(dice, pickDeed(random), random.pick(PAUSES_MS)))
  return withBallots({ seed, topology, liveness, ...cast, steps })
}

/** In some stories one machine is in the hands of somebody who means ill. */
function withVillain(random: SeededRandom, cast: Cast): Cast {
  if (!random.chance(VILLAINS)) return cast
  return { ...cast, villain: random.pick(cast.machines).name }
}

function scenarioOf(seed: number, { topology }: DrawOptions): ScenarioName | undefined {
  if (topology !== undefined || seed % SCENARIO_EVERY !== 0) return undefined
  return SCENARIO_NAMES[(seed / SCENARIO_EVERY) % SCENARIO_NAMES.length]
}

function stepOf(dice: Dice, name: string, afterMs: number): Step {
  const fields = deedOf(name).draw(dice)
  return fields ? { afterMs, do: name, ...fields } : stepOf(dice, pickDeed(dice.random), afterMs)
}

const TOTAL_WEIGHT = Object.values(DEEDS).reduce((sum, { weight }) => sum + weight, 0)

function pickDeed(random: SeededRandom): string {
  let left = random.next() * TOTAL_WEIGHT
  for (const [name, { weight }] of Object.entries(DEEDS)) {
    left -= weight
    if (left < 0) return name
  }
  return 'publish'
}
