import { Worker } from 'node:worker_threads'
import type { SeedResult } from '../../test/simulation/play-story.ts'
import type { Shrunk } from '../../test/simulation/shrink.ts'

export interface Job {
  readonly seed: number
  readonly kind: 'play' | 'trace' | 'shrink'
}

export type Outcome =
  | { readonly kind: 'play'; readonly result: SeedResult }
  | ({ readonly kind: 'shrink' } & Shrunk)
  /** The thread died or said nothing for too long. */
  | { readonly kind: 'lost'; readonly job: Job; readonly why: string }

/** No seed takes so long unless it goes round in circles. */
const JOB_MS_MAX = 120_000

/** Threads that work off what `next` gives them until it gives nothing. */
export async function runJobs(
  threads: number,
  next: () => Job | undefined,
  onOutcome: (outcome: Outcome) => void,
): Promise<void> {
  await Promise.all(
    Array.from({ length: threads }, async () => {
      let worker = newWorker()
      for (let job = next(); job; job = next()) {
        const outcome = await workOn(worker, job)
        onOutcome(outcome)
        if (outcome.kind !== 'lost') continue
        await worker.terminate()
        worker = newWorker()
      }
      await worker.terminate()
    }),
  )
}

function newWorker(): Worker {
  return new Worker(new URL('./worker.ts', import.meta.url))
}

function workOn(worker: Worker, job: Job): Promise<Outcome> {
  return new Promise((resolve) => {
    const lost = (why: string) => finish({ kind: 'lost', job, why })
    const timer = setTimeout(() => lost(`no end after ${JOB_MS_MAX / 1000} s`), JOB_MS_MAX)
    const onError = (error: Error) => lost(String(error.stack ?? error))
    const finish = (outcome: Outcome) => {
      clearTimeout(timer)
      worker.off('message', finish)
      worker.off('error', onError)
      resolve(outcome)
    }
    worker.on('message', finish)
    worker.on('error', onError)
    worker.postMessage(job)
  })
}
