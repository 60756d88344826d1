import { messageOf } from '../model/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'

/** Since when and why the state folder can't be written. */
export interface StorageProblem {
  readonly message: string
  /** On the monotonic clock, milliseconds. */
  readonly sinceMs: number
}

/**
 * Whether the state folder can be written: its disk may be full or read-only while the program runs.
 * Whoever writes there reports failures. Well again is only said by who tried on purpose: on a full
 * disk some small write always finds room.
 */
export class StorageState {
  readonly #clock: Clock
  readonly #log: Log
  readonly #listeners = new Set<() => void>()
  #problem: StorageProblem | undefined

  constructor(clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
  }

  /** Undefined while all is well. */
  get problem(): StorageProblem | undefined {
    return this.#problem
  }

  /** Calls back when it turns out that the folder can't be written. */
  onProblem(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  noteFailure(error: unknown): void {
    if (this.#problem) return
    const message = messageOf(error)
    this.#problem = { message, sinceMs: this.#clock.monotonicMs() }
    this.#log.error(
      'the state folder can’t be written; what runs goes on, and nothing new is begun',
      { reason: message },
    )
    for (const listener of this.#listeners) listener()
  }

  noteWell(): void {
    if (!this.#problem) return
    const forMs = this.#clock.monotonicMs() - this.#problem.sinceMs
    this.#problem = undefined
    this.#log.info('the state folder can be written again', { afterSeconds: forMs / 1000 })
  }
}
