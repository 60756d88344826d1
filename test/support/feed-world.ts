import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { RunningFeed } from '../../src/atproto/feed-core.ts'
import { createFeed, type FeedOptions } from '../../src/atproto/feed.ts'
import { COLLECTION, SYNC_METHOD } from '../../src/model/nsid.ts'
import type { Did } from '../../src/model/records.ts'
import { type Log, silentLog } from '../../src/ports/log.ts'
import type { RecordChange } from '../../src/ports/records.ts'
import { eventually, seededRandom } from './eventually.ts'
import { ManualClock } from './manual-clock.ts'
import { ScriptedHost, ScriptedIdentity } from './scripted-host.ts'
import { type RepoWrite, ScriptedRepo } from './scripted-repo.ts'

export const ALICE = 'did:plc:alice'
export const BOB = 'did:plc:bob'

/** For tests that run many event loop turns; only a hang comes near it, on however busy a machine. */
export const PATIENCE = { timeout: 120_000 }

/** A feed on a virtual clock, and a host of which the test decides every word. */
export class FeedWorld implements AsyncDisposable {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'commune-feed-'))
  readonly identity = new ScriptedIdentity()
  readonly clock = new ManualClock()
  readonly host: ScriptedHost
  feed: RunningFeed
  changes: RecordChange[] = []
  readonly warnings: string[] = []
  readonly #open: RunningFeed[] = []

  private constructor(host: ScriptedHost) {
    this.host = host
    this.feed = this.start()
  }

  static async start(): Promise<FeedWorld> {
    return new FeedWorld(await ScriptedHost.start())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#open) await each[Symbol.asyncDispose]()
    await this.host[Symbol.asyncDispose]()
    rmSync(this.folder, { recursive: true })
  }

  /** Another feed on the same file. */
  start(options: Partial<FeedOptions> = {}): RunningFeed {
    const log: Log = { ...silentLog, warn: (message) => this.warnings.push(message) }
    this.feed = createFeed({
      identity: this.identity,
      file: path.join(this.folder, 'records.sqlite'),
      clock: this.clock,
      random: seededRandom(1),
      log,
      allowPrivateAddresses: true,
      ...options,
    })
    this.changes = []
    this.feed.onChange((more) => this.changes.push(...more))
    this.#open.push(this.feed)
    return this.feed
  }

  async repoOf(did: Did, at = this.host): Promise<ScriptedRepo> {
    const repo = await ScriptedRepo.create(did)
    at.add(repo)
    this.identity.set(repo, at)
    return repo
  }

  /** Follows the repos and waits until they are read and the stream stands. */
  async settle(...repos: ScriptedRepo[]): Promise<void> {
    this.feed.follow(new Set(repos.map((repo) => repo.did)))
    await eventually('all is read', () => this.isQuiet(repos), this.clock)
  }

  /** Like `settle`, and some time ago. */
  async settleLongAgo(...repos: ScriptedRepo[]): Promise<void> {
    await this.settle(...repos)
    const since = this.clock.monotonicMs()
    // In steps that leave the connection time to show that it is alive.
    const isLongAgo = () => this.clock.monotonicMs() - since > 40_000 && this.isQuiet(repos)
    await eventually('that was long ago', isLongAgo, this.clock, 500)
  }

  isQuiet(repos: ScriptedRepo[]): boolean {
    const { hosts, repos: known } = this.feed.status()
    const connected = hosts.length > 0 && hosts.every((each) => each.connected)
    return (
      connected && repos.every((repo) => known.some((it) => it.rev === repo.rev && !it.inDoubt))
    )
  }

  keys(did: Did): string[] {
    return this.feed.list(did, COLLECTION.cluster).map(([rkey]) => rkey)
  }

  /** Whether the repo is read up to its present state. */
  seen(repo: ScriptedRepo): () => boolean {
    return () => this.feed.status().repos.find(({ did }) => did === repo.did)?.rev === repo.rev
  }

  /** Writes, and streams it. */
  async publish(repo: ScriptedRepo, ...writes: RepoWrite[]): Promise<number> {
    return this.host.emit('#commit', await repo.write(...writes))
  }

  /** How often the host was asked for a repo's latest commit. */
  get looks(): number {
    return this.host.requests.filter((each) => each === SYNC_METHOD.getLatestCommit).length
  }
}
