import { parentPort } from 'node:worker_threads'
import { runSeed } from '../../test/simulation/run-seed.ts'
import { shrinkSeed } from '../../test/simulation/shrink.ts'
import type { Job, Outcome } from './pool.ts'

/** Plays one seed after the other, as it is told. */
parentPort?.on('message', (job: Job) => {
  void work(job).then((outcome) => parentPort?.postMessage(outcome))
})

async function work({ seed, kind }: Job): Promise<Outcome> {
  if (kind === 'shrink') return { kind, ...(await shrinkSeed(seed)) }
  return { kind: 'play', result: await runSeed(seed, { isTraced: kind === 'trace' }) }
}
