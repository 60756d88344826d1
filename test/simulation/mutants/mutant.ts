import type { ScenarioName } from '../scenarios.ts'

/** A small wrong change of the production code that the simulator has to notice. */
export interface Mutant {
  readonly name: string
  /** What the code that is changed is for. */
  readonly why: string
  /** Path from the top of the repository. */
  readonly file: string
  /** Text that stands in the file exactly once. */
  readonly find: string
  readonly replace: string
  /** Scenarios that are played before the seeds, where few seeds come to what matters. */
  readonly first?: readonly ScenarioName[]
}

/** The source with the change in it. Throws when it is no longer clear what is meant. */
export function mutate({ name, file, find, replace }: Mutant, source: string): string {
  const count = source.split(find).length - 1
  if (count !== 1)
    throw new Error(`the mutant "${name}" finds its text ${count} times in ${file}, not once`)
  return source.replace(find, () => replace)
}
