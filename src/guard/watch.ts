/** Kills what runs of a workload; resolves with how many containers that were. */
export type KillWorkload = (uri: string) => Promise<number>

export interface WatchOptions {
  /** The boot clock, milliseconds. */
  readonly nowMs: () => number
  readonly kill: KillWorkload
  readonly say: (line: string) => void
}

/**
 * Deadlines of workloads. What is past its deadline is killed at every look, again and again, since an
 * engine may start a container long after it was told to.
 */
export class Watch {
  readonly #options: WatchOptions
  readonly #deadlines = new Map<string, number>()
  readonly #busy = new Set<string>()

  constructor(options: WatchOptions) {
    this.#options = options
  }

  get deadlines(): ReadonlyMap<string, number> {
    return this.#deadlines
  }

  set(uri: string, deadlineMs: number): void {
    this.#deadlines.set(uri, deadlineMs)
  }

  clear(uri: string): void {
    this.#deadlines.delete(uri)
  }

  /** Whether every deadline has passed. */
  get isOver(): boolean {
    const now = this.#options.nowMs()
    return [...this.#deadlines.values()].every((deadlineMs) => deadlineMs <= now)
  }

  /** Kills what is late, each workload by itself: one that hangs holds up no other. */
  look(): void {
    const now = this.#options.nowMs()
    for (const [uri, deadlineMs] of this.#deadlines)
      if (deadlineMs <= now && !this.#busy.has(uri)) void this.#kill(uri)
  }

  async #kill(uri: string): Promise<void> {
    const { kill, say } = this.#options
    this.#busy.add(uri)
    try {
      const count = await kill(uri)
      if (count > 0) say(`killed ${count} of ${uri}: its lease ran out`)
    } catch (error) {
      say(`could not kill ${uri}: ${String(error)}`)
    } finally {
      this.#busy.delete(uri)
    }
  }
}
