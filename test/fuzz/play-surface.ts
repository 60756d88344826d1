import fc from 'fast-check'
import type { Opened, Surface } from './surface.ts'

/** CPU time that one input may take of its thread; a hang is what takes more. */
export const CPU_MS_MAX = 1_000
/** Real time for an input that waits for something; generous, since other programs run too. */
const WAIT_MS_MAX = 15_000
/** How long a smaller input that fails alike is looked for. */
const SHRINK_MS_MAX = 20_000

export interface Batch {
  readonly seed: number
  readonly inputs: number
  /** No further input is begun after so long. */
  readonly msMax?: number
  /** Called before each input: who watches sees where one hangs. */
  readonly onStep?: () => void
}

export interface Finding {
  readonly surface: string
  readonly seed: number
  readonly message: string
  /** The smallest that was found. */
  readonly input: unknown
}

export interface Played {
  readonly inputs: number
  readonly finding?: Finding
}

/** Feeds a surface with the inputs that belong to a seed, until one is a finding. */
export async function playSurface(surface: Surface, batch: Batch): Promise<Played> {
  await using opened = await surface.open()
  const startMs = performance.now()
  const isOver = (msMax = Infinity) => performance.now() - startMs > msMax
  let inputs = 0
  let hasFailed = false
  // What is skipped passes: so a batch ends, and so does the search for a smaller input.
  const property = fc.asyncProperty(surface.inputs, async (input) => {
    if (hasFailed ? isOver((batch.msMax ?? 0) + SHRINK_MS_MAX) : isOver(batch.msMax)) return
    inputs += 1
    batch.onStep?.()
    try {
      await feedInTime(opened, input)
    } catch (error) {
      hasFailed = true
      throw error
    }
  })
  const { seed } = batch
  const details = await fc.check(property, { seed, numRuns: batch.inputs })
  if (!details.failed || details.counterexample === null) return { inputs }
  const [input] = details.counterexample
  return {
    inputs,
    finding: { surface: surface.name, seed, message: messageOf(details), input },
  }
}

/** Fails when the input takes longer than any may. */
export async function feedInTime(opened: Opened, input: unknown): Promise<void> {
  const before = process.threadCpuUsage()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const why = `hang: no end after ${WAIT_MS_MAX / 1000} s`
    timer = setTimeout(() => reject(new Error(why)), WAIT_MS_MAX)
  })
  try {
    await Promise.race([opened.feed(input), late])
  } finally {
    clearTimeout(timer)
  }
  const { user, system } = process.threadCpuUsage(before)
  const cpuMs = (user + system) / 1000
  if (cpuMs > CPU_MS_MAX) throw new Error(`hang: ${Math.round(cpuMs)} ms of CPU time`)
}

function messageOf({ errorInstance }: fc.RunDetails<[unknown]>): string {
  if (errorInstance instanceof Error) return errorInstance.stack ?? errorInstance.message
  return String(errorInstance)
}
