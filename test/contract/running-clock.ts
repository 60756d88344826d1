import type { Clock } from '../../src/ports/clock.ts'

const STEP_MS = 10

/** A clock that runs as fast as the event loop turns, so that waiting costs no time. */
export class RunningClock implements Clock {
  #nowMs = 1_800_000_000_000
  #timers: { readonly atMs: number; readonly callback: () => void }[] = []
  #next: NodeJS.Immediate

  constructor() {
    this.#next = setImmediate(() => this.#step())
  }

  wallMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.push(timer)
    return () => void (this.#timers = this.#timers.filter((other) => other !== timer))
  }

  stop(): void {
    clearImmediate(this.#next)
  }

  #step(): void {
    this.#nowMs += STEP_MS
    const due = this.#timers.filter((timer) => timer.atMs <= this.#nowMs)
    this.#timers = this.#timers.filter((timer) => timer.atMs > this.#nowMs)
    for (const timer of due.toSorted((a, b) => a.atMs - b.atMs)) timer.callback()
    this.#next = setImmediate(() => this.#step())
  }
}
