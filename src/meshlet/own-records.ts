import { canonicalJson } from '../model/canonical.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Collection } from '../model/nsid.ts'
import type { Clock } from '../ports/clock.ts'
import type { Journal } from '../ports/journal.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { RepoWriter, StoredRecord, Write, WriteResult } from '../ports/records.ts'
import { backoffMs, type Backoff } from '../reconcile/backoff.ts'

export interface OwnRecordsOptions {
  readonly writer: RepoWriter
  readonly journal: Journal
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Called after the PDS has acknowledged a commit and the journal holds it. */
  readonly onAcknowledged: (result: WriteResult, writes: readonly Write[]) => void
}

/** How soon a write has to go out: a bid now, a status when a few have come together. */
export type Urgency = 'now' | 'soon'

const DELAY_MS: Record<Urgency, number> = { now: 5, soon: 400 }
/** The limit of applyWrites. */
const WRITES_A_COMMIT = 200
const RETRY: Backoff = { initialMs: 500, maxMs: 60_000 }
/** Fields that say when, not what; a difference there alone is no reason to write. */
const TIMES = ['createdAt', 'updatedAt']

/**
 * The records that this meshlet wants in its own repo, against those that the PDS acknowledged. Level
 * triggered like everything else: wanting the same twice writes once, and a write that failed is
 * tried again with whatever is wanted by then.
 */
export class OwnRecords implements AsyncDisposable {
  readonly #options: OwnRecordsOptions
  readonly #acknowledged = new Map<string, StoredRecord>()
  readonly #pending = new Map<string, Write>()
  readonly #stop = new AbortController()
  #timer: { dueMs: number; cancel: () => void } | undefined
  #flushing: Promise<void> | undefined
  #failures = 0
  #problem: string | undefined

  constructor(options: OwnRecordsOptions) {
    this.#options = options
    for (const record of options.journal.records())
      this.#acknowledged.set(keyOf(record.collection, record.rkey), record)
  }

  /** The record as the PDS last acknowledged it. */
  get<T>(collection: Collection, rkey: string): StoredRecord<T> | undefined {
    return this.#acknowledged.get(keyOf(collection, rkey)) as StoredRecord<T> | undefined
  }

  /** The record as it will be when all pending writes are acknowledged. */
  wanted<T>(collection: Collection, rkey: string): T | undefined {
    const pending = this.#pending.get(keyOf(collection, rkey))
    if (pending) return (pending.action === 'put' ? pending.value : undefined) as T | undefined
    return this.get<T>(collection, rkey)?.value
  }

  /** All wanted records of a collection, by key. */
  list<T>(collection: Collection): readonly (readonly [rkey: string, value: T])[] {
    const prefix = keyOf(collection, '')
    const keys = new Set([...this.#acknowledged.keys(), ...this.#pending.keys()])
    return [...keys]
      .filter((key) => key.startsWith(prefix))
      .toSorted()
      .map((key) => [key.slice(prefix.length), this.wanted<T>(collection, key.slice(prefix.length))] as const)
      .filter((entry): entry is readonly [string, T] => entry[1] !== undefined)
  }

  /** All acknowledged records of a collection, by key. */
  listAcknowledged<T>(collection: Collection): readonly (readonly [string, StoredRecord<T>])[] {
    const prefix = keyOf(collection, '')
    return [...this.#acknowledged]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, record]) => [key.slice(prefix.length), record as StoredRecord<T>] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
  }

  /** Wants this record. A difference in times alone is written only with `evenIfSame`. */
  put(
    collection: Collection,
    rkey: string,
    value: object,
    urgency: Urgency,
    options: { readonly evenIfSame?: boolean } = {},
  ): void {
    const key = keyOf(collection, rkey)
    const acknowledged = this.#acknowledged.get(key)
    if (!options.evenIfSame && acknowledged && sameContent(acknowledged.value, value)) {
      this.#pending.delete(key)
      return
    }
    const pending = this.#pending.get(key)
    if (pending?.action === 'put' && sameContent(pending.value, value)) return
    this.#pending.set(key, { action: 'put', collection, rkey, value })
    this.#flushIn(DELAY_MS[urgency])
  }

  delete(collection: Collection, rkey: string, urgency: Urgency): void {
    const key = keyOf(collection, rkey)
    if (!this.#acknowledged.has(key)) {
      this.#pending.delete(key)
      return
    }
    this.#pending.set(key, { action: 'delete', collection, rkey })
    this.#flushIn(DELAY_MS[urgency])
  }

  /** The repo holds this, although nobody asked us: take it as acknowledged (after a lost journal). */
  adopt(collection: Collection, rkey: string, record: StoredRecord): void {
    this.#acknowledged.set(keyOf(collection, rkey), record)
    this.#options.journal.saveRecord({ collection, rkey, ...record })
  }

  /** The repo does not hold what it acknowledged: write it again. */
  rewrite(collection: Collection, rkey: string): void {
    const key = keyOf(collection, rkey)
    const lost = this.#acknowledged.get(key)
    if (!lost || this.#pending.has(key)) return
    this.#options.log.warn('a record of ours is gone from the repo; writing it again', { collection, rkey })
    this.#pending.set(key, { action: 'put', collection, rkey, value: lost.value as object })
    this.#flushIn(DELAY_MS.now)
  }

  get hasPending(): boolean {
    return this.#pending.size > 0 || this.#flushing !== undefined
  }

  /** Why the last write failed; undefined when it did not. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** Tries to write everything that is pending, for at most `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    const deadlineMs = this.#options.clock.monotonicMs() + timeoutMs
    while (this.hasPending && this.#options.clock.monotonicMs() < deadlineMs) {
      await (this.#flushing ?? this.#flush())
      if (this.#problem !== undefined) return
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('shutting down'))
    this.#timer?.cancel()
    await this.#flushing
  }

  #flushIn(delayMs: number): void {
    if (this.#stop.signal.aborted) return
    const dueMs = this.#options.clock.monotonicMs() + delayMs
    if (this.#timer && this.#timer.dueMs <= dueMs) return
    this.#timer?.cancel()
    const cancel = this.#options.clock.schedule(delayMs, () => {
      this.#timer = undefined
      void this.#flush()
    })
    this.#timer = { dueMs, cancel }
  }

  #flush(): Promise<void> {
    this.#flushing ??= this.#flushOnce().finally(() => {
      this.#flushing = undefined
      const delayMs = this.#failures > 0 ? this.#retryDelayMs() : DELAY_MS.now
      if (this.#pending.size > 0) this.#flushIn(delayMs)
    })
    return this.#flushing
  }

  async #flushOnce(): Promise<void> {
    const writes = [...this.#pending.values()].slice(0, WRITES_A_COMMIT)
    if (writes.length === 0) return
    try {
      const result = await this.#options.writer.apply(writes, { signal: this.#stop.signal })
      this.#failures = 0
      this.#problem = undefined
      this.#acknowledge(writes, result)
      this.#options.onAcknowledged(result, writes)
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#failures++
      this.#problem = messageOf(error)
      this.#retryAfterMs = error instanceof CommuneError ? error.retryAfterMs : undefined
      this.#options.log.warn('could not write to the repo; will try again', {
        error: messageOf(error),
        writes: writes.length,
      })
    }
  }

  #retryAfterMs: number | undefined

  #retryDelayMs(): number {
    return this.#retryAfterMs ?? backoffMs(RETRY, this.#failures, this.#options.random.next())
  }

  #acknowledge(writes: readonly Write[], result: WriteResult): void {
    for (const [index, write] of writes.entries()) {
      const key = keyOf(write.collection, write.rkey)
      if (this.#pending.get(key) === write) this.#pending.delete(key)
      const cid = result.cids[index]
      if (write.action === 'delete' || cid === undefined) {
        this.#acknowledged.delete(key)
        this.#options.journal.removeRecord(write.collection, write.rkey)
        continue
      }
      const record = { cid, value: write.value }
      this.#acknowledged.set(key, record)
      this.#options.journal.saveRecord({ collection: write.collection, rkey: write.rkey, ...record })
    }
  }
}

function keyOf(collection: string, rkey: string): string {
  return `${collection}/${rkey}`
}

function sameContent(a: unknown, b: unknown): boolean {
  return canonicalJson(withoutTimes(a)) === canonicalJson(withoutTimes(b))
}

function withoutTimes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => !TIMES.includes(name)))
}
