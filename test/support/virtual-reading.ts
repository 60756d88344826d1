import { AWAIT_STREAM_MS } from '../../src/atproto/feed-chains.ts'
import type { RunningFeed } from '../../src/atproto/feed-core.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { Did } from '../../src/model/records.ts'
import { silentLog } from '../../src/ports/log.ts'
import type { RecordChange, Write } from '../../src/ports/records.ts'
import { clusterWrite } from './sample-records.ts'
import { SeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'
import { VirtualDisk } from './virtual-disk.ts'
import { startVirtualFeed, type VirtualFeed } from './virtual-feed.ts'
import type { VirtualHost } from './virtual-host.ts'
import { VirtualProcess } from './virtual-process.ts'
import { VirtualRepos } from './virtual-repos.ts'

export const ALICE: Did = 'did:plc:alice'
export const BOB: Did = 'did:plc:bob'

const RECORD_MS = [20, 400] as const
/** All that was read for the first time was read long ago. */
const LONG_AGO_MS = 60_000

/** One feed in virtual time, and the repos of Alice and Bob on hosts of their own. */
export class VirtualReading {
  readonly clock = new VirtualClock()
  readonly repos = new VirtualRepos(this.clock)
  readonly random: SeededRandom
  /** Repos whose host this reader does not reach. */
  readonly cut = new Set<Did>()
  /** Every change that the feed told, from its last start on. */
  changes: RecordChange[] = []
  wallSkewMs = 0
  readonly #disk = new VirtualDisk(() => this.clock.monotonicMs())
  #process = new VirtualProcess()
  #feed: VirtualFeed | undefined

  constructor(seed = 1) {
    this.random = new SeededRandom(seed, 'reading')
  }

  /** Reads both repos and lets a while pass. */
  static async begin(seed = 1): Promise<VirtualReading> {
    const reading = new VirtualReading(seed)
    for (const did of [ALICE, BOB] as const) reading.put(did, 'first')
    reading.start()
    await reading.clock.advance(LONG_AGO_MS)
    return reading
  }

  get feed(): RunningFeed {
    if (!this.#feed) throw new Error('no feed runs')
    return this.#feed.feed
  }

  get host(): VirtualHost {
    return this.repos.hostOf(ALICE)
  }

  start(): void {
    const process = new VirtualProcess()
    this.#process = process
    this.#feed = startVirtualFeed({
      repos: this.repos,
      disk: process.guard(this.#disk),
      clock: process.clock(this.clock, () => this.wallSkewMs),
      random: new SeededRandom(this.random.integer(0, 2 ** 30)),
      log: silentLog,
      nextDelayMs: () => this.random.integer(...RECORD_MS),
      canReach: (did) => !this.cut.has(did) && !this.repos.of(did).isDown,
    })
    this.changes = []
    this.feed.onChange((more) => this.changes.push(...more))
    this.feed.follow(new Set([ALICE, BOB]))
  }

  /** The program is killed. */
  crash(): void {
    this.#process.kill()
    this.#feed?.kill()
    this.#feed = undefined
  }

  powerCut(): void {
    this.crash()
    this.#disk.powerCut()
  }

  put(did: Did, rkey: string, content = 0): void {
    this.repos.commit(did, [writeOf(rkey, content)])
  }

  remove(did: Did, rkey: string): void {
    this.repos.commit(did, [{ action: 'delete', collection: COLLECTION.cluster, rkey }])
  }

  hint(did: Did, rkey: string): void {
    const { rev } = this.repos.of(did).head
    this.feed.hint(did, rev, `at://${did}/${COLLECTION.cluster}/${rkey}`)
  }

  /** What the feed shows of a repo: its keys. */
  keys(did: Did): string[] {
    return this.feed.list(did, COLLECTION.cluster).map(([rkey]) => rkey)
  }

  /** Whether the feed shows what the repo holds. */
  isWhole(did: Did): boolean {
    const shown = this.feed.list(did, COLLECTION.cluster).map(([rkey, { cid }]) => `${rkey} ${cid}`)
    const held = this.repos.of(did).records.map(({ key, cid }) => `${key.split('/')[1]} ${cid}`)
    return shown.join() === held.join()
  }

  /** Waits until the feed shows what all repos hold, and returns how long that took. */
  untilWhole(limitMs = 60_000): Promise<number> {
    const isWhole = () => [ALICE, BOB].every((did) => this.isWhole(did))
    return this.clock.until('all is read', isWhole, limitMs)
  }

  /** Lets the time pass in which the stream may still explain a listing. */
  awaitStream(): Promise<void> {
    return this.clock.advance(2 * AWAIT_STREAM_MS)
  }

  /** Changes that tell what was told before: the same content, or the end of what was gone. */
  repeated(): RecordChange[] {
    const last = new Map<string, string | undefined>()
    return this.changes.filter(({ did, rkey, cid }) => {
      const name = `${did}/${rkey}`
      const isRepeated = last.has(name) && last.get(name) === cid
      last.set(name, cid)
      return isRepeated
    })
  }

  /** Keys of which the feed told that they were deleted. */
  deleted(): string[] {
    return this.changes.filter(({ cid }) => cid === undefined).map(({ rkey }) => rkey)
  }
}

export function writeOf(rkey: string, content = 0): Write {
  const { collection, value = {} } = clusterWrite(rkey, content)
  return { action: 'put', collection: collection as typeof COLLECTION.cluster, rkey, value }
}
