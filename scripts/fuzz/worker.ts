import { parentPort, workerData } from 'node:worker_threads'
import { surviveParserFault } from '../../src/bin/parser-fault.ts'
import { surfaceNamed } from '../../test/fuzz/all-surfaces.ts'
import { readInput, writeInput } from '../../test/fuzz/input-text.ts'
import { feedInTime, playSurface } from '../../test/fuzz/play-surface.ts'
import type { Opened } from '../../test/fuzz/surface.ts'
import type { Answer, Job } from './trial.ts'

/** Counts the inputs that were begun, for who watches. */
const steps = new Int32Array(workerData as SharedArrayBuffer)
let opened: Opened | undefined

// As the programs do; every other error that nobody catches is a finding.
surviveParserFault(() => undefined)

/** One job after the other, as it is told. */
parentPort?.on('message', (job: Job) => {
  void work(job).then((answer) => parentPort?.postMessage(answer))
})

async function work(job: Job): Promise<Answer> {
  if (job.kind === 'input') return { kind: 'fed', failure: await feedOne(job) }
  const surface = surfaceNamed(job.surface)
  const onStep = () => Atomics.add(steps, 0, 1)
  const { inputs, finding } = await playSurface(surface, { ...job, onStep })
  if (finding === undefined) return { kind: 'played', inputs }
  // Texts pass between threads unchanged, whatever the input is.
  const { message, input } = finding
  return { kind: 'played', inputs, failure: { message, input: writeInput(input) } }
}

/** Why the input is a finding, if it is one. */
async function feedOne({ surface, input }: Job & { kind: 'input' }): Promise<string | undefined> {
  try {
    opened ??= await surfaceNamed(surface).open()
    await feedInTime(opened, readInput(input))
    // What goes wrong a little later stops this thread instead.
    await new Promise((resolve) => setTimeout(resolve, 5))
    return undefined
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  }
}
