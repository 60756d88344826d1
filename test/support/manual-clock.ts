import type { Clock } from '../../src/ports/clock.ts'

/** A clock that a test moves by hand; timers go off in the order of their times. */
export class ManualClock implements Clock {
  /** Milliseconds since 1970. */
  wall: number
  #monotonic = 0
  readonly #timers = new Map<number, { readonly atMs: number; readonly callback: () => void }>()
  #next = 0

  constructor(wall = Date.parse('2026-02-01T00:00:00Z')) {
    this.wall = wall
  }

  wallMs(): number {
    return this.wall
  }

  monotonicMs(): number {
    return this.#monotonic
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const id = this.#next++
    this.#timers.set(id, { atMs: this.#monotonic + Math.max(0, delayMs), callback })
    return () => this.#timers.delete(id)
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.size
  }

  advance(ms: number): void {
    const until = this.#monotonic + ms
    for (let due = this.#nextDue(until); due; due = this.#nextDue(until)) {
      this.#timers.delete(due.id)
      this.wall += due.atMs - this.#monotonic
      this.#monotonic = due.atMs
      due.callback()
    }
    this.wall += until - this.#monotonic
    this.#monotonic = until
  }

  #nextDue(untilMs: number) {
    let first: { id: number; atMs: number; callback: () => void } | undefined
    for (const [id, timer] of this.#timers) {
      if (timer.atMs <= untilMs && (!first || timer.atMs < first.atMs)) first = { id, ...timer }
    }
    return first
  }
}
