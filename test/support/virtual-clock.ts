import type { Clock } from '../../src/ports/clock.ts'

interface Timer {
  readonly atMs: number
  /** Timers of the same moment go off in the order in which they were set. */
  readonly order: number
  readonly callback: () => void
  isCancelled: boolean
}

/** More timers than this in one second go round in circles, in communes of a handful. */
const TIMERS_PER_SECOND_MAX = 20_000
/** Whoever asks for the time more often than this before any passes goes round in circles, too. */
const LOOKS_PER_MOMENT_MAX = 100_000

/** 2026-02-01, so that dates in records look like dates. */
const WALL_START_MS = Date.parse('2026-02-01T00:00:00Z')

/** The run would never come to its end. */
export class Unrest extends Error {}

/**
 * Time that passes only when a test lets it. Between two timers everything that waits for a promise
 * gets its turn, so a run depends on nothing but what it was given.
 */
export class VirtualClock implements Clock {
  readonly #timers = new TimerHeap()
  readonly #timersPerSecondMax: number
  #nowMs = 0
  /** For how long everything has slept. */
  #sleptMs = 0
  #order = 0
  #events = 0
  /** The second that is counted, and the timers in it. */
  #second = 0
  #eventsInSecond = 0
  /** How often the time was asked for since the last timer. */
  #looks = 0

  constructor(options: { readonly timersPerSecondMax?: number } = {}) {
    this.#timersPerSecondMax = options.timersPerSecondMax ?? TIMERS_PER_SECOND_MAX
  }

  /** Timers that have gone off: everything that happened happened at one of them. */
  get events(): number {
    return this.#events
  }

  wallMs(): number {
    return WALL_START_MS + this.#sleptMs + this.#nowMs
  }

  /** Everything everywhere sleeps for so long: the date is a later one, and nothing happens meanwhile. */
  sleep(ms: number): void {
    this.#sleptMs += ms
  }

  /** Fails where it is asked for without end: that ends what would never let the next timer come. */
  monotonicMs(): number {
    if (++this.#looks > LOOKS_PER_MOMENT_MAX) throw this.#unrest()
    return this.#nowMs
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const atMs = this.#nowMs + Math.max(0, delayMs)
    const timer: Timer = { atMs, order: this.#order++, callback, isCancelled: false }
    this.#timers.push(timer)
    return () => {
      timer.isCancelled = true
    }
  }

  /** Lets this much time pass, with everything that happens in it. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await this.#settle()
    while (await this.#step(untilMs));
    this.#nowMs = untilMs
  }

  /**
   * Lets time pass until the condition holds; looks after each timer. Returns how long it took in
   * milliseconds, and fails with `what` when `limitMs` was not enough.
   */
  async until(what: string, condition: () => boolean, limitMs: number): Promise<number> {
    const startMs = this.#nowMs
    await this.#settle()
    while (!condition()) {
      if (await this.#step(startMs + limitMs)) continue
      throw new Error(`Waited in vain for ${limitMs} ms of virtual time: ${what}`)
    }
    return this.#nowMs - startMs
  }

  /** Lets time pass until the promise is settled, and returns what it holds. */
  async run<T>(promise: Promise<T>, limitMs = 60_000): Promise<T> {
    let isSettled = false
    const settled = () => {
      isSettled = true
    }
    promise.then(settled, settled)
    await this.until('a promise', () => isSettled, limitMs)
    return promise
  }

  /** Runs one timer, if one is due by then. */
  async #step(untilMs: number): Promise<boolean> {
    const timer = this.#timers.popDue(untilMs)
    if (!timer) return false
    this.#nowMs = Math.max(this.#nowMs, timer.atMs)
    this.#count()
    this.#looks = 0
    timer.callback()
    await this.#settle()
    if (this.#looks > LOOKS_PER_MOMENT_MAX) throw this.#unrest()
    return true
  }

  #count(): void {
    this.#events++
    const second = Math.floor(this.#nowMs / 1_000)
    this.#eventsInSecond = second === this.#second ? this.#eventsInSecond + 1 : 1
    this.#second = second
    const max = this.#timersPerSecondMax
    if (this.#eventsInSecond > max) throw new Unrest(`no rest: more than ${max} timers in a second`)
  }

  #unrest(): Unrest {
    return new Unrest(
      `no rest: the time was asked for ${LOOKS_PER_MOMENT_MAX} times before any passed`,
    )
  }

  /** All jobs of promises are done before the next turn of the event loop, however many there are. */
  #settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }
}

/** A binary heap of timers, the next one first. */
class TimerHeap {
  readonly #heap: Timer[] = []

  push(timer: Timer): void {
    const heap = this.#heap
    let index = heap.push(timer) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(timer, heap[parent])) break
      heap[index] = heap[parent] as Timer
      index = parent
    }
    heap[index] = timer
  }

  /** The next timer that was not cancelled, if it is due by then. */
  popDue(untilMs: number): Timer | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (!first || first.atMs > untilMs) return undefined
      this.#pop()
      if (!first.isCancelled) return first
    }
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Timer, heap[child])) child++
      if (!isBefore(heap[child] as Timer, last)) break
      heap[index] = heap[child] as Timer
      index = child
    }
    heap[index] = last
  }
}

function isBefore(a: Timer, b: Timer | undefined): boolean {
  return b === undefined || a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
