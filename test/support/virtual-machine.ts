import { MemoryEngine } from '../../src/engine/memory.ts'
import type { EngineCall, EngineFault } from '../../src/engine/memory-faults.ts'
import { remoteImage, type MemoryRegistry } from '../../src/engine/memory-images.ts'
import type { Program } from '../../src/engine/memory-container.ts'
import type { MeshletConfig } from '../../src/meshlet/config.ts'
import { Meshlet } from '../../src/meshlet/meshlet.ts'
import { CommuneError } from '../../src/model/errors.ts'
import { LABEL } from '../../src/model/nsid.ts'
import type { Did } from '../../src/model/records.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { STANDARD_POLICY } from '../../src/policy/standard-policy.ts'
import type { ContainerCreate, RegistryAuth } from '../../src/ports/engine.ts'
import type { SealKey } from '../../src/ports/seal-key.ts'
import { silentLog, type Log } from '../../src/ports/log.ts'
import type { Feed, Write } from '../../src/ports/records.ts'
import { StorageState } from '../../src/storage/storage-state.ts'
import { watchJournal } from '../../src/storage/watched-journal.ts'
import { CountedMetrics } from './counted-metrics.ts'
import { SeededRandom } from './seeded-random.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { VirtualDisk } from './virtual-disk.ts'
import { startVirtualFeed, type VirtualFeedOptions } from './virtual-feed.ts'
import { VirtualGuard } from './virtual-guard.ts'
import { VirtualJournal } from './virtual-journal.ts'
import type { VirtualNetwork } from './virtual-network.ts'
import { VirtualProcess, type Instead } from './virtual-process.ts'
import type { VirtualRepos } from './virtual-repos.ts'
import { VirtualWriter, type WriteFault } from './virtual-writer.ts'

export interface VirtualMachineOptions {
  readonly name: string
  readonly config: MeshletConfig
  readonly clock: VirtualClock
  readonly random: SeededRandom
  /** Of its feed, which draws at other moments. */
  readonly feedRandom: SeededRandom
  readonly repos: VirtualRepos
  readonly network: VirtualNetwork
  readonly registry: MemoryRegistry
  readonly program: (container: ContainerCreate) => Program
  /** A call of the meshlet to its engine, before it is made. */
  readonly onEngineCall: (machine: VirtualMachine, call: string, subject: unknown) => void
  readonly log?: Log
  /** See `MeshletPorts`. */
  readonly onBrokenPeace?: (uri: string, how: string) => void
  /** In the place of the feed of production. */
  readonly openFeed?: OpenFeed
}

/** What a feed of this machine reads with. */
export interface FeedSight extends Pick<VirtualFeedOptions, 'clock' | 'nextDelayMs' | 'canReach'> {
  readonly did: Did
}

export type OpenFeed = (sight: FeedSight) => { readonly feed: Feed; readonly kill: () => void }

/** Milliseconds that things take, at least and at most. */
const DELAYS = { record: [20, 400], write: [10, 120], engine: [1, 60], guard: [1, 10] } as const

/** Where a meshlet can die in the middle of something. */
export type DeathPoint = 'engine call' | 'engine result' | 'write' | 'acknowledgement' | 'journal'

/** How an engine does not say the truth: of what there is, or of what it did. */
export type EngineLie = 'stale list' | 'false start'

/** One machine: its engine, its disk, and the meshlet that runs on it or does not. */
export class VirtualMachine {
  readonly name: string
  readonly did: Did
  /** What all meshlets on it counted, over restarts. */
  readonly metrics = new CountedMetrics()
  /** What the owner of the machine set; takes effect at the next start. */
  config: MeshletConfig
  /** Faults of the engine, for those calls that are not to be merely slow. */
  engineFault: (call: EngineCall, subject: string) => EngineFault | undefined = () => undefined
  /** Faults of the PDS at writing. */
  writeFault: (writes: readonly Write[]) => WriteFault = () => undefined
  /** What its owner allows; `policyChanged` of the meshlet tells it of a change. */
  policy: Policy = STANDARD_POLICY
  /** What `docker login` left there, for every registry. */
  credentials: RegistryAuth | undefined
  /** With which it opens what is sealed for it, from the next start on. */
  sealKey: SealKey | undefined
  /** How far its wall clock is off, milliseconds. */
  wallSkewMs = 0
  /** How fast its clocks run, from the next start on; 1 is right. */
  clockRate = 1
  /** Records take so many times as long to come. */
  recordDelayFactor = 1
  engineLie: EngineLie | undefined
  readonly #options: VirtualMachineOptions
  #engine: MemoryEngine
  #guard: VirtualGuard
  #lastList: unknown
  #isStopping = false
  #deathPoint: { readonly where: DeathPoint; calls: number } | undefined
  #journal = new VirtualJournal()
  #disk: VirtualDisk
  #process: VirtualProcess | undefined
  #feed: ReturnType<OpenFeed> | undefined
  #meshlet: Meshlet | undefined

  constructor(options: VirtualMachineOptions) {
    const { config } = options
    this.#options = options
    this.name = options.name
    this.did = config.did
    this.config = config
    this.#engine = this.#newEngine()
    this.#guard = this.#newGuard()
    this.#disk = this.#newDisk()
  }

  /** The process that stops what runs past its lease; it outlives the meshlet. */
  get guard(): VirtualGuard {
    return this.#guard
  }

  get engine(): MemoryEngine {
    return this.#engine
  }

  /** The meshlet; undefined while none runs. */
  get running(): Meshlet | undefined {
    return this.#meshlet
  }

  /** The meshlet, which has to run. */
  get meshlet(): Meshlet {
    if (!this.#meshlet) throw new Error(`no meshlet runs on ${this.name}`)
    return this.#meshlet
  }

  /** Whether the disk of the state folder is full. */
  set diskFull(isFull: boolean) {
    this.#journal.isFull = isFull
  }

  start(): void {
    if (this.#meshlet) throw new Error(`a meshlet runs on ${this.name} already`)
    const { clock, random, repos, network, onBrokenPeace, log = silentLog } = this.#options
    const process = new VirtualProcess()
    const own = process.clock(clock, () => this.wallSkewMs, this.clockRate)
    const writer = new VirtualWriter({
      did: this.did,
      repos,
      clock,
      nextDelayMs: () => this.#draw('write'),
      canReach: () => this.#canReach(this.did),
      fault: (writes) => this.writeFault(writes),
    })
    this.#process = process
    const sight: FeedSight = {
      did: this.did,
      clock: own,
      nextDelayMs: () => this.#draw('record') * this.recordDelayFactor,
      canReach: (did) => this.#canReach(did),
    }
    this.#feed =
      this.#options.openFeed?.(sight) ??
      startVirtualFeed({
        ...sight,
        repos,
        disk: process.guard(this.#disk),
        random: this.#options.feedRandom,
        log: silentLog,
      })
    const storage = new StorageState(own, log)
    const meshlet = new Meshlet(this.config, {
      feed: this.#feed.feed,
      writer: process.guard(writer, () => this.#onWrite()),
      engine: process.guard(this.#engine, (call, [subject]) => this.#onEngineCall(call, subject)),
      peers: process.guard(network.peersOf(this.did)),
      journal: watchJournal(
        process.guardJournal(this.#journal, () => this.#die('journal')),
        storage,
      ),
      storage,
      guard: process.guard(this.#guard),
      clock: own,
      random,
      log: log.child({ machine: this.name }),
      metrics: this.metrics,
      policy: () => this.policy,
      ...(this.sealKey && { sealKey: this.sealKey }),
      ...(onBrokenPeace && { onBrokenPeace }),
      registries: {
        credentials: async () => this.credentials,
        proveReadable: async (image, { auth }) => {
          const found = this.#options.registry(image, auth)
          if (found instanceof CommuneError) throw found
        },
        examine: async (image, { isOwn, auth }) => {
          const login = auth ?? (isOwn ? this.credentials : undefined)
          const found = this.#options.registry(image, login)
          if (found instanceof CommuneError) throw found
          return remoteImage(found)
        },
        findSignature: async (image, { isWanted }) => {
          const found = this.#options.registry(image)
          if (found instanceof CommuneError) throw found
          const { signedBy } = found
          return signedBy && isWanted(signedBy)
            ? { kind: 'signed', by: signedBy.subject }
            : { kind: 'unsigned', why: 'there is none beside it' }
        },
      },
    })
    // It may have died at its first write already.
    if (!process.isAlive) return
    this.#meshlet = meshlet
    meshlet.start()
    void this.#endWhenDeparted(meshlet)
  }

  /** What the program does around the meshlet: who was shut down ends, in order. */
  async #endWhenDeparted(meshlet: Meshlet): Promise<void> {
    await meshlet.departed
    if (this.#meshlet !== meshlet) return
    await meshlet[Symbol.asyncDispose]()
    if (this.#meshlet === meshlet) this.crash()
  }

  /** The meshlet is killed: from now on it does nothing. The containers go on running. */
  crash(): this {
    this.#process?.kill()
    this.#feed?.kill()
    this.#isStopping = false
    this.#process = undefined
    this.#feed = undefined
    this.#meshlet = undefined
    return this
  }

  /** The meshlet will be killed when it has come so many times to this point. */
  dieAt(where: DeathPoint, calls: number): void {
    this.#deathPoint = { where, calls }
  }

  dieNoMore(): void {
    this.#deathPoint = undefined
  }

  get isStopping(): boolean {
    return this.#isStopping
  }

  get isFrozen(): boolean {
    return this.#process?.isFrozen ?? false
  }

  /** The meshlet does nothing until it is thawed, as after SIGSTOP. */
  freeze(): void {
    this.#process?.freeze()
  }

  thaw(): void {
    this.#process?.thaw()
  }

  /** The engine is restarted under the meshlet: its streams end. */
  breakEngineStreams(): void {
    this.#process?.breakStreams()
  }

  /** Power was lost, and the engine's data with it: no container, network or image is left. */
  wipeEngine(): this {
    this.powerCut()
    this.#engine = this.#newEngine()
    return this
  }

  /** The machine loses power: the meshlet and all containers end at once. */
  powerCut(): this {
    this.crash()
    this.#disk.powerCut()
    this.engine.powerCut()
    this.#guard.kill()
    this.#guard = this.#newGuard()
    return this
  }

  /** Ends the meshlet in order, as SIGTERM does. */
  async stop(): Promise<void> {
    const ending = this.#meshlet?.[Symbol.asyncDispose]()
    if (ending) await this.#options.clock.run(ending)
    this.crash()
  }

  /** Begins to end the meshlet in order; a new one may be started meanwhile. */
  beginStop(): void {
    const meshlet = this.#meshlet
    this.#isStopping = true
    void meshlet?.[Symbol.asyncDispose]().then(() => {
      if (this.#meshlet === meshlet) this.crash()
    })
  }

  /**
   * Starts the meshlet again; without its state it knows nothing of what it did before, and without
   * its journal alone only what it had read of the repos.
   */
  restart({
    withState = true,
    withJournal = withState,
  }: { readonly withState?: boolean; readonly withJournal?: boolean } = {}): this {
    if (this.#meshlet) this.crash()
    if (!withJournal) this.#journal = new VirtualJournal()
    if (!withState) this.#disk = this.#newDisk()
    this.start()
    return this
  }

  #newGuard(): VirtualGuard {
    return new VirtualGuard({
      clock: this.#options.clock,
      rate: () => this.clockRate,
      engine: () => this.#engine,
      nextDelayMs: () => this.#draw('guard'),
    })
  }

  #newDisk(): VirtualDisk {
    return new VirtualDisk(() => this.#options.clock.monotonicMs())
  }

  #newEngine(): MemoryEngine {
    const { clock, registry, program } = this.#options
    const engine = new MemoryEngine({ clock, registry, program })
    engine.script((call, subject) => this.engineFault(call, subject) ?? this.#slowness())
    return engine
  }

  /** Dies before the call goes out, or after it went out and before its result comes in. */
  #onEngineCall(call: string, subject: unknown): Instead | undefined {
    if (this.#die('engine call')) return { result: new Promise(() => undefined) }
    this.#options.onEngineCall(this, call, subject)
    this.#die('engine result')
    if (call === 'startContainer' && this.engineLie === 'false start')
      return { result: Promise.resolve() }
    if (call !== 'listContainers') return undefined
    if (this.engineLie !== 'stale list' || !this.#lastList)
      this.#lastList = this.#engine.listContainers(String(subject))
    return { result: this.#lastList }
  }

  #onWrite(): Instead | undefined {
    if (this.#die('write')) return { result: new Promise(() => undefined) }
    this.#die('acknowledgement')
    return undefined
  }

  #die(where: DeathPoint): boolean {
    const point = this.#deathPoint
    if (point?.where !== where || --point.calls > 0) return false
    this.#deathPoint = undefined
    this.crash()
    return true
  }

  #canReach(did: Did): boolean {
    const { repos, network } = this.#options
    return !repos.of(did).isDown && network.canRead(this.did, did)
  }

  #slowness(): EngineFault {
    return { kind: 'slow', delayMs: this.#draw('engine') }
  }

  #draw(what: keyof typeof DELAYS): number {
    const [least, most] = DELAYS[what]
    return this.#options.random.integer(least, most)
  }
}

/** The workload that a container belongs to. */
export function workloadOf(labels: Readonly<Record<string, string>>): string {
  return labels[LABEL.workload] ?? ''
}
