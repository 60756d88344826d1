import { COLLECTION } from '../model/nsid.ts'
import type { BidRecord } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Outcome } from '../reconcile/outcome.ts'
import { isOffer } from '../selection/bids.ts'
import type { Duty } from './duty.ts'
import type { EngineState } from './engine-state.ts'
import type { OwnRecords } from './own-records.ts'

export interface DepartureOptions {
  readonly duty: Duty
  readonly own: OwnRecords
  readonly engineState: EngineState
  readonly clock: Clock
}

/** How often it is looked whether the machine is empty. */
const LOOK_MS = 1_000
/** A PDS that does not take the last records keeps nobody from leaving for longer than this. */
const FAREWELL_MS = 10_000

/** Watches a machine that is being drained: ends what is left in time, and tells when all is done. */
export class Departure {
  /** Resolves when the program may end. */
  readonly done: Promise<void>
  readonly #options: DepartureOptions
  readonly #resolve: () => void
  #emptySinceMs: number | undefined

  constructor(options: DepartureOptions) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.done = promise
    this.#resolve = resolve
    this.#options = options
  }

  /** `lookAtAll` has every workload looked at again: what is left when time is over ends then. */
  async look(lookAtAll: () => void): Promise<Outcome> {
    const { duty, own, clock } = this.#options
    if (duty.state === 'stopped') return this.#leave()
    if (duty.leftMs === undefined) return { kind: 'done' }
    const isEmpty = (await this.#isEmpty()) && !this.#offersAnything()
    if (!isEmpty) this.#emptySinceMs = undefined
    if (!isEmpty && duty.isOver) lookAtAll()
    if (!isEmpty) return { kind: 'again', afterMs: LOOK_MS }
    if (!duty.endsWhenEmpty) return { kind: 'done' }
    this.#emptySinceMs ??= clock.monotonicMs()
    const waitsForMs = clock.monotonicMs() - this.#emptySinceMs
    if (own.hasPending && waitsForMs < FAREWELL_MS) return { kind: 'again', afterMs: LOOK_MS / 4 }
    this.#emptySinceMs = clock.monotonicMs()
    duty.noteStopped()
    return { kind: 'again', afterMs: LOOK_MS / 4 }
  }

  /** The status that says so has to be written before the program ends. */
  #leave(): Outcome {
    const { own, clock } = this.#options
    const sinceMs = clock.monotonicMs() - (this.#emptySinceMs ?? clock.monotonicMs())
    if (own.hasPending && sinceMs < FAREWELL_MS) return { kind: 'again', afterMs: LOOK_MS / 4 }
    this.#resolve()
    return { kind: 'done' }
  }

  /** An engine that does not answer may still run something. */
  async #isEmpty(): Promise<boolean> {
    const snapshot = await this.#options.engineState.snapshot().catch(() => undefined)
    return snapshot?.containers.length === 0
  }

  #offersAnything(): boolean {
    return this.#options.own.list<BidRecord>(COLLECTION.bid).some(([, bid]) => isOffer(bid))
  }
}
