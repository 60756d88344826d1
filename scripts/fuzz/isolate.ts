import fc from 'fast-check'
import { surfaceNamed } from '../../test/fuzz/all-surfaces.ts'
import { writeInput } from '../../test/fuzz/input-text.ts'
import { Trial } from './trial.ts'

export interface Isolated {
  readonly message: string
  readonly input: string
}

/** Smaller inputs are looked for this long; each may cost a thread. */
const SEARCH_MS_MAX = 180_000

/**
 * Finds the input of a batch that breaks its thread, each in a thread that may break, and the smallest
 * like it. Undefined when none of them does so alone.
 */
export async function isolate(
  surface: string,
  seed: number,
  inputs: number,
): Promise<Isolated | undefined> {
  await using trial = new Trial()
  const endMs = performance.now() + SEARCH_MS_MAX
  const property = fc.asyncProperty(surfaceNamed(surface).inputs, async (value) => {
    if (performance.now() > endMs) return
    const outcome = await trial.run({ kind: 'input', surface, input: writeInput(value) })
    const failure = outcome.kind === 'lost' ? outcome.why : undefined
    if (failure !== undefined) throw new Error(failure)
  })
  const details = await fc.check(property, { seed, numRuns: inputs })
  if (!details.failed || details.counterexample === null) return undefined
  const [input] = details.counterexample
  const { errorInstance: error } = details
  return {
    message: error instanceof Error ? error.message : String(error),
    input: writeInput(input),
  }
}
