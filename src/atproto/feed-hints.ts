import { messageOf } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { Pace } from './feed-pace.ts'

export interface FeedHintsOptions {
  readonly clock: Clock
  readonly log: Log
  /** Reads one record; true when it was new. */
  readonly record: (did: Did, key: string, signal: AbortSignal) => Promise<boolean>
  /** Checks the whole repo; true when there was something new. */
  readonly look: (did: Did) => Promise<boolean>
}

const PACE = { burst: 5, intervalMs: 1_000, intervalMsMax: 5 * 60_000 }
/** More named records than this are read faster by checking the repo. */
const RECORDS_MAX = 8

interface State {
  readonly pace: Pace
  readonly stop: AbortController
  keys: Set<string>
  /** A hint came that names no record. */
  whole: boolean
  running: Promise<void> | undefined
  cancelTimer: (() => void) | undefined
}

/**
 * Looks where hints point to, and only as often as they prove right: anybody may send them, so a
 * repo's hints are joined, and those in vain make the next ones wait.
 */
export class FeedHints implements AsyncDisposable {
  readonly #options: FeedHintsOptions
  readonly #states = new Map<Did, State>()

  constructor(options: FeedHintsOptions) {
    this.#options = options
  }

  /** `key` is `collection/rkey` of a record that is said to be new. */
  add(did: Did, key: string | undefined): void {
    const state = this.#states.get(did) ?? this.#begin(did)
    if (key === undefined || state.keys.size >= RECORDS_MAX) state.whole = true
    else state.keys.add(key)
    this.#plan(did, state)
  }

  drop(did: Did): void {
    const state = this.#states.get(did)
    if (!state) return
    this.#states.delete(did)
    state.cancelTimer?.()
    state.stop.abort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const running = [...this.#states.values()].map((state) => state.running)
    for (const did of [...this.#states.keys()]) this.drop(did)
    for (const each of running) await each
  }

  #begin(did: Did): State {
    const state: State = {
      pace: new Pace(PACE, this.#options.clock.monotonicMs()),
      stop: new AbortController(),
      keys: new Set(),
      whole: false,
      running: undefined,
      cancelTimer: undefined,
    }
    this.#states.set(did, state)
    return state
  }

  #plan(did: Did, state: State): void {
    if (state.running || state.cancelTimer) return
    const { clock } = this.#options
    const start = () => {
      state.cancelTimer = undefined
      state.running = this.#run(did, state).finally(() => {
        state.running = undefined
        const more = state.keys.size > 0 || state.whole
        if (more && !state.stop.signal.aborted) this.#plan(did, state)
      })
    }
    const waitMs = state.pace.waitMs(clock.monotonicMs())
    if (waitMs <= 0) start()
    else state.cancelTimer = clock.schedule(waitMs, start)
  }

  async #run(did: Did, state: State): Promise<void> {
    state.pace.take(this.#options.clock.monotonicMs())
    const keys = [...state.keys]
    const whole = state.whole
    state.keys = new Set()
    state.whole = false
    const read = await Promise.all(keys.map((key) => this.#read(did, key, state.stop.signal)))
    // A record that is not new may have been deleted, which only a look at the repo can tell.
    const enough = !whole && read.length > 0 && read.every((changed) => changed)
    const changed = enough || (await this.#options.look(did))
    if (changed || read.includes(true)) state.pace.fruitful()
    else state.pace.fruitless()
  }

  async #read(did: Did, key: string, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#options.record(did, key, signal)
    } catch (error) {
      this.#options.log.debug('A hint led nowhere', { did, key, reason: messageOf(error) })
      return false
    }
  }
}
