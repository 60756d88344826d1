import { parentPort, workerData } from 'node:worker_threads'
import type { Mutant } from '../../test/simulation/mutants/mutant.ts'
import type { Play, Played } from './plays.ts'
import { loadMutant } from './load-mutant.ts'

const mutant = workerData as Mutant | undefined
if (mutant) loadMutant(mutant)
const { runSeed } = await import('../../test/simulation/run-seed.ts')

/** Plays one after the other, as it is told. */
parentPort?.on('message', ({ seed, scenario }: Play) => {
  void runSeed(seed, { ...(scenario !== undefined && { scenario }) }).then(({ violations }) => {
    const played: Played = { violation: violations[0] }
    parentPort?.postMessage(played)
  })
})
