import { judgeViewValue, type ParseViewValue } from '../../src/atproto/record-store-parse.ts'
import type { Collection } from '../../src/model/nsid.ts'
import type { Cid, Did } from '../../src/model/records.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { StoredRecord, Write } from '../../src/ports/records.ts'
import { VirtualHost } from './virtual-host.ts'
import {
  createSharedParser,
  type Moment,
  pathOf,
  type VirtualCommit,
  VirtualRepo,
} from './virtual-repo.ts'

export type CommitListener = (repo: VirtualRepo, commit: VirtualCommit) => void

/** The body of a `#commit` in this world. */
export interface CommitEvent {
  readonly commit: VirtualCommit
  readonly isTooBig: boolean
}

/**
 * The repos of everybody, each on a PDS of its own, and the directory of DIDs. To bring faults about:
 *
 * - `of(did).isDown`: the PDS answers nobody. `directoryIsDown`: no DID resolves anew.
 * - `hostOf(did)`: its event stream: `loseNext`, `duplicateNext`, `swapNext`, `delayNext`, `replay`,
 *   `closeStreams`, `isSilent`, `forgetEvents` (cursors are outdated), `countAnew` (and in the future).
 * - here: `rollBack`, `fork`, `empty`, `takeDown`, `deactivate`, `activate`, `migrate`, `rotateKey`,
 *   `tooBigNext`.
 */
export class VirtualRepos {
  directoryIsDown = false
  /** Parsed once for all readers: they hold the very same values. */
  readonly parse: ParseViewValue
  readonly #repos = new Map<Did, VirtualRepo>()
  readonly #hosts = new Map<string, VirtualHost>()
  readonly #listeners = new Set<CommitListener>()
  readonly #values = new Map<Cid, unknown>()
  readonly #tooBig = new Map<Did, number>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
    this.parse = createSharedParser((cid) => this.#values.get(cid), judgeViewValue)
  }

  /** The repo, made on first use. */
  of(did: Did): VirtualRepo {
    const known = this.#repos.get(did)
    if (known) return known
    const url = `https://${did.slice(did.lastIndexOf(':') + 1)}.pds.example`
    const repo = new VirtualRepo(did, url, this.#now())
    this.#repos.set(did, repo)
    return repo
  }

  /** The present PDS of a repo. */
  hostOf(did: Did): VirtualHost {
    return this.hostAt(this.of(did).host)
  }

  hostAt(url: string): VirtualHost {
    const known = this.#hosts.get(url)
    if (known) return known
    const host = new VirtualHost(url, this.#clock)
    this.#hosts.set(url, host)
    return host
  }

  /** DIDs of the repos on a host. */
  didsAt(url: string): readonly Did[] {
    return [...this.#repos.values()].filter(({ host }) => host === url).map(({ did }) => did)
  }

  get<T>(did: Did, collection: Collection, rkey: string): StoredRecord<T> | undefined {
    return this.of(did).content.get(pathOf(collection, rkey))?.record as StoredRecord<T> | undefined
  }

  /** The same, also when the PDS acknowledged it and lost it later. */
  getAcknowledged<T>(did: Did, collection: Collection, rkey: string): StoredRecord<T> | undefined {
    const lost = this.of(did).lost.get(pathOf(collection, rkey))?.record
    return (lost as StoredRecord<T> | undefined) ?? this.get<T>(did, collection, rkey)
  }

  list<T>(did: Did, collection: Collection): readonly StoredRecord<T>[] {
    return [...this.of(did).content.values()]
      .filter((change) => change.collection === collection)
      .flatMap(({ record }) => (record ? [record as StoredRecord<T>] : []))
  }

  /** Writes as the PDS does, at once and whatever is written; tells the readers. */
  commit(did: Did, writes: readonly Write[]): VirtualCommit {
    const repo = this.of(did)
    return this.#publish(repo, repo.commit(writes, this.#now()))
  }

  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The next commits are too big for the stream: it says that there was one, and not what. */
  tooBigNext(did: Did, count = 1): void {
    this.#tooBig.set(did, (this.#tooBig.get(did) ?? 0) + count)
  }

  /** Its PDS is restored from a backup that lacks the last commits. Newer ones follow on what is left. */
  rollBack(did: Did, commits: number): void {
    this.of(did).rollBack(commits)
  }

  /** The last commit is replaced by another one of the same revision; the stream does not tell. */
  fork(did: Did, writes: readonly Write[]): VirtualCommit {
    const commit = this.of(did).replaceHead(writes, this.#now())
    this.#keep(commit)
    return commit
  }

  /** Its PDS lost the repo and made it anew, with nothing in it. */
  empty(did: Did): void {
    const { cid } = this.of(did).empty(this.#now())
    this.hostOf(did).emit('sync', did, cid)
  }

  takeDown(did: Did): void {
    this.#setStatus(did, 'taken down')
  }

  deactivate(did: Did): void {
    this.#setStatus(did, 'deactivated')
  }

  activate(did: Did): void {
    this.#setStatus(did, 'active')
  }

  /** Another PDS holds the repo from now on, under a new key; the old one says that it is gone. */
  migrate(did: Did, name: string): void {
    const repo = this.of(did)
    const before = this.hostOf(did)
    repo.host = `https://${name}.pds.example`
    repo.signingKey = `${repo.signingKey}+`
    const host = this.hostOf(did)
    before.emit('account', did, undefined)
    host.emit('identity', did, undefined)
    this.#publish(repo, repo.commit([], this.#now()))
  }

  /** Its DID names another key, and its PDS signs with that from now on. */
  rotateKey(did: Did): void {
    const repo = this.of(did)
    repo.signingKey = `${repo.signingKey}+`
    this.hostOf(did).emit('identity', did, undefined)
    this.#publish(repo, repo.commit([], this.#now()))
  }

  #publish(repo: VirtualRepo, commit: VirtualCommit): VirtualCommit {
    this.#keep(commit)
    const tooBig = this.#tooBig.get(repo.did) ?? 0
    if (tooBig > 0) this.#tooBig.set(repo.did, tooBig - 1)
    const event: CommitEvent = { commit, isTooBig: tooBig > 0 }
    this.hostOf(repo.did).emit('commit', repo.did, event)
    for (const listener of this.#listeners) listener(repo, commit)
    return commit
  }

  #keep({ changes }: VirtualCommit): void {
    for (const { record } of changes) if (record) this.#values.set(record.cid, record.value)
  }

  #setStatus(did: Did, status: VirtualRepo['status']): void {
    this.of(did).status = status
    this.hostOf(did).emit('account', did, undefined)
  }

  #now(): Moment {
    return { atMs: this.#clock.monotonicMs(), wallMs: this.#clock.wallMs() }
  }
}
