import type { Collection } from '../src/model/nsid.ts'
import { COLLECTION } from '../src/model/nsid.ts'
import type { Did } from '../src/model/records.ts'
import type { Feed, RecordChange, StoredRecord } from '../src/ports/records.ts'
import type { FeedSight, OpenFeed } from '../test/support/virtual-machine.ts'
import type { VirtualRepos } from '../test/support/virtual-repos.ts'

type Listed = readonly (readonly [rkey: string, record: StoredRecord])[]

interface Change {
  readonly collection: Collection
  readonly rkey: string
  readonly before: StoredRecord | undefined
  readonly after: StoredRecord | undefined
}

/** The records of one collection of a repo, by key and as they are listed. */
interface Kept {
  readonly byKey: ReadonlyMap<string, StoredRecord>
  readonly listed: Listed
}

/** A commit on its way to the readers. */
interface Commit {
  readonly did: Did
  readonly rev: string
  readonly changes: readonly Change[]
}

const MEMBERSHIP: ReadonlySet<string> = new Set([
  COLLECTION.meshlet,
  COLLECTION.meshletOwner,
  COLLECTION.cluster,
])
/** What is asked for after a hint is answered sooner than commits come. */
const REQUEST_SHARE = 1 / 4

/**
 * All records of a large commune, held once for all of its machines, which each see a commit some time
 * after it was made. It stands in for a thousand feeds that would each hold a thousand repos; those are
 * measured by a row of their own.
 */
export class SharedRecords {
  readonly #repos: VirtualRepos
  readonly #content = new Map<Did, Map<Collection, Kept>>()
  readonly #listings = new Map<Did, readonly RecordChange[]>()
  readonly #readers: SharedFeed[] = []
  /** Since then machines see each other's repos. */
  isOpen = false

  constructor(repos: VirtualRepos) {
    this.#repos = repos
    repos.onCommit(({ did }, { rev, changes }) => {
      const taken = changes.map((change): Change => {
        const { collection, rkey } = change
        const before = this.get(did, collection, rkey)
        this.#set(did, collection, rkey, change.record)
        return { collection, rkey, before, after: this.get(did, collection, rkey) }
      })
      for (const reader of this.#readers) reader.expect({ did, rev, changes: taken })
    })
  }

  readonly openFeed: OpenFeed = (sight) => {
    const feed = new SharedFeed(this, sight)
    this.#readers.push(feed)
    return { feed, kill: () => this.#readers.splice(this.#readers.indexOf(feed), 1) }
  }

  /** From now on everybody sees everybody: all that there is arrives at once. */
  open(): void {
    this.isOpen = true
    for (const reader of this.#readers) reader.seeAll()
  }

  /** Everything in these repos, as a listing tells it. */
  listing(dids: Iterable<Did>): readonly RecordChange[] {
    return [...dids].flatMap((did) => this.#listingOf(did))
  }

  get(did: Did, collection: Collection, rkey: string): StoredRecord | undefined {
    return this.#content.get(did)?.get(collection)?.byKey.get(rkey)
  }

  list(did: Did, collection: Collection): Listed {
    return this.#content.get(did)?.get(collection)?.listed ?? NOTHING_LISTED
  }

  revOf(did: Did): string {
    return this.#repos.of(did).head.rev
  }

  #listingOf(did: Did): readonly RecordChange[] {
    const before = this.#listings.get(did)
    if (before) return before
    const listing = Object.values(COLLECTION).flatMap((collection) =>
      this.list(did, collection).map(([rkey, { cid }]): RecordChange =>
        Object.freeze({ did, collection, rkey, cid, via: 'listing' }),
      ),
    )
    this.#listings.set(did, listing)
    return listing
  }

  #set(did: Did, collection: Collection, rkey: string, record: StoredRecord | undefined): void {
    const repo = this.#content.get(did) ?? new Map<Collection, Kept>()
    this.#content.set(did, repo)
    this.#listings.delete(did)
    const byKey = new Map(repo.get(collection)?.byKey)
    byKey.delete(rkey)
    if (record) {
      const { cid } = record
      const parsed = this.#repos.parse(collection, rkey, { cid, bytes: undefined })
      if (parsed.ok) byKey.set(rkey, Object.freeze({ cid, value: parsed.value }))
    }
    const listed = Object.freeze([...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    repo.set(collection, { byKey, listed })
  }
}

/** The same records as one machine sees them: each commit when it has arrived. */
class SharedFeed implements Feed {
  readonly #records: SharedRecords
  readonly #sight: FeedSight
  readonly #listeners = new Set<(changes: readonly RecordChange[]) => void>()
  /** By repo, in the order of its commits. */
  readonly #underWay = new Map<Did, { readonly commit: Commit; readonly atMs: number }[]>()
  #followed: ReadonlySet<Did> = new Set()
  #version = 0
  #membershipVersion = 0

  constructor(records: SharedRecords, sight: FeedSight) {
    this.#records = records
    this.#sight = sight
  }

  expect(commit: Commit): void {
    if (!this.#sees(commit.did)) return
    const { clock, nextDelayMs } = this.#sight
    const waiting = this.#underWay.get(commit.did) ?? []
    this.#underWay.set(commit.did, waiting)
    const dueMs = clock.monotonicMs() + nextDelayMs()
    const atMs = Math.max(dueMs, waiting.at(-1)?.atMs ?? 0)
    waiting.push({ commit, atMs })
    clock.schedule(atMs - clock.monotonicMs(), () => this.#arrive(commit.did, commit.rev))
  }

  seeAll(): void {
    const { clock, nextDelayMs } = this.#sight
    this.#version++
    this.#membershipVersion++
    clock.schedule(nextDelayMs(), () => this.#notify(this.#records.listing(this.#followed)))
  }

  follow(dids: ReadonlySet<Did>): void {
    const fresh = [...dids].filter((did) => !this.#followed.has(did))
    this.#followed = dids
    if (fresh.length === 0 || !this.#records.isOpen) return
    const { clock, nextDelayMs } = this.#sight
    this.#version++
    this.#membershipVersion++
    clock.schedule(nextDelayMs(), () => this.#notify(this.#records.listing(fresh)))
  }

  hint(did: Did, rev?: string): void {
    const { clock, nextDelayMs } = this.#sight
    const newest = this.#underWay.get(did)?.at(-1)?.commit.rev
    if (newest === undefined || (rev !== undefined && rev > newest)) return
    clock.schedule(nextDelayMs() * REQUEST_SHARE, () => this.#arrive(did, newest))
  }

  get<T>(did: Did, collection: Collection, rkey: string): StoredRecord<T> | undefined {
    if (!this.#sees(did)) return undefined
    const late = this.#late(did, collection)
    const change = late.length === 0 ? undefined : late.find((one) => one.rkey === rkey)
    const record = change ? change.before : this.#records.get(did, collection, rkey)
    return record as StoredRecord<T> | undefined
  }

  list<T>(did: Did, collection: Collection): readonly (readonly [string, StoredRecord<T>])[] {
    if (!this.#sees(did)) return []
    const listed = this.#records.list(did, collection)
    const late = this.#late(did, collection)
    if (late.length === 0) return listed as readonly (readonly [string, StoredRecord<T>])[]
    const seen = new Map(listed)
    for (const { rkey, before } of late.toReversed())
      if (before) seen.set(rkey, before)
      else seen.delete(rkey)
    const sorted = [...seen].toSorted(([a], [b]) => (a < b ? -1 : 1))
    return sorted as readonly (readonly [string, StoredRecord<T>])[]
  }

  repoState(did: Did): 'known' | 'unknown' {
    return this.#sees(did) ? 'known' : 'unknown'
  }

  repoProblem(): undefined {
    return undefined
  }

  invalidReason(): undefined {
    return undefined
  }

  membershipVersion(): string {
    return String(this.#membershipVersion)
  }

  version(): number {
    return this.#version
  }

  newsVersion(): number {
    return this.#version
  }

  readUpTo(did: Did): string {
    const [next] = this.#underWay.get(did) ?? []
    if (!next) return this.#records.revOf(did)
    // What comes next follows on what was read.
    return next.commit.rev.slice(0, -1)
  }

  currentForMs(): number {
    return this.#sight.clock.monotonicMs()
  }

  isInDoubt(): boolean {
    return false
  }

  onChange(listener: (changes: readonly RecordChange[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Until all are open to each other a machine reads its own repo alone. */
  #sees(did: Did): boolean {
    return did === this.#sight.did || (this.#records.isOpen && this.#followed.has(did))
  }

  /** What was changed and has not arrived, the oldest change first. */
  #late(did: Did, collection: Collection): readonly Change[] {
    const waiting = this.#underWay.get(did)
    if (!waiting || waiting.length === 0) return NOTHING
    return waiting.flatMap(({ commit }) =>
      commit.changes.filter((change) => change.collection === collection),
    )
  }

  #arrive(did: Did, rev: string): void {
    const waiting = this.#underWay.get(did) ?? []
    while (waiting[0] && waiting[0].commit.rev <= rev) {
      const changes = waiting.shift()?.commit.changes ?? []
      this.#version++
      if (changes.some(({ collection }) => MEMBERSHIP.has(collection))) this.#membershipVersion++
      this.#notify(
        changes.map(({ collection, rkey, after }): RecordChange => {
          const name = { did, collection, rkey, via: 'stream' } as const
          return after ? { ...name, cid: after.cid } : name
        }),
      )
    }
  }

  #notify(changes: readonly RecordChange[]): void {
    for (const listener of this.#listeners) listener(changes)
  }
}

const NOTHING: readonly Change[] = []
const NOTHING_LISTED: Listed = []
