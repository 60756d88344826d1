import type { Mutant } from '../../test/simulation/mutants/mutant.ts'
import type { ScenarioName } from '../../test/simulation/scenarios.ts'

/** One run of the simulator. */
export interface Play {
  readonly seed: number
  /** Undefined: whatever follows from the seed. */
  readonly scenario?: ScenarioName
}

export interface Played {
  /** The first one; undefined when all was as it should be. */
  readonly violation: string | undefined
}

/** Chances at the details of a scenario: how long things take, and who is served first. */
const SEEDS_PER_SCENARIO = 12

/** What a mutant is tried on, in this order, until it is killed. */
export function playsOf({ first = [] }: Mutant, seeds: number): readonly Play[] {
  const scenarios = first.flatMap((scenario) =>
    Array.from({ length: SEEDS_PER_SCENARIO }, (_, i) => ({ scenario, seed: i + 1 })),
  )
  return [...scenarios, ...Array.from({ length: seeds }, (_, i) => ({ seed: i + 1 }))]
}

export function nameOf({ seed, scenario }: Play): string {
  return scenario === undefined ? `seed ${seed}` : `"${scenario}", seed ${seed}`
}
