import type fc from 'fast-check'
import { CommuneError } from '../../src/model/errors.ts'

/** One way in for what others wrote, with inputs for it. */
export interface Surface {
  /** Kebab-case; ONLY= finds it by a part of it. */
  readonly name: string
  /** Plain data: texts, numbers, bytes, lists and objects, so that an input can be kept in a file. */
  readonly inputs: fc.Arbitrary<unknown>
  /** Made once for many inputs; what it keeps of them counts as growth. */
  readonly open: () => Promise<Opened>
}

export interface Opened extends AsyncDisposable {
  /**
   * Lets in one input. Resolves for what was taken and for what was refused in plain words; everything
   * else that it throws is a finding.
   */
  feed(input: unknown): Promise<void>
}

/** A surface that is a function: nothing is kept from one input to the next. */
export function surfaceOf<Input>(
  name: string,
  inputs: fc.Arbitrary<Input>,
  feed: (input: Input) => unknown,
): Surface {
  const opened: Opened = {
    feed: async (input) => {
      await refusable(() => feed(input as Input))
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
  return { name, inputs, open: () => Promise.resolve(opened) }
}

/** A refusal by name is an answer; a bug that we noticed ourselves is none. */
export async function refusable(call: () => unknown): Promise<void> {
  try {
    await call()
  } catch (error) {
    if (!(error instanceof CommuneError) || error.code === 'internal') throw error
  }
}

/** What a surface promises about its answer, beyond not to fail. */
export function expectThat(condition: boolean, promise: string): void {
  if (!condition) throw new Error(`broken promise: ${promise}`)
}
