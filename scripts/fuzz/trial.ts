import { Worker } from 'node:worker_threads'

export type Job =
  /** The inputs that belong to a seed. */
  | {
      readonly kind: 'batch'
      readonly surface: string
      readonly seed: number
      readonly inputs: number
      readonly msMax: number
    }
  /** One input, as text. */
  | { readonly kind: 'input'; readonly surface: string; readonly input: string }

export type Answer =
  | {
      readonly kind: 'played'
      readonly inputs: number
      readonly failure?: { readonly message: string; readonly input: string }
    }
  | { readonly kind: 'fed'; readonly failure: string | undefined }

export type Outcome =
  | Answer
  /** The thread ended, or one input kept it busy without end. */
  | { readonly kind: 'lost'; readonly why: string; readonly inputs: number }

/** So long may a thread be busy with one input: a hang by any clock, on a busy computer too. */
const STUCK_MS_MAX = 90_000
const LOOK_EVERY_MS = 500
/** What a thread may keep; more than that is growth without bound. */
const HEAP_MB_MAX = 768

/** A thread that tries inputs, and is replaced when one of them breaks it. */
export class Trial implements AsyncDisposable {
  #worker: Worker | undefined
  #steps = new Int32Array(new SharedArrayBuffer(4))

  async run(job: Job): Promise<Outcome> {
    this.#steps[0] = 0
    const worker = (this.#worker ??= newWorker(this.#steps))
    const outcome = await this.#answer(worker, job)
    if (outcome.kind === 'lost') await this[Symbol.asyncDispose]()
    return outcome
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate()
    this.#worker = undefined
    this.#steps = new Int32Array(new SharedArrayBuffer(4))
  }

  #answer(worker: Worker, job: Job): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const inputs = () => Atomics.load(this.#steps, 0)
    const lost = (why: string) => resolve({ kind: 'lost', why, inputs: inputs() })
    const onError = (error: unknown) =>
      lost(`crash: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    const onExit = () => lost('crash: the thread ended')
    const stopWatching = watch(inputs, () => lost(`hang: no end after ${STUCK_MS_MAX / 1000} s`))
    worker.once('message', resolve)
    worker.once('error', onError)
    worker.once('exit', onExit)
    worker.postMessage(job)
    return promise.finally(() => {
      stopWatching()
      worker.off('message', resolve)
      worker.off('error', onError)
      worker.off('exit', onExit)
    })
  }
}

/** Calls when the count has stood still for too long. */
function watch(count: () => number, onStuck: () => void): () => void {
  let last = count()
  let lookedSince = 0
  const timer = setInterval(() => {
    const now = count()
    lookedSince = now === last ? lookedSince + LOOK_EVERY_MS : 0
    last = now
    if (lookedSince >= STUCK_MS_MAX) onStuck()
  }, LOOK_EVERY_MS)
  return () => clearInterval(timer)
}

function newWorker(steps: Int32Array): Worker {
  return new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: steps.buffer,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
    // Surfaces print nothing that a reader needs.
    stdout: true,
  })
}
