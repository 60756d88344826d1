import { messageOf } from '../model/errors.ts'
import type { MeshletStatusRecord } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { NOTICE_MS } from './desire.ts'
import type { MachineState, SavedDuty, Settings } from './settings.ts'

export interface DutyOptions {
  readonly settings: Settings
  readonly clock: Clock
  readonly log: Log
  /** Bids and containers have to be looked at again. */
  readonly onChange: () => void
}

export interface DrainOptions {
  readonly reason?: string | undefined
  /** Time for a replacement, milliseconds; `NOTICE_MS` when left out. */
  readonly timeoutMs?: number | undefined
  readonly thenEnd?: boolean
}

/**
 * What the owner of this machine told it to do with work (DESIGN §8): `pause` is a cordon, `drain`
 * gives everything away, `shutdown` ends the program after that, `resume` ends all of these. Kept in
 * the journal, so that a restart in the middle of it changes nothing.
 */
export class Duty {
  readonly #options: DutyOptions
  #saved: SavedDuty | undefined
  #isUnsaved = false
  /** When the time for a replacement is over, on the monotonic clock. */
  #endsAtMs: number | undefined

  constructor(options: DutyOptions) {
    this.#options = options
    this.#saved = options.settings.duty
    const { endsAtMs, timeoutMs = NOTICE_MS } = this.#saved ?? {}
    if (endsAtMs === undefined) return
    const { clock } = options
    const leftMs = Math.max(0, Math.min(timeoutMs, endsAtMs - clock.wallMs()))
    this.#endsAtMs = clock.monotonicMs() + leftMs
  }

  get state(): MachineState {
    return this.#saved?.state ?? 'active'
  }

  /** In the words of the owner. */
  get reason(): string | undefined {
    return this.#saved?.reason
  }

  /** Time in which what runs here may still be replaced; undefined while the machine does not drain. */
  get leftMs(): number | undefined {
    if (this.state !== 'draining' || this.#endsAtMs === undefined) return undefined
    return Math.max(0, this.#endsAtMs - this.#options.clock.monotonicMs())
  }

  /** Whether the time for a replacement is over. */
  get isOver(): boolean {
    return this.leftMs === 0
  }

  /** Whether the program ends when nothing runs here any more. */
  get endsWhenEmpty(): boolean {
    return this.#saved?.thenEnd ?? false
  }

  /** Takes no new work. A machine that drains takes none anyway, and goes on draining. */
  pause(reason?: string): void {
    if (this.state === 'draining') return
    this.#become({ state: 'cordoned', ...(reason === undefined ? {} : { reason }) })
  }

  /** Takes work again. */
  resume(): void {
    this.#become(undefined)
  }

  /** Gives all work away. Said again it starts its time anew. */
  drain({ reason, timeoutMs = NOTICE_MS, thenEnd = false }: DrainOptions): void {
    const { clock } = this.#options
    this.#endsAtMs = clock.monotonicMs() + timeoutMs
    this.#become({
      state: 'draining',
      endsAtMs: clock.wallMs() + timeoutMs,
      timeoutMs,
      thenEnd,
      ...(reason === undefined ? {} : { reason }),
    })
  }

  /** Nothing runs here any more, and the program ends. */
  noteStopped(): void {
    const { reason } = this
    this.#become({ state: 'stopped', ...(reason === undefined ? {} : { reason }) })
  }

  /** Who was shut down and is started again takes no work until told to. */
  noteStarted(): void {
    if (this.state !== 'stopped') return
    this.#options.log.warn('it was shut down, and takes no work until "commune uncordon"')
    this.pause(this.reason)
  }

  /** The journal was lost, and the published status is what remembers it. */
  adopt({ state, stateReason: reason }: MeshletStatusRecord): void {
    if (state === 'draining') this.drain({ reason })
    if (state === 'cordoned' || state === 'stopped') this.pause(reason)
  }

  /** Saves what the state folder did not take. Throws when it still does not. */
  saveAgain(): void {
    if (this.#isUnsaved) this.#options.settings.saveDuty(this.#saved)
    this.#isUnsaved = false
  }

  /** Also on a disk that takes nothing more: whose disk fails may want to drain it. */
  #become(duty: SavedDuty | undefined): void {
    const { log, onChange } = this.#options
    this.#saved = duty
    this.#isUnsaved = true
    try {
      this.saveAgain()
    } catch (error) {
      log.warn('this is remembered only until the program ends', { reason: messageOf(error) })
    }
    log.info('what it does with work has changed', { state: this.state, reason: this.reason })
    onChange()
  }
}
