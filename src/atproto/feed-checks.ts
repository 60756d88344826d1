import PQueue from 'p-queue'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import { backoffMs, jitteredMs } from './feed-backoff.ts'
import { Pace } from './feed-pace.ts'

export interface FeedChecksOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Every repo is compared with its PDS this often even when nothing seems wrong. */
  readonly relistMs: number
  /** Brings one repo up to date; true when there was something new. */
  readonly check: (
    did: Did,
    options: { readonly force: boolean; readonly signal: AbortSignal },
  ) => Promise<boolean>
}

const CHECKS_AT_ONCE_MAX = 8
const PACE = { burst: 5, intervalMs: 1_000, intervalMsMax: 60_000 }
const RETRY = { initialMs: 1_000, maxMs: 5 * 60_000 }
/** The directory of DIDs is asked past the cache at most this often for one repo, and at least daily. */
const FORCE_AFTER_MS = 30_000
const FORCE_EVERY_MS = 24 * 60 * 60_000

interface State {
  readonly pace: Pace
  readonly stop: AbortController
  failures: number
  /** Something said that the repo may have moved on, and no check has begun since. */
  doubted: boolean
  force: boolean
  forcedAtMs: number
  running: boolean
  dueAtMs: number
  /** The next check after the one that runs has to begin by then. */
  nextByMs: number
  cancelTimer: () => void
  waiters: ((changed: boolean) => void)[]
}

/**
 * Decides when which repo is compared with its PDS: at once when in doubt, again after a failure, and
 * on a timer. One repo is never checked twice at once, and a doubt that comes up meanwhile leads to
 * one more check.
 */
export class FeedChecks implements AsyncDisposable {
  readonly #options: FeedChecksOptions
  readonly #states = new Map<Did, State>()
  readonly #queue = new PQueue({ concurrency: CHECKS_AT_ONCE_MAX })

  constructor(options: FeedChecksOptions) {
    this.#options = options
  }

  /** Checks this repo now, and from now on. */
  add(did: Did): void {
    if (this.#states.has(did)) return
    const now = this.#options.clock.monotonicMs()
    this.#states.set(did, {
      pace: new Pace(PACE, now),
      stop: new AbortController(),
      failures: 0,
      doubted: false,
      force: false,
      // The first is free.
      forcedAtMs: now - FORCE_AFTER_MS,
      running: false,
      dueAtMs: Number.POSITIVE_INFINITY,
      nextByMs: Number.POSITIVE_INFINITY,
      cancelTimer: () => {},
      waiters: [],
    })
    this.request(did)
  }

  drop(did: Did): void {
    const state = this.#states.get(did)
    if (!state) return
    this.#states.delete(did)
    state.cancelTimer()
    state.stop.abort(new CommuneError('interrupted', 'The repo is not followed any more'))
    settle(state, false)
  }

  /** The repo is in doubt. With `force` its DID is resolved anew. */
  request(did: Did, { force = false } = {}): void {
    const state = this.#states.get(did)
    if (!state) return
    state.doubted = true
    state.force ||= force
    if (!state.running) this.#at(did, state, state.pace.waitMs(this.#options.clock.monotonicMs()))
  }

  /** Checks the repo once more after this time, beside what else is due. */
  later(did: Did, delayMs: number): void {
    const state = this.#states.get(did)
    if (!state) return
    state.nextByMs = Math.min(state.nextByMs, this.#options.clock.monotonicMs() + delayMs)
    if (!state.running) this.#at(did, state, delayMs)
  }

  /** Like `request`; resolves after the check with whether there was something new. */
  look(did: Did): Promise<boolean> {
    const state = this.#states.get(did)
    if (!state) return Promise.resolve(false)
    return new Promise((resolve) => {
      state.waiters.push(resolve)
      this.request(did)
    })
  }

  inDoubt(did: Did): boolean {
    const state = this.#states.get(did)
    return state !== undefined && (state.doubted || state.running || state.failures > 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const did of [...this.#states.keys()]) this.drop(did)
    this.#queue.clear()
    await this.#queue.onIdle()
  }

  /** Sets the timer, unless it is to go off sooner already. */
  #at(did: Did, state: State, delayMs: number): void {
    const { clock } = this.#options
    const dueAtMs = clock.monotonicMs() + delayMs
    if (dueAtMs >= state.dueAtMs) return
    state.cancelTimer()
    state.dueAtMs = dueAtMs
    const start = () => {
      state.running = true
      state.dueAtMs = Number.POSITIVE_INFINITY
      void this.#queue.add(() => this.#run(did, state))
    }
    state.cancelTimer = () => {}
    if (delayMs <= 0) start()
    else state.cancelTimer = clock.schedule(delayMs, start)
  }

  async #run(did: Did, state: State): Promise<void> {
    const { clock, random, log, relistMs, check } = this.#options
    if (state.stop.signal.aborted) return
    const now = clock.monotonicMs()
    state.pace.take(now)
    const force = this.#takeForce(state, now)
    const waiters = state.waiters
    state.waiters = []
    state.doubted = false
    if (state.nextByMs <= now) state.nextByMs = Number.POSITIVE_INFINITY
    let next = jitteredMs(relistMs, random)
    let changed = false
    try {
      changed = await check(did, { force, signal: state.stop.signal })
      state.failures = 0
      if (changed) state.pace.fruitful()
    } catch (error) {
      if (state.stop.signal.aborted) return
      next = retryMs(error, state.failures, random)
      state.failures += 1
      state.pace.fruitless()
      log.info('A repo can’t be read at the moment', { did, reason: messageOf(error), next })
    } finally {
      state.running = false
      for (const resolve of waiters) resolve(changed)
    }
    if (state.doubted) this.request(did)
    // One that came too soon after the last is done as soon as it may be.
    const forceAtMs = state.force ? state.forcedAtMs + FORCE_AFTER_MS : Number.POSITIVE_INFINITY
    const sooner = Math.min(forceAtMs, state.nextByMs) - clock.monotonicMs()
    this.#at(did, state, Math.min(next, Math.max(0, sooner)))
  }

  #takeForce(state: State, now: number): boolean {
    const since = now - state.forcedAtMs
    const force = (state.force && since >= FORCE_AFTER_MS) || since >= FORCE_EVERY_MS
    if (!force) return false
    state.force = false
    state.forcedAtMs = now
    return true
  }
}

function retryMs(error: unknown, failures: number, random: Random): number {
  const asked = error instanceof CommuneError ? (error.retryAfterMs ?? 0) : 0
  return Math.min(Math.max(backoffMs(RETRY, failures, random), asked), 2 * RETRY.maxMs)
}

function settle(state: State, changed: boolean): void {
  for (const resolve of state.waiters.splice(0)) resolve(changed)
}
