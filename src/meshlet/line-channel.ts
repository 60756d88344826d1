/** Lines that wait to be taken; whoever brings more waits too. */
const WAITING_MAX = 256

/** Joins several sources into one, in the order in which they come. Ends when the signal is aborted. */
export class LineChannel<T> implements AsyncIterable<T> {
  readonly #signal: AbortSignal
  readonly #waiting: T[] = []
  #wakeTaker: () => void = () => {}
  #wakeBringers: (() => void)[] = []
  #error: unknown
  #hasFailed = false

  constructor(signal: AbortSignal) {
    this.#signal = signal
    signal.addEventListener('abort', () => this.#wakeAll(), { once: true })
  }

  /**
   * Takes a source to its end, as fast as lines are taken from here. Its failure ends the whole, unless
   * it is `harmless`.
   */
  async drain<S>(
    source: AsyncIterable<S>,
    convert: (item: S) => T,
    isHarmless: (error: unknown) => boolean,
  ): Promise<void> {
    try {
      for await (const item of source) {
        while (this.#waiting.length >= WAITING_MAX && !this.#signal.aborted)
          await new Promise<void>((wake) => this.#wakeBringers.push(wake))
        if (this.#signal.aborted) return
        this.#waiting.push(convert(item))
        this.#wakeTaker()
      }
    } catch (error) {
      if (isHarmless(error)) return
      this.#error = error
      this.#hasFailed = true
      this.#wakeAll()
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    while (!this.#signal.aborted) {
      const next = this.#waiting.splice(0)
      for (const wake of this.#wakeBringers.splice(0)) wake()
      yield* next
      if (next.length > 0) continue
      if (this.#hasFailed) throw this.#error
      await new Promise<void>((wake) => {
        this.#wakeTaker = wake
        if (this.#waiting.length > 0 || this.#signal.aborted || this.#hasFailed) wake()
      })
    }
  }

  #wakeAll(): void {
    this.#wakeTaker()
    for (const wake of this.#wakeBringers.splice(0)) wake()
  }
}
