import { CommuneError } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { Feed, RecordChange } from '../ports/records.ts'
import { FeedChecks } from './feed-checks.ts'
import { FeedHints } from './feed-hints.ts'
import { FeedHosts, type HostStatus } from './feed-hosts.ts'
import type { RepoReader } from './feed-reader.ts'
import { createFeedRepos } from './feed-repos.ts'
import type { ConnectStream, EventReader } from './feed-transport.ts'
import type { InvalidRecord } from './record-store-repo.ts'
import type { RecordStore } from './record-store.ts'
import { machineQuota, REPO_QUOTA, type RepoQuota } from './repo-walk.ts'

/** What a feed runs on: time, chance, a store, and ways to hear of repos and to read them. */
export interface FeedParts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Closed with the feed. */
  readonly store: RecordStore
  readonly reader: RepoReader
  readonly events: EventReader
  readonly connect: ConnectStream
  /** How often each repo is compared with its PDS; 5 minutes. */
  readonly relistMs?: number | undefined
  readonly quota?: RepoQuota | undefined
}

export interface RepoStatus {
  readonly did: Did
  readonly host: string | undefined
  readonly rev: string | undefined
  readonly problem: string | undefined
  readonly inDoubt: boolean
}

export interface FeedStatus {
  /** By address. */
  readonly hosts: readonly HostStatus[]
  /** By DID. */
  readonly repos: readonly RepoStatus[]
}

/** A feed that runs until it is disposed of. */
export interface RunningFeed extends Feed, AsyncDisposable {
  status(): FeedStatus
  /** Records that don't count, with the reason; sorted by key. */
  invalid(did: Did): readonly InvalidRecord[]
}

const RELIST_MS = 5 * 60_000

/** Follows nothing yet. Everything that decides is here and below; the parts only carry and prove. */
export function startFeed(parts: FeedParts): RunningFeed {
  return new StreamingFeed(parts)
}

class StreamingFeed implements RunningFeed {
  readonly #store: RecordStore
  readonly #log: Log
  readonly #checks: FeedChecks
  readonly #hints: FeedHints
  readonly #hosts: FeedHosts
  readonly #forgetRepo: (did: Did) => void
  readonly #refit: (did: Did) => boolean
  readonly #listeners = new Set<(changes: readonly RecordChange[]) => void>()
  readonly #stop = new AbortController()
  #followed: ReadonlySet<Did> = new Set()
  /** Those of them that are followed as machines only. */
  #machines: ReadonlySet<Did> = new Set()

  constructor(parts: FeedParts) {
    const { clock, random, log, store, reader, events, connect } = parts
    const quota = parts.quota ?? REPO_QUOTA
    this.#store = store
    this.#log = log
    const ofMachines = machineQuota(quota)
    const repos = createFeedRepos({
      store,
      reader,
      events,
      quotaOf: (did) => (this.#machines.has(did) ? ofMachines : quota),
      clock,
      log,
      notify: (changes) => this.#notify(changes),
      signal: this.#stop.signal,
      located: () => this.#hosts.match(this.#followed),
      later: (did, delayMs) => this.#checks.later(did, delayMs),
    })
    const relistMs = parts.relistMs ?? RELIST_MS
    const check: typeof repos.check = (did, how) => repos.check(did, how)
    const record: typeof repos.record = (did, key, signal) => repos.record(did, key, signal)
    this.#forgetRepo = (did) => repos.forget(did)
    this.#refit = (did) => repos.refit(did)
    this.#checks = new FeedChecks({ clock, random, log, relistMs, check })
    const look = (did: Did) => this.#checks.look(did)
    this.#hints = new FeedHints({ clock, log, record, look })
    this.#hosts = new FeedHosts({
      clock,
      random,
      log,
      store,
      repos,
      checks: this.#checks,
      connect,
      events,
      isFollowed: (did) => this.#followed.has(did),
    })
  }

  follow(dids: ReadonlySet<Did>, machines: ReadonlySet<Did> = new Set()): void {
    this.#followed = new Set(dids)
    const before = this.#machines
    this.#machines = new Set(machines)
    for (const did of this.#store.dids()) {
      if (!dids.has(did)) this.#forget(did)
    }
    this.#hosts.match(this.#followed)
    for (const did of [...dids].toSorted()) this.#checks.add(did)
    for (const did of [...dids].toSorted())
      if (machines.has(did) !== before.has(did) && this.#refit(did)) this.#checks.request(did)
  }

  hint(did: Did, rev?: string, uri?: string): void {
    if (!this.#followed.has(did)) return
    const prefix = `at://${did}/`
    if (uri !== undefined && !uri.startsWith(prefix)) return
    const key = uri?.slice(prefix.length)
    const known = this.#store.facts(did).position?.rev ?? ''
    const record = key === undefined ? '' : (this.#store.raw(did, key)?.rev ?? '')
    if (rev !== undefined && (rev <= known || rev <= record)) return
    this.#hints.add(did, key)
  }

  onChange(listener: (changes: readonly RecordChange[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  repoState(did: Did) {
    return this.#store.repoState(did)
  }

  version() {
    return this.#store.version()
  }

  newsVersion() {
    return this.#store.newsVersion()
  }

  repoProblem(did: Did) {
    return this.#store.repoProblem(did)
  }

  readUpTo(did: Did) {
    return this.#store.facts(did).position?.rev
  }

  currentForMs(did: Did): number {
    const { host } = this.#store.facts(did)
    return host === undefined || this.#checks.inDoubt(did) ? 0 : this.#hosts.freshForMs(host)
  }

  isInDoubt(did: Did): boolean {
    return this.#checks.inDoubt(did)
  }

  get: Feed['get'] = (did, collection, rkey) => this.#store.get(did, collection, rkey)

  list: Feed['list'] = (did, collection) => this.#store.list(did, collection)

  membershipVersion(): string {
    return this.#store.membershipVersion()
  }

  invalidReason: Feed['invalidReason'] = (did, collection, rkey) =>
    this.#store.invalidReason(did, collection, rkey)

  invalid(did: Did) {
    return this.#store.invalid(did)
  }

  status(): FeedStatus {
    const repos = [...this.#followed].toSorted().map((did) => {
      const { host, position, problem } = this.#store.facts(did)
      return { did, host, rev: position?.rev, problem, inDoubt: this.#checks.inDoubt(did) }
    })
    return { hosts: this.#hosts.status(repos), repos }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#followed = new Set()
    this.#stop.abort(new CommuneError('interrupted', 'The feed ends'))
    await this.#hosts[Symbol.asyncDispose]()
    await Promise.all([this.#checks[Symbol.asyncDispose](), this.#hints[Symbol.asyncDispose]()])
    this.#store[Symbol.dispose]()
  }

  #forget(did: Did): void {
    this.#checks.drop(did)
    this.#hints.drop(did)
    this.#forgetRepo(did)
    this.#notify(this.#store.forget(did))
  }

  #notify(changes: readonly RecordChange[]): void {
    if (changes.length === 0) return
    for (const listener of this.#listeners) {
      try {
        listener(changes)
      } catch (error) {
        this.#log.error('A listener of the feed failed', { error })
      }
    }
  }
}
