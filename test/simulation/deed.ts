import type { SeededRandom } from '../support/seeded-random.ts'
import type { Stage } from './stage.ts'
import type { Step, Story } from './story.ts'

/** What the steps of a story are drawn from. */
export interface Dice {
  readonly random: SeededRandom
  readonly cast: Pick<Story, 'owners' | 'machines' | 'villain'>
  /** Workloads published so far, whether or not they are still there. */
  readonly workloads: WorkloadName[]
}

export interface WorkloadName {
  readonly owner: string
  readonly name: string
}

/** Something that can happen in a story. */
export interface Deed<Fields extends object> {
  /** How often it happens, compared with the others. */
  readonly weight: number
  /** Whether something goes wrong; else somebody changes what is wanted, or mends something. */
  readonly isFault: boolean
  /** The details; undefined when it can't happen in this story. */
  readonly draw: (dice: Dice) => Fields | undefined
  /** Does it and tells it in a few words; undefined when there was nothing to do. */
  readonly act: (stage: Stage, fields: Fields) => string | undefined
}

/** A deed whose fields were read back from a story. */
export interface AnyDeed {
  readonly weight: number
  readonly isFault: boolean
  readonly draw: (dice: Dice) => object | undefined
  readonly act: (stage: Stage, step: Step) => string | undefined
}

/** Forgets the type of the fields: a story is data, made by the same deed. */
export function deed<Fields extends object>(kind: Deed<Fields>): AnyDeed {
  return { ...kind, act: (stage, step) => kind.act(stage, step as unknown as Fields) }
}

export function anyMachine({ random, cast }: Dice): string {
  return random.pick(cast.machines).name
}

export function anyWorkload({ random, workloads }: Dice): WorkloadName | undefined {
  return workloads.length === 0 ? undefined : random.pick(workloads)
}
