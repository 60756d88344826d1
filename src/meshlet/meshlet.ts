import { COLLECTION, LABEL } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { BidRecord, Did, Hint, MeshletStatusRecord, WorkloadRecord } from '../model/records.ts'
import type { Amount } from '../model/request.ts'
import { parseWorkloadUri, workloadUri } from '../model/workload-uri.ts'
import type { Clock } from '../ports/clock.ts'
import type { Engine } from '../ports/engine.ts'
import type { Journal } from '../ports/journal.ts'
import type { Log } from '../ports/log.ts'
import type { Peers } from '../ports/peers.ts'
import type { Random } from '../ports/random.ts'
import type {
  Feed,
  RecordChange,
  RecordView,
  RepoWriter,
  Write,
  WriteResult,
} from '../ports/records.ts'
import { sooner, type Outcome } from '../reconcile/outcome.ts'
import { PROFILES } from '../selection/liveness.ts'
import { NO_FAIR_SHARE } from '../selection/score.ts'
import type { StandingRole } from '../xrpc/access.ts'
import { BidArrivals } from './bid-arrivals.ts'
import { Bidder } from './bidder.ts'
import { changedKeys } from './changed-keys.ts'
import { Comeback } from './comeback.ts'
import { membersOf, type MeshletConfig } from './config.ts'
import { EngineState } from './engine-state.ts'
import { Forwards } from './forwards.ts'
import { Heartbeats } from './heartbeats.ts'
import { LivenessWatch } from './liveness-watch.ts'
import { Neighbourhood } from './neighbourhood.ts'
import { Obstacles } from './obstacles.ts'
import { overlayView } from './overlay-view.ts'
import { OwnRecords } from './own-records.ts'
import { OwnRepo } from './own-repo.ts'
import { Probes } from './probes.ts'
import { Reservations } from './reservations.ts'
import { Runner } from './runner.ts'
import { ownWorkloads, SelfRecords } from './self-records.ts'
import { Settings } from './settings.ts'
import { StatusWriter } from './status-writer.ts'
import { WorkQueue } from './work-queue.ts'
import { WorkloadReconciler } from './workload-reconciler.ts'

/** Everything that a meshlet needs from outside. */
export interface MeshletPorts {
  readonly feed: Feed
  readonly writer: RepoWriter
  readonly engine: Engine
  readonly peers: Peers
  readonly journal: Journal
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Keys of the queue that are no workloads. */
const SELF = 'self'
const LIVENESS = 'liveness'
const OWN_REPO = 'own-repo'
const ROOM = 'room'
/** Everything is looked at this often, whatever was missed. */
const RESYNC_MS = 60_000
const ROOM_REASONS: ReadonlySet<string> = new Set(['no-cpu', 'no-memory', 'no-storage'])
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
  readonly engineState: EngineState
  readonly heartbeats: Heartbeats
  readonly reservations: Reservations
  readonly #ports: MeshletPorts
  readonly #queue: WorkQueue
  readonly #reconciler: WorkloadReconciler
  readonly #selfRecords: SelfRecords
  readonly #liveness: LivenessWatch
  readonly #bidder: Bidder
  readonly #probes: Probes
  readonly #forwards: Forwards
  readonly #uriByKey = new Map<string, string>()
  readonly #arrivals = new BidArrivals()
  readonly #neighbourhood: Neighbourhood
  readonly #ownRepo: OwnRepo
  #downBefore = ''
  #unsubscribe: (() => void) | undefined
  #cancelResync: (() => void) | undefined

  constructor(config: MeshletConfig, ports: MeshletPorts) {
    const { clock, random, log, engine, feed } = ports
    this.config = config
    this.#ports = ports
    this.settings = new Settings(ports.journal)
    this.own = new OwnRecords({
      writer: ports.writer,
      journal: ports.journal,
      clock,
      random,
      log,
      onAcknowledged: (result, writes) => this.#acknowledged(result, writes),
    })
    this.view = overlayView(feed, this.own, config.did)
    this.#neighbourhood = new Neighbourhood(config, this.view, feed)
    this.#ownRepo = new OwnRepo({
      did: config.did,
      feed,
      own: this.own,
      settings: this.settings,
      clock,
      log,
    })
    this.engineState = new EngineState({
      engine,
      meshletDid: config.did,
      clock,
      random,
      log,
      onChange: (uri) => (uri === undefined ? this.#lookAtAll() : this.#add(uri)),
    })
    this.reservations = new Reservations(
      () => this.capacity(),
      () => this.#queue.add(ROOM),
    )
    this.heartbeats = new Heartbeats({
      peers: ports.peers,
      clock,
      log,
      intervalMs: PROFILES[config.liveness].heartbeatMs,
      peersNow: () => this.#neighbourhood.peers,
      epoch: () => this.epoch,
      onHint: (hint) => this.hint(hint),
      onHeard: () => this.#queue.add(LIVENESS),
    })
    this.#liveness = new LivenessWatch({
      self: config.did,
      view: this.view,
      own: this.own,
      heartbeats: this.heartbeats,
      clock,
      log,
      profile: PROFILES[config.liveness],
      candidateSets: () => this.#neighbourhood.candidateSets,
    })
    const obstacles = new Obstacles({
      config,
      settings: this.settings,
      engineState: this.engineState,
      clock,
    })
    const comeback = new Comeback({
      self: config.did,
      view: this.view,
      own: this.own,
      settings: this.settings,
      clock,
      log,
      answerMs: PROFILES[config.liveness].answerMs,
      peers: () => this.#neighbourhood.meshlets,
      callOf: (uri) => this.#reconciler.bidCallOf(uri),
      decide: (call, epoch) => this.#bidder.decideReplaced(call, epoch),
      write: (placement, decision) => this.#bidder.write(placement, decision),
    })
    this.#selfRecords = new SelfRecords({
      config,
      view: this.view,
      own: this.own,
      settings: this.settings,
      obstacles,
      reservations: this.reservations,
      capacity: () => this.capacity(),
      epoch: () => this.epoch,
      peers: () => this.#neighbourhood.meshlets,
      prepareComeback: () => comeback.prepare(),
      clock,
    })
    this.#bidder = new Bidder({
      config,
      view: this.view,
      own: this.own,
      obstacles,
      reservations: this.reservations,
      fairShare: NO_FAIR_SHARE,
      epoch: () => this.epoch,
      capacity: () => this.capacity(),
      clock,
      log,
    })
    this.#probes = new Probes({ engine, clock, log, onChange: (uri) => this.#add(uri) })
    this.#forwards = new Forwards({ engine, meshletDid: config.did, log })
    this.#reconciler = new WorkloadReconciler({
      config,
      feed,
      view: this.view,
      own: this.own,
      engineState: this.engineState,
      runner: new Runner({
        engine,
        meshletDid: config.did,
        clock,
        random,
        log,
        onProgress: (uri) => this.#add(uri),
      }),
      forwards: this.#forwards,
      probes: this.#probes,
      bidder: this.#bidder,
      reservations: this.reservations,
      settings: this.settings,
      statusWriter: new StatusWriter({
        own: this.own,
        probes: this.#probes,
        forwards: this.#forwards,
        settings: this.settings,
        clock,
      }),
      clock,
      log,
      downOf: (all) => this.#liveness.downOf(all),
      viaOf: (bid) => this.#arrivals.viaOf(bid),
      isComingBack: () => this.#selfRecords.isComingBack(),
    })
    this.#queue = new WorkQueue({
      clock,
      random,
      log,
      concurrency: CONCURRENCY,
      reconcile: (key, signal) => this.#reconcile(key, signal),
    })
  }

  /** Follows the repos, listens to the engine and begins to work. */
  start(): void {
    this.#unsubscribe = this.#ports.feed.onChange((changes) => this.#changed(changes))
    this.#neighbourhood.follow()
    this.engineState.start()
    this.heartbeats.start()
    this.#resync()
  }

  /** What the owner offers; parts that she left open follow from the engine. */
  capacity(): Amount {
    const { offer } = this.config
    const info = this.engineState.info
    return {
      cpuMilli: offer.cpuMilli ?? (info ? info.cpus * 1000 : 0),
      memoryBytes: offer.memoryBytes ?? (info ? Math.floor(info.memoryBytes * 0.75) : 0),
      storageBytes: offer.storageBytes ?? 0,
    }
  }

  /** What is not reserved. */
  available(): Amount {
    return this.reservations.freeBeside(undefined)
  }

  /** Our own status record as it is wanted. */
  status(): MeshletStatusRecord | undefined {
    return this.own.wanted<MeshletStatusRecord>(COLLECTION.meshletStatus, 'self')
  }

  /** What somebody is here, by the records; undefined for a stranger. */
  rolesOf(did: Did): readonly StandingRole[] | undefined {
    return this.#neighbourhood.rolesOf(did)
  }

  /** Grows when this machine lost its containers or its journal, or was replaced while down. */
  get epoch(): number {
    return this.settings.epoch ?? 1
  }

  /** Uris of all workloads that this machine may have to do with, sorted. */
  workloads(): string[] {
    const recorded = membersOf(this.config).flatMap((owner) =>
      this.view
        .list<WorkloadRecord>(owner, COLLECTION.workload)
        .map(([name]) => workloadUri(owner, name)),
    )
    const running = (this.engineState.lastSeen?.containers ?? []).flatMap(
      (container) => container.labels[LABEL.workload] ?? [],
    )
    return [...new Set<string>([...recorded, ...running, ...ownWorkloads(this.own)])].toSorted()
  }

  /** Somebody says that a repo moved on: look there, unless it is not followed anyway. */
  hint(hint: Hint): void {
    this.#ports.feed.hint(hint.did as Did, hint.rev, hint.uri)
  }

  /** Takes back the consent to run this workload, or gives it again. */
  setRefused(uri: string, isRefused: boolean): void {
    this.settings.refuse(uri, isRefused)
    this.#add(uri)
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
    await this.#queue[Symbol.asyncDispose]()
    this.#probes[Symbol.dispose]()
    await this.#forwards[Symbol.asyncDispose]()
    await this.engineState[Symbol.asyncDispose]()
    await this.own[Symbol.asyncDispose]()
  }

  #reconcile(key: string, signal: AbortSignal): Promise<Outcome> {
    if (!this.#ownRepo.adopt()) return Promise.resolve({ kind: 'again', afterMs: 500 })
    if (key === SELF) return Promise.resolve(this.#reconcileSelf())
    if (key === LIVENESS) return Promise.resolve(this.#reconcileLiveness())
    if (key === OWN_REPO) return Promise.resolve(this.#ownRepo.reconcile())
    if (key === ROOM) return Promise.resolve(this.#reconcileRoom())
    return this.#reconciler.reconcile(key, signal)
  }

  #reconcileSelf(): Outcome {
    this.#neighbourhood.look()
    const afterMs = this.#selfRecords.write()
    return { kind: 'again', afterMs }
  }

  #reconcileLiveness(): Outcome {
    const { againInMs } = this.#liveness.look()
    this.#queue.add(SELF)
    const down = [
      ...new Set(
        this.#neighbourhood.candidateSets.flatMap((set) => [...this.#liveness.downOf(set)]),
      ),
    ]
    this.#noteDown(down.toSorted().join(' '))
    const afterMs = sooner(againInMs, PROFILES[this.config.liveness].challengeMs)
    return { kind: 'again', afterMs: Math.max(afterMs ?? 0, 100) }
  }

  /** Who is down decides who runs what: when it changes, look at everything. */
  #noteDown(down: string): void {
    if (down === this.#downBefore) return
    this.#ports.log.warn('who is down has changed', { down: down === '' ? 'nobody' : down })
    this.#downBefore = down
    for (const uri of this.workloads()) this.#add(uri)
  }

  /** Room came free: whoever offers less than is wanted may offer more now. */
  #reconcileRoom(): Outcome {
    for (const [, bid] of this.own.list<BidRecord>(COLLECTION.bid))
      if (ROOM_REASONS.has(bid.reason ?? '') || this.#isShort(bid)) this.#add(bid.workload)
    return { kind: 'done' }
  }

  /** Whether it offers to run some of the replicas, but not all. */
  #isShort({ workload, slots }: BidRecord): boolean {
    const parsed = parseWorkloadUri(workload)
    const record =
      parsed && this.view.get<WorkloadRecord>(parsed.owner, COLLECTION.workload, parsed.name)
    return slots > 0 && slots < (record?.value.replicas ?? 1)
  }

  #changed(changes: readonly RecordChange[]): void {
    this.#arrivals.note(changes)
    const keys = changedKeys(changes, this.view, (rkey) => this.#uriByKey.get(rkey))
    for (const uri of keys.workloads) this.#add(uri)
    if (keys.membership) this.#lookAtAll()
    if (keys.liveness) this.#queue.add(LIVENESS)
    if (changes.some(({ did }) => did === this.config.did)) this.#queue.add(OWN_REPO)
  }

  /** The PDS has our records: they count from now on, and the others should hear of it. */
  #acknowledged({ rev }: WriteResult, writes: readonly Write[]): void {
    this.#ownRepo.noteAcknowledged(writes)
    const { did } = this.config
    const changes = writes.map(({ collection, rkey }): RecordChange => {
      const cid = this.own.get(collection, rkey)?.cid
      return { did, collection, rkey, via: 'record', ...(cid === undefined ? {} : { cid }) }
    })
    this.#hint(rev, writes)
    this.#changed(changes)
  }

  /**
   * Tells the peers what to read ahead of the stream. A status that brings this machine back must not
   * be seen before the bids of its commit, so in their company it is left to the stream.
   */
  #hint(rev: string, writes: readonly Write[]): void {
    const { did } = this.config
    const hasBids = writes.some(({ collection }) => collection === COLLECTION.bid)
    for (const { collection, rkey } of writes) {
      if (hasBids && collection === COLLECTION.meshletStatus) continue
      this.heartbeats.hint({
        did: did as Hint['did'],
        rev: rev as Hint['rev'],
        uri: `at://${did}/${collection}/${rkey}` as NonNullable<Hint['uri']>,
      })
    }
  }

  #lookAtAll(): void {
    this.#queue.add(SELF)
    this.#queue.add(LIVENESS)
    for (const uri of this.workloads()) this.#add(uri)
  }

  #add(uri: string): void {
    this.#uriByKey.set(recordKeyFor(uri), uri)
    this.#queue.add(uri)
  }

  #resync(): void {
    this.engineState.invalidate()
    this.#lookAtAll()
    void this.engineState.snapshot().then(
      () => {
        for (const uri of this.workloads()) this.#add(uri)
      },
      () => undefined,
    )
    this.#cancelResync = this.#ports.clock.schedule(RESYNC_MS, () => this.#resync())
  }
}
