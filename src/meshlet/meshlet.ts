import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { BidRecord, Did, Hint, MeshletStatusRecord } from '../model/records.ts'
import { requestOf, type Amount } from '../model/request.ts'
import type { RecordChange, RecordView, Write, WriteResult } from '../ports/records.ts'
import { sooner, type Outcome } from '../reconcile/outcome.ts'
import { PROFILES } from '../selection/liveness.ts'
import type { StorageState } from '../storage/storage-state.ts'
import type { StandingRole } from '../xrpc/access.ts'
import { hintsOf, statusNews } from './audience.ts'
import { changedKeys } from './changed-keys.ts'
import type { Chronicle } from './chronicle.ts'
import type { MeshletConfig } from './config.ts'
import type { Duty } from './duty.ts'
import { changedShares, type EngineSnapshot, type EngineState } from './engine-state.ts'
import type { Heartbeats } from './heartbeats.ts'
import { IMAGE_LOOK_MS } from './image-keeper.ts'
import type { Images } from './images.ts'
import { knownWorkloads } from './known-workloads.ts'
import { createParts, type Parts } from './meshlet-parts.ts'
import type { MeshletPorts } from './meshlet-ports.ts'
import type { LastWords } from './last-words.ts'
import type { OwnRecords } from './own-records.ts'
import { KEY, kindOfKey, looksAtAll } from './queue-keys.ts'
import type { Reservations } from './reservations.ts'
import { shortOfRoom } from './short-of-room.ts'
import type { Settings } from './settings.ts'
import { vitalsOf, type Vitals } from './vitals.ts'
import type { WallsWatch } from './watch-walls.ts'
import { WorkQueue, type Turn } from './work-queue.ts'
import { workloadOf } from './workload-claims.ts'

/** Everything is looked at this often, whatever was missed. */
const RESYNC_MS = 60_000
/** Until it is known what the own repo holds, it is looked again this often. */
const UNREADY_MS = 200
/** Keys worked on at once. */
const CONCURRENCY = 16

/**
 * One machine of a commune. It looks, decides, acts and reports; what it decides follows from the
 * records, the engine and the clock that it is given.
 */
export class Meshlet implements AsyncDisposable {
  readonly config: MeshletConfig
  readonly view: RecordView
  readonly own: OwnRecords
  readonly settings: Settings
  readonly chronicle: Chronicle
  readonly duty: Duty
  /** Resolves when the owner shut this machine down and all of it is done. */
  readonly departed: Promise<void>
  readonly engineState: EngineState
  readonly storage: StorageState
  readonly walls: WallsWatch
  readonly heartbeats: Heartbeats
  readonly reservations: Reservations
  /** What failed containers printed before they were removed. */
  readonly lastWords: LastWords
  readonly images: Images
  readonly #ports: MeshletPorts
  readonly #queue: WorkQueue
  readonly #parts: Parts
  readonly #uriByKey = new Map<string, string>()
  readonly #isNews = statusNews()
  #hasBegun = false
  #down: readonly Did[] = []
  #unsubscribe: (() => void) | undefined
  #cancelResync: (() => void) | undefined

  constructor(config: MeshletConfig, ports: MeshletPorts) {
    const { clock, random, log } = ports
    const parts = createParts(config, ports, {
      lookAt: (uri) => this.#add(uri),
      lookAtAll: () => this.#lookAtAll(),
      lookAtLiveness: () => this.#queue.add(KEY.liveness),
      lookAtWalls: () => this.#queue.add(KEY.walls),
      lookAtSelf: () => this.#queue.add(KEY.self),
      roomFreed: () => this.#queue.add(KEY.room),
      dutyChanged: () => this.#dutyChanged(),
      acknowledged: (result, writes) => this.#acknowledged(result, writes),
      hint: (hint) => this.hint(hint),
    })
    this.config = config
    this.view = parts.view
    this.own = parts.own
    this.settings = parts.settings
    this.chronicle = parts.chronicle
    this.duty = parts.duty
    this.departed = parts.departure.done
    this.engineState = parts.engineState
    this.storage = ports.storage
    this.walls = parts.walls
    this.heartbeats = parts.heartbeats
    this.reservations = parts.reservations
    this.lastWords = parts.lastWords
    this.images = parts.images
    this.#ports = ports
    this.#parts = parts
    this.#queue = new WorkQueue({
      clock,
      random,
      log,
      concurrency: CONCURRENCY,
      metrics: ports.metrics,
      kindOf: kindOfKey,
      gapMs: (key) => (looksAtAll(key) ? parts.neighbourhood.gapMs : 0),
      reconcile: (key, turn) => this.#reconcile(key, turn),
    })
  }

  /** Follows the repos, listens to the engine and begins to work. */
  start(): void {
    const unsubscribe = [
      this.#ports.feed.onChange((changes) => this.#changed(changes)),
      this.storage.onProblem(() => this.#queue.add(KEY.storage)),
    ]
    this.#unsubscribe = () => unsubscribe.forEach((end) => end())
    for (const key of [KEY.storage, KEY.walls, KEY.firewall]) this.#queue.add(key)
    // Not at once: by then it is known again what is needed.
    this.#queue.addAfter(KEY.images, IMAGE_LOOK_MS)
    this.#parts.neighbourhood.follow()
    this.engineState.start()
    this.heartbeats.start()
    this.duty.noteStarted()
    this.#queue.add(KEY.departure)
    this.#resync()
  }

  /** What the owner offers; parts that she left open follow from the engine. */
  capacity(): Amount {
    return this.#parts.facts.capacity()
  }

  /** What is not reserved. */
  available(): Amount {
    return this.reservations.freeBeside(undefined)
  }

  /** How it is doing, in numbers. */
  vitals(): Vitals {
    return vitalsOf({
      queue: this.#queue,
      peers: this.#parts.neighbourhood.peers,
      heartbeats: this.heartbeats,
      down: this.#down,
      liveness: this.config.liveness,
      clock: this.#ports.clock,
    })
  }

  /** Our own status record as it is wanted. */
  status(): MeshletStatusRecord | undefined {
    return this.own.wanted<MeshletStatusRecord>(COLLECTION.meshletStatus, 'self')
  }

  /** What somebody is here, by the records; undefined for a stranger. */
  rolesOf(did: Did): readonly StandingRole[] | undefined {
    return this.#parts.neighbourhood.rolesOf(did)
  }

  /** Grows when this machine lost its containers or its journal, or was replaced while down. */
  get epoch(): number {
    return this.settings.epoch ?? 1
  }

  /** Uris of all workloads that this machine may have to do with, sorted. */
  workloads(): string[] {
    return knownWorkloads(this)
  }

  /** Somebody says that a repo moved on: look there, unless it is not followed anyway. */
  hint(hint: Hint): void {
    this.#ports.feed.hint(hint.did, hint.rev, hint.uri)
  }

  /** What is allowed here has changed: everything is judged anew. */
  policyChanged(): void {
    this.#lookAtAll()
  }

  /** Looks at one workload soon. */
  lookAt(uri: string): void {
    this.#add(uri)
  }

  /** Ends the program's part; the containers stay. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe?.()
    this.#cancelResync?.()
    await this.heartbeats[Symbol.asyncDispose]()
    this.#parts.leasing[Symbol.dispose]()
    await this.#queue[Symbol.asyncDispose]()
    this.#parts.exposure[Symbol.dispose]()
    await this.#parts.forwards[Symbol.asyncDispose]()
    await this.engineState[Symbol.asyncDispose]()
    await this.own[Symbol.asyncDispose]()
  }

  #reconcile(key: string, turn: Turn): Promise<Outcome> {
    if (key === KEY.walls) return this.walls.canary.look(turn.signal)
    if (key === KEY.firewall) return this.walls.firewall.look(turn.signal)
    if (key === KEY.storage) return Promise.resolve(this.#parts.storageWatch.look())
    if (!this.#isReady()) {
      // Nothing is decided yet, but whoever calls is to be answered: this machine is not down.
      if (key === KEY.self) this.#parts.neighbourhood.look()
      return Promise.resolve({ kind: 'again', afterMs: UNREADY_MS })
    }
    if (key === KEY.self) return Promise.resolve(this.#reconcileSelf())
    if (key === KEY.liveness) return Promise.resolve(this.#reconcileLiveness())
    if (key === KEY.ownRepo) return Promise.resolve(this.#parts.ownRepo.reconcile())
    if (key === KEY.departure) return this.#parts.departure.look(() => this.#lookAtAll())
    if (key === KEY.images) return this.images.keeper.look()
    if (key === KEY.room) return Promise.resolve(this.#reconcileRoom())
    return this.#parts.reconciler.reconcile(key, turn)
  }

  /** Before the first bid all is reserved that earlier ones may have won. */
  #isReady(): boolean {
    if (this.#hasBegun) return true
    if (!this.#parts.ownRepo.adopt()) return false
    for (const [, { workload, slots }] of this.own.list<BidRecord>(COLLECTION.bid)) {
      const record = workloadOf(this.view, workload)
      if (record) this.reservations.noteBid(workload, slots, requestOf(record))
    }
    this.#hasBegun = true
    return true
  }

  #reconcileSelf(): Outcome {
    this.#parts.neighbourhood.look()
    this.#parts.ownersWord.look()
    return { kind: 'again', afterMs: this.#parts.selfRecords.write() }
  }

  #reconcileLiveness(): Outcome {
    const { againInMs } = this.#parts.liveness.look()
    this.#queue.add(KEY.self)
    const { candidateSets } = this.#parts.neighbourhood
    const down = candidateSets.flatMap((set) => [...this.#parts.liveness.downOf(set)])
    this.#noteDown([...new Set(down)].toSorted())
    const afterMs = sooner(againInMs, PROFILES[this.config.liveness].challengeMs)
    return { kind: 'again', afterMs: Math.max(afterMs ?? 0, 100) }
  }

  /** Who is down decides who runs what: when it changes, look at everything. */
  #noteDown(down: readonly Did[]): void {
    const names = down.join(', ')
    if (names === this.#down.join(', ')) return
    this.#down = down
    const reason = names === '' ? 'nobody is down' : `suspected by the others, no answer: ${names}`
    this.#ports.log.warn('who is down has changed', { down, reason })
    this.chronicle.note('down', { reason })
    for (const uri of this.workloads()) this.#add(uri)
  }

  /** Room came free: whoever offers less than is wanted may offer more now. */
  #reconcileRoom(): Outcome {
    for (const { uri } of this.#parts.waiting.line) this.#add(uri)
    for (const uri of shortOfRoom(this.own, (name) => workloadOf(this.view, name))) this.#add(uri)
    return { kind: 'done' }
  }

  #changed(changes: readonly RecordChange[]): void {
    this.#parts.arrivals.note(changes)
    const keys = changedKeys(changes, this.view, (rkey) => this.#uriByKey.get(rkey))
    for (const uri of keys.workloads) this.#add(uri)
    if (keys.membership) this.#lookAtAll()
    if (keys.liveness) this.#queue.add(KEY.liveness)
    const isAnswering = keys.workloads.size > 0 && this.#parts.selfRecords.isComingBack()
    if (isAnswering) this.#queue.add(KEY.self)
    const isOwn = changes.some(({ did }) => did === this.config.did)
    if (isOwn) this.#queue.add(KEY.ownRepo)
    if (isOwn || keys.membership || keys.liveness) this.#parts.neighbourhood.noteChanged(keys)
  }

  /** The PDS has our records: they count from now on, and the others should hear of it. */
  #acknowledged({ rev }: WriteResult, writes: readonly Write[]): void {
    this.#parts.ownRepo.noteAcknowledged(rev)
    this.chronicle.noteAcknowledged(writes)
    const { did } = this.config
    const changes = writes.map(({ collection, rkey }): RecordChange => {
      const cid = this.own.get(collection, rkey)?.cid
      return { did, collection, rkey, via: 'record', ...(cid === undefined ? {} : { cid }) }
    })
    this.#hint(rev, writes)
    this.#changed(changes)
  }

  /** Of a workload that is not known any more there is nobody to tell. */
  #hint(rev: string, writes: readonly Write[]): void {
    const audienceOf = (rkey: string) => {
      const uri = this.#uriByKey.get(rkey)
      return uri === undefined ? [] : this.#parts.reconciler.audienceOf(uri)
    }
    const { did } = this.config
    const hints = hintsOf({ did, rev, writes, audienceOf, isNews: this.#isNews })
    for (const { hint, to } of hints) this.heartbeats.hint(hint, to)
  }

  #dutyChanged(): void {
    this.#queue.add(KEY.departure)
    this.#lookAtAll()
  }

  #lookAtAll(): void {
    this.#queue.add(KEY.self)
    this.#queue.add(KEY.liveness)
    for (const uri of this.workloads()) this.#add(uri)
  }

  /**
   * The same, but for what is known to come to the same as the last time. Each look at a workload would
   * wait for the engine's list anyway, and by then it is known what is here; meanwhile there is time for
   * everything else.
   */
  async #lookAround(listed: Promise<EngineSnapshot | undefined>): Promise<void> {
    if (this.#hasBegun) this.#parts.books.look()
    this.#parts.neighbourhood.noteChanged()
    for (const key of [KEY.self, KEY.liveness]) this.#queue.add(key)
    const uris = this.workloads()
    this.#uriByKey.clear()
    for (const uri of uris) this.#uriByKey.set(recordKeyFor(uri), uri)
    const before = this.engineState.lastSeen
    const leavesOut = this.#parts.reconciler.atResync()
    const open = uris.filter((uri) => !leavesOut(uri))
    this.#ports.metrics.count('looksLeftOut', {}, uris.length - open.length)
    const now = await listed
    const others = now ? changedShares(before, now) : uris
    for (const uri of [...open, ...others]) this.#add(uri)
  }

  #add(uri: string): void {
    this.#uriByKey.set(recordKeyFor(uri), uri)
    this.#queue.add(uri)
  }

  #resync(): void {
    const { clock } = this.#ports
    this.engineState.invalidate()
    const listed = this.engineState.snapshot().catch(() => undefined)
    const cancels = [
      // Not now: what was asked goes out only when this turn of the event loop is over.
      clock.schedule(0, () => void this.#lookAround(listed)),
      clock.schedule(RESYNC_MS, () => this.#resync()),
    ]
    this.#cancelResync = () => cancels.forEach((cancel) => cancel())
  }
}
