import type { Did } from '../model/records.ts'

/** Pulls at the same time, of everybody together: the engine itself fetches a few layers at a time. */
const PULLS_MAX = 16
/** Of the work of one owner: who has many or slow images waits for herself. */
const PULLS_PER_OWNER_MAX = 2

interface Waiting {
  readonly owner: Did
  readonly start: () => void
  /** Why it does not wait any more. */
  readonly signal: AbortSignal
}

/**
 * Who may pull now. Whoever pulls least goes first, then whoever came first, so that one owner's
 * images never hold back those of another.
 */
export class PullSlots {
  readonly #running = new Map<Did, number>()
  #waiting: Waiting[] = []

  /** Does the work when its owner's turn has come. Rejects with the signal's reason while it waits. */
  async run<T>(owner: Did, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#enter(owner, signal)
    try {
      return await work()
    } finally {
      this.#leave(owner)
    }
  }

  #enter(owner: Did, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const onAbort = () => {
        this.#waiting = this.#waiting.filter((one) => one !== waiting)
        reject(signal.reason)
      }
      const start = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      const waiting: Waiting = { owner, start, signal }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiting)
      this.#next()
    })
  }

  #leave(owner: Did): void {
    const left = this.#of(owner) - 1
    if (left === 0) this.#running.delete(owner)
    else this.#running.set(owner, left)
    this.#next()
  }

  #next(): void {
    const all = [...this.#running.values()].reduce((sum, count) => sum + count, 0)
    if (all >= PULLS_MAX) return
    const [next] = this.#waiting
      .filter(({ owner }) => this.#of(owner) < PULLS_PER_OWNER_MAX)
      .toSorted((a, b) => this.#of(a.owner) - this.#of(b.owner))
    if (next === undefined) return
    this.#waiting = this.#waiting.filter((one) => one !== next)
    this.#running.set(next.owner, this.#of(next.owner) + 1)
    next.start()
  }

  #of(owner: Did): number {
    return this.#running.get(owner) ?? 0
  }
}
