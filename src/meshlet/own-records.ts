import { CommuneError, messageOf } from '../model/errors.ts'
import type { Collection } from '../model/nsid.ts'
import { sameContent } from '../model/same-content.ts'
import type { Clock } from '../ports/clock.ts'
import type { Journal } from '../ports/journal.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Random } from '../ports/random.ts'
import type {
  PacedRepoWriter,
  StoredRecord,
  Write,
  WriteAllowance,
  WriteResult,
} from '../ports/records.ts'
import { backoffMs, type Backoff } from '../reconcile/backoff.ts'
import { AcknowledgedRecords, valuesOf } from './acknowledged-records.ts'
import { isPlenty, writeDelayMs, type Urgency } from './write-pace.ts'

export interface OwnRecordsOptions {
  readonly writer: PacedRepoWriter
  readonly journal: Journal
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  /** Called after the PDS has acknowledged a commit and the journal holds it. */
  readonly onAcknowledged: (result: WriteResult, writes: readonly Write[]) => void
}

/** Between two commits, when more was wanted meanwhile. */
const NEXT_MS = 5
/** The limit of applyWrites. */
const WRITES_A_COMMIT = 200
const RETRY: Backoff = { initialMs: 500, maxMs: 60_000 }

/** When a pending write is to go out. */
interface Due {
  readonly urgency: Urgency
  readonly dueMs: number
}

/** A record that the PDS, or its lexicon, will not have. */
interface Rejected {
  readonly value: object
  readonly message: string
}

/**
 * The records that this meshlet wants in its own repo, against those that the PDS acknowledged. Level
 * triggered like everything else: wanting the same twice writes once, and a write that failed is
 * tried again with whatever is wanted by then. A record that is not valid holds nothing else up: it is
 * set aside until something else is wanted in its place.
 */
export class OwnRecords implements AsyncDisposable {
  readonly #options: OwnRecordsOptions
  readonly #acknowledged: AcknowledgedRecords
  readonly #pending = new Map<string, Write>()
  /** Kept beside them, for those that wait. */
  readonly #due = new Map<string, Due>()
  /** Writes that are on their way: they may be committed whatever is wanted meanwhile. */
  readonly #sent = new Map<string, Write>()
  readonly #rejected = new Map<string, Rejected>()
  readonly #stop = new AbortController()
  #timer: { dueMs: number; cancel: () => void } | undefined
  #flushing: Promise<void> | undefined
  #failures = 0
  #problem: string | undefined
  #retryAfterMs: number | undefined

  constructor(options: OwnRecordsOptions) {
    this.#options = options
    this.#acknowledged = new AcknowledgedRecords(options.journal, options.log)
  }

  /** Grows whenever something was acknowledged. */
  version = (): number => this.#acknowledged.version
  /** The same, but for the times in the status of this machine. */
  newsVersion = (): number => this.#acknowledged.newsVersion

  /** The record as the PDS last acknowledged it. */
  get<T>(collection: Collection, rkey: string): StoredRecord<T> | undefined {
    return this.#acknowledged.get(collection, rkey) as StoredRecord<T> | undefined
  }

  /** The record as it will be when all pending writes are acknowledged. */
  wanted<T>(collection: Collection, rkey: string): T | undefined {
    const pending = this.#pending.get(keyOf(collection, rkey))
    if (pending) return (pending.action === 'put' ? pending.value : undefined) as T | undefined
    return this.get<T>(collection, rkey)?.value
  }

  /** All wanted records of a collection, by key; the same object as long as they are the same. */
  list<T>(collection: Collection): readonly (readonly [rkey: string, value: T])[] {
    const pending = [...this.#pending.values()].filter((write) => write.collection === collection)
    const listed = this.listAcknowledged<T>(collection)
    if (pending.length === 0) return valuesOf(listed)
    const names = [...listed, ...pending.map(({ rkey }) => [rkey])].map(([rkey]) => rkey)
    return [...new Set(names)]
      .toSorted()
      .map((rkey) => [rkey, this.wanted<T>(collection, rkey)] as const)
      .filter((entry): entry is readonly [string, T] => entry[1] !== undefined)
  }

  /** All acknowledged records of a collection, by key. */
  listAcknowledged<T>(collection: Collection): readonly (readonly [string, StoredRecord<T>])[] {
    return this.#acknowledged.list(collection) as readonly (readonly [string, StoredRecord<T>])[]
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
    const rejected = this.#rejected.get(key)
    if (rejected && sameContent(rejected.value, value)) return
    this.#rejected.delete(key)
    if (isPutOf(this.#pending.get(key), value)) return this.#hasten(key, urgency)
    const sent = this.#sent.get(key)
    if (sent && isPutOf(sent, value)) {
      this.#pending.set(key, sent)
      return
    }
    const acknowledged = this.#acknowledged.get(collection, rkey)
    const isThere = !sent && acknowledged && sameContent(acknowledged.value, value)
    if (isThere && !options.evenIfSame) {
      this.#drop(key)
      return
    }
    this.#pending.set(key, { action: 'put', collection, rkey, value })
    this.#flushIn(key, urgency)
  }

  delete(collection: Collection, rkey: string, urgency: Urgency): void {
    const key = keyOf(collection, rkey)
    this.#rejected.delete(key)
    const sent = this.#sent.get(key)
    if (!sent && !this.#acknowledged.get(collection, rkey)) {
      this.#drop(key)
      return
    }
    if (this.#pending.get(key)?.action === 'delete') return
    this.#pending.set(
      key,
      sent?.action === 'delete' ? sent : { action: 'delete', collection, rkey },
    )
    this.#flushIn(key, urgency)
  }

  /** The record is to stay as it is: what was wanted instead is forgotten, unless it is on its way. */
  keep(collection: Collection, rkey: string): void {
    const key = keyOf(collection, rkey)
    if (!this.#sent.has(key)) this.#drop(key)
  }

  /** The repo holds this, although nobody asked us: take it as acknowledged (after a lost journal). */
  adopt(collection: Collection, rkey: string, record: StoredRecord): void {
    this.#acknowledged.set(collection, rkey, record)
  }

  /** The repo holds it no longer, as was wanted before this program was started. */
  forget(collection: Collection, rkey: string): void {
    this.#acknowledged.delete(collection, rkey)
  }

  /** The repo does not hold what it acknowledged: write it again. */
  rewrite(collection: Collection, rkey: string): void {
    const key = keyOf(collection, rkey)
    const lost = this.#acknowledged.get(collection, rkey)
    if (!lost || this.#pending.has(key)) return
    this.#options.log.warn('a record of ours is gone from the repo; writing it again', {
      collection,
      rkey,
    })
    this.#pending.set(key, { action: 'put', collection, rkey, value: lost.value as object })
    this.#flushIn(key, 'now')
  }

  /** Saves what the state folder did not take. Throws when it still does not. */
  saveAgain(): void {
    this.#acknowledged.saveAgain()
  }

  /** What may still be written. */
  allowance(): WriteAllowance {
    return this.#options.writer.allowance()
  }

  get hasPending(): boolean {
    return this.#pending.size > 0 || this.#flushing !== undefined
  }

  /** Why the last write failed, or what was rejected; undefined when all is well. */
  get problem(): string | undefined {
    return this.#problem ?? this.#rejected.values().next().value?.message
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('shutting down'))
    this.#timer?.cancel()
    await this.#flushing
  }

  /** A write keeps its place in time when it is wanted anew, unless it became more urgent. */
  #flushIn(key: string, urgency: Urgency): void {
    const { clock, writer } = this.#options
    const delayMs = writeDelayMs(urgency, writer.allowance())
    const dueMs = clock.monotonicMs() + delayMs
    const before = this.#due.get(key)
    if (before === undefined || dueMs < before.dueMs) this.#due.set(key, { urgency, dueMs })
    this.#wakeIn(delayMs)
  }

  /** The same is wanted again: nothing is new, unless it can't wait any more. */
  #hasten(key: string, urgency: Urgency): void {
    if (urgency === 'now' && this.#due.get(key)?.urgency !== 'now') this.#flushIn(key, urgency)
  }

  #wakeIn(delayMs: number): void {
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
      if (this.#pending.size > 0) this.#wakeIn(this.#nextMs())
    })
    return this.#flushing
  }

  #drop(key: string): void {
    this.#pending.delete(key)
    this.#due.delete(key)
  }

  #nextMs(): number {
    if (this.#failures > 0) return this.#retryDelayMs()
    const now = this.#options.clock.monotonicMs()
    const dues = [...this.#pending.keys()].map((key) => this.#due.get(key)?.dueMs ?? now)
    return Math.max(NEXT_MS, Math.min(...dues) - now)
  }

  /**
   * Everything in one commit while there is plenty. When the budget runs low what can't wait goes by
   * itself, and the rest when it is due.
   */
  #ready(): readonly Write[] {
    const { clock, writer } = this.#options
    const all = [...this.#pending]
    if (isPlenty(writer.allowance())) return all.map(([, write]) => write)
    const urgent = all.filter(([key]) => this.#due.get(key)?.urgency === 'now')
    const now = clock.monotonicMs()
    const due = all.filter(([key]) => (this.#due.get(key)?.dueMs ?? now) <= now)
    return (urgent.length > 0 ? urgent : due).map(([, write]) => write)
  }

  async #flushOnce(): Promise<void> {
    const writes = this.#ready().slice(0, WRITES_A_COMMIT)
    if (writes.length === 0) return
    for (const write of writes) this.#sent.set(keyOf(write.collection, write.rkey), write)
    try {
      await this.#send(writes)
      this.#failures = 0
      this.#problem = undefined
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#failures++
      this.#problem = messageOf(error)
      this.#retryAfterMs = error instanceof CommuneError ? error.retryAfterMs : undefined
      const code = error instanceof CommuneError ? error.code : 'internal'
      this.#options.metrics.count('writeFailures', { code })
      this.#options.log.warn('could not write to the repo; will try again', {
        error: messageOf(error),
        writes: writes.length,
      })
    } finally {
      this.#sent.clear()
    }
  }

  /** One commit; where something in it is not valid, the halves, until only that is left out. */
  async #send(writes: readonly Write[]): Promise<void> {
    try {
      const result = await this.#options.writer.apply(writes, { signal: this.#stop.signal })
      this.#acknowledge(writes, result)
      this.#options.onAcknowledged(result, writes)
    } catch (error) {
      if (!(error instanceof CommuneError) || error.code !== 'invalid-input') throw error
      const [first] = writes
      if (first && writes.length === 1) return this.#reject(first, error)
      const middle = Math.ceil(writes.length / 2)
      await this.#send(writes.slice(0, middle))
      await this.#send(writes.slice(middle))
    }
  }

  #reject(write: Write, { message }: CommuneError): void {
    const { collection, rkey } = write
    const key = keyOf(collection, rkey)
    this.#sent.delete(key)
    if (this.#pending.get(key) === write) this.#drop(key)
    if (write.action === 'put') this.#rejected.set(key, { value: write.value, message })
    this.#options.log.error('a record is not valid; going on without it', {
      collection,
      rkey,
      message,
    })
  }

  #retryDelayMs(): number {
    return this.#retryAfterMs ?? backoffMs(RETRY, this.#failures, this.#options.random.next())
  }

  #acknowledge(writes: readonly Write[], result: WriteResult): void {
    const { metrics } = this.#options
    metrics.count('commits', {})
    for (const { collection, action } of writes) metrics.count('writes', { collection, action })
    for (const [index, write] of writes.entries()) {
      const { collection, rkey } = write
      const key = keyOf(collection, rkey)
      this.#sent.delete(key)
      if (this.#pending.get(key) === write) this.#drop(key)
      const cid = result.cids[index]
      if (write.action === 'delete' || cid === undefined)
        this.#acknowledged.delete(collection, rkey)
      else this.#acknowledged.set(collection, rkey, { cid, value: write.value })
    }
  }
}

function isPutOf(write: Write | undefined, value: object): boolean {
  return write?.action === 'put' && sameContent(write.value, value)
}

function keyOf(collection: string, rkey: string): string {
  return `${collection}/${rkey}`
}
