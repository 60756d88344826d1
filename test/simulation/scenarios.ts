import type { Scenario, Story } from './story.ts'
import { ENGINE_SCENARIOS } from './scenarios/engine-scenarios.ts'
import { FEED_SCENARIOS } from './scenarios/feed-scenarios.ts'
import { LAW_SCENARIOS } from './scenarios/law-scenarios.ts'
import { LIVENESS_SCENARIOS } from './scenarios/liveness-scenarios.ts'
import { PLACEMENT_SCENARIOS } from './scenarios/placement-scenarios.ts'
import { ROLLOUT_SCENARIOS } from './scenarios/rollout-scenarios.ts'
import { STANDING_SCENARIOS } from './scenarios/standing-scenarios.ts'
import { TRUST_SCENARIOS } from './scenarios/trust-scenarios.ts'

/**
 * Stories that are told on purpose: each comes to a point where one rule decides, and says what is to
 * happen there. The seed decides how long everything takes.
 */
export const SCENARIOS = {
  ...PLACEMENT_SCENARIOS,
  ...LIVENESS_SCENARIOS,
  ...ENGINE_SCENARIOS,
  ...FEED_SCENARIOS,
  ...TRUST_SCENARIOS,
  ...ROLLOUT_SCENARIOS,
  ...LAW_SCENARIOS,
  ...STANDING_SCENARIOS,
} as const satisfies Readonly<Record<string, Scenario>>

export type ScenarioName = keyof typeof SCENARIOS

export const SCENARIO_NAMES = Object.keys(SCENARIOS) as readonly ScenarioName[]

export function storyOf(name: ScenarioName, seed: number): Story {
  const { liveness = 'normal', machines, steps }: Scenario = SCENARIOS[name]
  const owners = [...new Set(machines.map(({ owner }) => owner))]
  return { seed, topology: name, liveness, owners, machines, steps }
}
