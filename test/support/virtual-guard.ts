import type { MemoryEngine } from '../../src/engine/memory.ts'
import { LABEL } from '../../src/model/nsid.ts'
import { sleep, type Clock } from '../../src/ports/clock.ts'
import type { Guard } from '../../src/ports/guard.ts'

export interface VirtualGuardOptions {
  readonly clock: Clock
  /** How fast the machine's clocks run; 1 is right. */
  readonly rate: () => number
  readonly engine: () => MemoryEngine
  readonly nextDelayMs: () => number
}

/** How often what is past its deadline is looked for. */
const LOOK_EVERY_MS = 500

/**
 * The guard process of a machine: it goes on while the meshlet hangs or is dead, and its clock drifts as
 * the machine's does.
 */
export class VirtualGuard implements Guard {
  readonly #options: VirtualGuardOptions
  readonly #deadlines = new Map<string, number>()
  /** Where the machine's clock stood when its pace was last seen to change. */
  #base: { readonly worldMs: number; readonly ownMs: number; readonly rate: number }
  #problem: { readonly message: string; readonly sinceMs: number } | undefined

  constructor(options: VirtualGuardOptions) {
    this.#options = options
    this.#base = { worldMs: options.clock.monotonicMs(), ownMs: 1_000, rate: options.rate() }
  }

  get deadlines(): ReadonlyMap<string, number> {
    return this.#deadlines
  }

  get problem() {
    return this.#problem
  }

  nowMs(): number {
    const worldMs = this.#options.clock.monotonicMs()
    const { ownMs, rate, worldMs: sinceMs } = this.#base
    const now = ownMs + (worldMs - sinceMs) * rate
    if (rate !== this.#options.rate())
      this.#base = { worldMs, ownMs: now, rate: this.#options.rate() }
    return now
  }

  async set(uri: string, deadlineMs: number): Promise<void> {
    await sleep(this.#options.clock, this.#options.nextDelayMs())
    if (this.#problem) throw new Error(this.#problem.message)
    this.#deadlines.set(uri, deadlineMs)
    this.#lookIn(uri, deadlineMs - this.nowMs())
  }

  clear(uri: string): void {
    this.#deadlines.delete(uri)
  }

  /** It is killed, and with it what it knew. */
  kill(): void {
    this.#deadlines.clear()
    this.#problem = { message: 'it was killed', sinceMs: this.nowMs() }
  }

  /** The daemon has started another, and told it all that it held. */
  revive(): void {
    this.#problem = undefined
  }

  #lookIn(uri: string, delayMs: number): void {
    const { clock, rate } = this.#options
    clock.schedule(delayMs / rate(), () => this.#look(uri))
  }

  #look(uri: string): void {
    const deadlineMs = this.#deadlines.get(uri)
    if (deadlineMs === undefined) return
    const leftMs = deadlineMs - this.nowMs()
    // A later deadline has its own look, but what rounding left over has none.
    if (leftMs > 1) return
    if (leftMs > 0) return this.#lookIn(uri, leftMs + 1)
    const engine = this.#options.engine()
    const late = engine.containers.filter(
      (container) => container.running && container.options.labels[LABEL.workload] === uri,
    )
    for (const { id } of late) void engine.killContainer(id).catch(() => undefined)
    this.#lookIn(uri, LOOK_EVERY_MS)
  }
}
