import PQueue from 'p-queue'
import { messageOf } from '../model/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Random } from '../ports/random.ts'
import { backoffMs, type Backoff } from '../reconcile/backoff.ts'
import type { Outcome } from '../reconcile/outcome.ts'

/** One look at a key. */
export interface Turn {
  readonly signal: AbortSignal
  /** Says of each line to which look it belongs. */
  readonly log: Log
  /**
   * Waits for what may take minutes and is not this machine's own work, such as a download: meanwhile
   * another key takes this one's place, so that whoever lets us wait keeps nobody else waiting.
   */
  readonly aside: <T>(work: () => Promise<T>) => Promise<T>
  /** Whether the key was named again since this look began: what was seen may be no more. */
  readonly isOutdated: () => boolean
}

export interface WorkQueueOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Keys that are worked on at the same time. */
  readonly concurrency: number
  readonly metrics: Metrics
  /** What a key stands for, in a word, for the metrics. */
  readonly kindOf: (key: string) => string
  /** From one look at a key to the next at least so long passes, milliseconds. */
  readonly gapMs?: (key: string) => number
  readonly reconcile: (key: string, turn: Turn) => Promise<Outcome>
}

/** A key that fails again and again is tried at least this often. */
const RETRY: Backoff = { initialMs: 500, maxMs: 300_000 }

/**
 * Keys to look at. A key is queued once however often it is named, is never worked on twice at once,
 * and is queued again when it was named while it was worked on. Failures come back after a backoff.
 */
export class WorkQueue implements AsyncDisposable {
  readonly #options: WorkQueueOptions
  readonly #pool: PQueue
  readonly #queued = new Set<string>()
  readonly #working = new Set<string>()
  /** Since when each key is queued or worked on, in the order in which they came. */
  readonly #sinceMs = new Map<string, number>()
  readonly #dirty = new Set<string>()
  /** When keys that take a rest between two looks were looked at. */
  readonly #lookedMs = new Map<string, number>()
  readonly #failures = new Map<string, number>()
  readonly #timers = new Map<string, { dueMs: number; cancel: () => void }>()
  readonly #stop = new AbortController()
  #turns = 0

  constructor(options: WorkQueueOptions) {
    this.#options = options
    this.#pool = new PQueue({ concurrency: options.concurrency })
  }

  /** Look at this key as soon as there is a free hand. */
  add(key: string): void {
    if (this.#stop.signal.aborted) return
    if (this.#working.has(key)) {
      this.#cancelTimer(key)
      this.#dirty.add(key)
      return
    }
    const restMs = this.#restMs(key)
    if (restMs > 0) return this.addAfter(key, restMs)
    this.#cancelTimer(key)
    if (this.#queued.has(key)) return
    this.#queued.add(key)
    this.#sinceMs.set(key, this.#options.clock.monotonicMs())
    void this.#pool.add(() => this.#work(key))
  }

  /** Look at this key after `delayMs`, or sooner if it was to be looked at sooner anyway. */
  addAfter(key: string, delayMs: number): void {
    if (delayMs <= 0) return this.add(key)
    if (this.#stop.signal.aborted || this.#queued.has(key)) return
    const dueMs = this.#options.clock.monotonicMs() + delayMs
    const timer = this.#timers.get(key)
    if (timer && timer.dueMs <= dueMs) return
    this.#cancelTimer(key)
    const cancel = this.#options.clock.schedule(delayMs, () => {
      this.#timers.delete(key)
      this.add(key)
    })
    this.#timers.set(key, { dueMs, cancel })
  }

  /** Keys that are queued or being worked on. */
  get depth(): number {
    return this.#queued.size + this.#working.size
  }

  /** For how long the oldest of them has waited or been worked on, milliseconds; 0 when there is none. */
  get oldestMs(): number {
    const [sinceMs] = this.#sinceMs.values()
    return sinceMs === undefined ? 0 : this.#options.clock.monotonicMs() - sinceMs
  }

  /** Resolves when nothing is queued or worked on at this moment; timers may be pending. */
  async idle(): Promise<void> {
    await this.#pool.onIdle()
  }

  /** Takes no more keys, aborts what is under way, and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('shutting down'))
    for (const key of [...this.#timers.keys()]) this.#cancelTimer(key)
    this.#pool.clear()
    this.#queued.clear()
    this.#sinceMs.clear()
    await this.#pool.onIdle()
  }

  async #work(key: string): Promise<void> {
    // Whatever else is said of the key in this turn belongs to the same look.
    await Promise.resolve()
    this.#queued.delete(key)
    if (this.#stop.signal.aborted) return
    this.#working.add(key)
    if (this.#gapMs(key) > 0) this.#lookedMs.set(key, this.#options.clock.monotonicMs())
    const outcome = await this.#reconcile(key)
    this.#working.delete(key)
    this.#sinceMs.delete(key)
    this.#settle(key, outcome)
    if (this.#dirty.delete(key)) this.add(key)
  }

  async #reconcile(key: string): Promise<Outcome> {
    const { clock, metrics, kindOf } = this.#options
    const kind = kindOf(key)
    const startedMs = clock.monotonicMs()
    const outcome = await this.#turn(key)
    metrics.count('reconciles', { key: kind, outcome: outcome.kind })
    metrics.observe('reconcileSeconds', { key: kind }, (clock.monotonicMs() - startedMs) / 1000)
    return outcome
  }

  async #turn(key: string): Promise<Outcome> {
    const { signal } = this.#stop
    const log = this.#options.log.child({ reconcile: ++this.#turns })
    try {
      const aside = <T>(work: () => Promise<T>) => this.#aside(work)
      const isOutdated = () => this.#dirty.has(key)
      return await this.#options.reconcile(key, { signal, log, aside, isOutdated })
    } catch (error) {
      const message = messageOf(error)
      if (!signal.aborted) log.error('reconcile failed', { key, error: message })
      return { kind: 'retry', message }
    }
  }

  async #aside<T>(work: () => Promise<T>): Promise<T> {
    this.#pool.concurrency += 1
    try {
      return await work()
    } finally {
      this.#pool.concurrency -= 1
    }
  }

  #settle(key: string, outcome: Outcome): void {
    if (outcome.kind !== 'retry') this.#failures.delete(key)
    if (outcome.kind === 'again') this.addAfter(key, outcome.afterMs)
    if (outcome.kind !== 'retry') return
    const failures = (this.#failures.get(key) ?? 0) + 1
    this.#failures.set(key, failures)
    const backoff = backoffMs(RETRY, failures, this.#options.random.next())
    this.addAfter(key, outcome.afterMs ?? backoff)
  }

  #gapMs(key: string): number {
    return this.#options.gapMs?.(key) ?? 0
  }

  /** How long the key is left alone after its last look. */
  #restMs(key: string): number {
    const lookedMs = this.#lookedMs.get(key)
    if (lookedMs === undefined) return 0
    return lookedMs + this.#gapMs(key) - this.#options.clock.monotonicMs()
  }

  #cancelTimer(key: string): void {
    this.#timers.get(key)?.cancel()
    this.#timers.delete(key)
  }
}
