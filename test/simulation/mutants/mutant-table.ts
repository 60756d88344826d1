import { BIDDING_MUTANTS } from './bidding-mutants.ts'
import { FEED_MUTANTS } from './feed-mutants.ts'
import { LAW_MUTANTS } from './law-mutants.ts'
import { LIVENESS_MUTANTS } from './liveness-mutants.ts'
import { LOOP_MUTANTS } from './loop-mutants.ts'
import type { Mutant } from './mutant.ts'
import { ROLLOUT_MUTANTS } from './rollout-mutants.ts'
import { STANDING_MUTANTS } from './standing-mutants.ts'
import { TRUST_MUTANTS } from './trust-mutants.ts'

/** Every change that the simulator has to notice. */
export const MUTANTS: readonly Mutant[] = [
  ...BIDDING_MUTANTS,
  ...LIVENESS_MUTANTS,
  ...LOOP_MUTANTS,
  ...ROLLOUT_MUTANTS,
  ...FEED_MUTANTS,
  ...TRUST_MUTANTS,
  ...LAW_MUTANTS,
  ...STANDING_MUTANTS,
]
