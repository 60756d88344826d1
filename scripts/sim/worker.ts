import { parentPort } from 'node:worker_threads'
import { runSeed } from '../../test/simulation/run-seed.ts'
import { shrinkSeed } from '../../test/simulation/shrink.ts'
import { Unrest } from '../../test/support/virtual-clock.ts'
import type { Job, Outcome } from './pool.ts'

/**
 * What goes round in circles is thrown out of the clock, in the midst of the code that asks it. The one
 * who lets the time pass fails for the same reason right after: that is what becomes of the seed.
 */
process.on('unhandledRejection', (error) => {
  if (!(error instanceof Unrest)) throw error
})

/** Plays one seed after the other, as it is told. */
parentPort?.on('message', (job: Job) => {
  void work(job).then((outcome) => parentPort?.postMessage(outcome))
})

async function work({ seed, kind }: Job): Promise<Outcome> {
  if (kind === 'shrink') return { kind, ...(await shrinkSeed(seed)) }
  return { kind: 'play', result: await runSeed(seed, { isTraced: kind === 'trace' }) }
}
