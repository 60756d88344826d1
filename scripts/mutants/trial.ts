import { Worker } from 'node:worker_threads'
import type { Mutant } from '../../test/simulation/mutants/mutant.ts'
import type { Play, Played } from './plays.ts'

/** How a play came out: by the rules, or with the program itself coming to an end or to none. */
export type Outcome =
  | { readonly kind: 'fine' }
  | { readonly kind: 'violation'; readonly what: string }
  | { readonly kind: 'crash'; readonly what: string }
  | { readonly kind: 'hang'; readonly what: string }

/** No play takes so long unless it goes round in circles. */
const PLAY_MS_MAX = 60_000

/** A thread in which the code runs with one change, or with none. */
export class Trial implements AsyncDisposable {
  readonly #worker: Worker

  constructor(mutant: Mutant | undefined) {
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: mutant })
  }

  /** Plays once. After a crash or a hang the thread is of no use any more. */
  play(play: Play): Promise<Outcome> {
    const worker = this.#worker
    return new Promise((resolve) => {
      const finish = (outcome: Outcome) => {
        clearTimeout(timer)
        worker.off('message', onMessage)
        worker.off('error', onError)
        resolve(outcome)
      }
      const onMessage = ({ violation }: Played) =>
        finish(
          violation === undefined
            ? { kind: 'fine' }
            : { kind: 'violation', what: firstLine(violation) },
        )
      const onError = (error: Error) => finish({ kind: 'crash', what: firstLine(String(error)) })
      const onTimeout = () => finish({ kind: 'hang', what: `no end after ${PLAY_MS_MAX / 1000} s` })
      const timer = setTimeout(onTimeout, PLAY_MS_MAX)
      worker.on('message', onMessage)
      worker.on('error', onError)
      worker.postMessage(play)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate()
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? ''
}
