/** How often one repo may be looked at: a burst, then at a steady pace that slows down when in vain. */
export interface PaceLimits {
  readonly burst: number
  readonly intervalMs: number
  readonly intervalMsMax: number
}

/** A bucket of permits for one repo; times are monotonic milliseconds. */
export class Pace {
  readonly #limits: PaceLimits
  #permits: number
  #filledAtMs: number
  #intervalMs: number

  constructor(limits: PaceLimits, nowMs: number) {
    this.#limits = limits
    this.#permits = limits.burst
    this.#filledAtMs = nowMs
    this.#intervalMs = limits.intervalMs
  }

  /** How long until a permit is there; 0: now. */
  waitMs(nowMs: number): number {
    this.#fill(nowMs)
    return this.#permits >= 1 ? 0 : this.#filledAtMs + this.#intervalMs - nowMs
  }

  /** Uses a permit; call it only when `waitMs` is 0. */
  take(nowMs: number): void {
    this.#fill(nowMs)
    this.#permits = Math.max(0, this.#permits - 1)
  }

  /** The look found something: back to the full pace. */
  fruitful(): void {
    this.#intervalMs = this.#limits.intervalMs
  }

  /** The look was in vain: twice as long until the next permit. */
  fruitless(): void {
    this.#intervalMs = Math.min(this.#limits.intervalMsMax, this.#intervalMs * 2)
  }

  #fill(nowMs: number): void {
    const earned = Math.floor((nowMs - this.#filledAtMs) / this.#intervalMs)
    if (earned <= 0) return
    this.#permits = Math.min(this.#limits.burst, this.#permits + earned)
    this.#filledAtMs =
      this.#permits === this.#limits.burst ? nowMs : this.#filledAtMs + earned * this.#intervalMs
  }
}
