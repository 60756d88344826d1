import type { ProfileName } from '../../src/selection/liveness.ts'

/** A machine of a story; `NAME` is `did:plc:NAME` in its world. */
export interface StoryMachine {
  readonly name: string
  readonly owner: string
  /** Owners whom it lists. */
  readonly members: readonly string[]
  /** Replicas of the smallest kind that it can run. */
  readonly slots: number
  readonly isBehindNat?: boolean
}

/** What happens after a pause; further fields say the rest and depend on what is done. */
export interface Step {
  readonly afterMs: number
  /** Name of a deed. */
  readonly do: string
  readonly [field: string]: unknown
}

/** All that is needed to play a run again: data, so that it can be shortened and kept. */
export interface Story {
  readonly seed: number
  readonly topology: string
  readonly liveness: ProfileName
  readonly owners: readonly string[]
  readonly machines: readonly StoryMachine[]
  /** A machine in whose name hostile records are written. */
  readonly villain?: string
  readonly steps: readonly Step[]
}

/** A story but for the chance in it. */
export interface Scenario {
  /** `normal` when left out. */
  readonly liveness?: ProfileName
  readonly machines: readonly StoryMachine[]
  readonly steps: readonly Step[]
}
