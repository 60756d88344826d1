import type { Collection } from '../../src/model/nsid.ts'
import type { Cid, Did } from '../../src/model/records.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Feed, RecordChange, RepoState, StoredRecord, Via } from '../../src/ports/records.ts'
import {
  pathOf,
  type VirtualChange,
  type VirtualCommit,
  type VirtualRepo,
  type VirtualRepos,
} from './virtual-repos.ts'

interface ReadRepo {
  /** Whether it was ever listed. */
  isKnown: boolean
  /** Commits that were applied. */
  position: number
  readonly content: Map<string, VirtualChange & { readonly rev: number }>
}

/** What a feed remembers on disk. */
export type FeedMemory = Map<Did, ReadRepo>

export interface VirtualFeedOptions {
  readonly repos: VirtualRepos
  /** Outlives the program when it is passed to the next one. */
  readonly memory: FeedMemory
  readonly clock: Clock
  readonly nextDelayMs: () => number
  /** Whether this reader reaches that PDS now. */
  readonly canRead: (did: Did) => boolean
}

const RETRY_MS = 1_000

/**
 * One reader's view of all repos. Commits of one repo arrive in their order, those of different repos
 * in any; a hint brings one record ahead of the rest.
 */
export class VirtualFeed implements Feed, Disposable {
  readonly #options: VirtualFeedOptions
  readonly #followed = new Set<Did>()
  readonly #dueMs = new Map<Did, number>()
  readonly #listeners = new Set<(changes: readonly RecordChange[]) => void>()
  readonly #unsubscribe: () => void
  #isClosed = false

  constructor(options: VirtualFeedOptions) {
    this.#options = options
    this.#unsubscribe = options.repos.onCommit((repo, commit) => this.#committed(repo, commit))
  }

  follow(dids: ReadonlySet<Did>): void {
    for (const did of this.#followed)
      if (!dids.has(did)) {
        this.#followed.delete(did)
        this.#options.memory.delete(did)
      }
    for (const did of dids) {
      if (this.#followed.has(did)) continue
      this.#followed.add(did)
      this.#pumpIn(did, this.#options.nextDelayMs())
    }
  }

  hint(did: Did, _rev?: string, uri?: string): void {
    const { clock, nextDelayMs, canRead, repos } = this.#options
    const [collection, rkey] = uri?.split('/').slice(3) ?? []
    if (collection === undefined || rkey === undefined || !this.#followed.has(did)) return
    clock.schedule(nextDelayMs() / 4, () => {
      const known = this.#options.memory.get(did)
      const found = repos.of(did).content.get(pathOf(collection as Collection, rkey))
      if (this.#isClosed || !known?.isKnown || !found || !canRead(did)) return
      this.#tell(this.#apply(did, known, [found], found.rev, 'record'))
    })
  }

  repoState(did: Did): RepoState {
    return this.#options.memory.get(did)?.isKnown ? 'known' : 'unknown'
  }

  repoProblem(did: Did): string | undefined {
    return this.#options.canRead(did) ? undefined : 'its PDS does not answer'
  }

  invalidReason(did: Did, collection: Collection, rkey: string): string | undefined {
    return this.#options.memory.get(did)?.content.get(pathOf(collection, rkey))?.invalid
  }

  get<T>(did: Did, collection: Collection, rkey: string): StoredRecord<T> | undefined {
    const found = this.#options.memory.get(did)?.content.get(pathOf(collection, rkey))
    return found?.invalid === undefined ? (found?.record as StoredRecord<T> | undefined) : undefined
  }

  list<T>(did: Did, collection: Collection): readonly (readonly [string, StoredRecord<T>])[] {
    const content = this.#options.memory.get(did)?.content.values() ?? []
    return [...content]
      .filter((change) => change.collection === collection && change.invalid === undefined)
      .flatMap(({ rkey, record }) => (record ? [[rkey, record as StoredRecord<T>] as const] : []))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
  }

  onChange(listener: (changes: readonly RecordChange[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#unsubscribe()
  }

  #committed(repo: VirtualRepo, commit: VirtualCommit): void {
    if (!this.#followed.has(repo.did)) return
    const dueMs = commit.atMs + this.#options.nextDelayMs()
    this.#pumpIn(repo.did, dueMs - commit.atMs, commit.rev)
  }

  /** Nothing of a repo overtakes what was committed before it. */
  #pumpIn(did: Did, delayMs: number, throughRev?: number): void {
    const { clock } = this.#options
    const now = clock.monotonicMs()
    const dueMs = Math.max(now + delayMs, this.#dueMs.get(did) ?? 0)
    this.#dueMs.set(did, dueMs)
    clock.schedule(dueMs - now, () => this.#pump(did, throughRev))
  }

  #pump(did: Did, throughRev: number | undefined): void {
    if (this.#isClosed || !this.#followed.has(did)) return
    const { repos, memory, canRead } = this.#options
    if (!canRead(did)) return this.#pumpIn(did, RETRY_MS)
    const repo = repos.of(did)
    const known = memory.get(did) ?? { isKnown: false, position: 0, content: new Map() }
    memory.set(did, known)
    if (!known.isKnown) return this.#listAll(repo, known)
    const due = repo.commits.slice(known.position, throughRev ?? repo.commits.length)
    known.position = Math.max(known.position, throughRev ?? repo.commits.length)
    for (const { rev, changes } of due) this.#tell(this.#apply(did, known, changes, rev, 'stream'))
  }

  #listAll(repo: VirtualRepo, known: ReadRepo): void {
    known.isKnown = true
    known.position = repo.commits.length
    const changes = [...repo.content.values()].flatMap((change) =>
      this.#apply(repo.did, known, [change], change.rev, 'listing'),
    )
    // That there is nothing is news as well: the repo was unknown before.
    this.#tell(changes, true)
  }

  #apply(
    did: Did,
    known: ReadRepo,
    changes: readonly VirtualChange[],
    rev: number,
    via: Via,
  ): RecordChange[] {
    return changes.flatMap((change) => {
      const { collection, rkey } = change
      const path = pathOf(collection, rkey)
      const before = known.content.get(path)
      if (before && before.rev >= rev) return []
      known.content.set(path, { ...change, rev })
      const cid = cidThatCounts(change)
      if (cid === cidThatCounts(before)) return []
      return [{ did, collection, rkey, via, ...(cid === undefined ? {} : { cid }) }]
    })
  }

  #tell(changes: readonly RecordChange[], evenIfEmpty = false): void {
    if (changes.length === 0 && !evenIfEmpty) return
    for (const listener of this.#listeners) listener(changes)
  }
}

function cidThatCounts(change: VirtualChange | undefined): Cid | undefined {
  return change?.invalid === undefined ? change?.record?.cid : undefined
}
