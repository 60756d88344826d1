import { MemoryEngine } from '../../src/engine/memory.ts'
import type { EngineCall, EngineFault } from '../../src/engine/memory-faults.ts'
import type { MemoryRegistry } from '../../src/engine/memory-images.ts'
import type { Program } from '../../src/engine/memory-container.ts'
import type { MeshletConfig } from '../../src/meshlet/config.ts'
import { Meshlet } from '../../src/meshlet/meshlet.ts'
import { CommuneError } from '../../src/model/errors.ts'
import { LABEL } from '../../src/model/nsid.ts'
import type { Did } from '../../src/model/records.ts'
import type { ContainerCreate, RegistryAuth } from '../../src/ports/engine.ts'
import { silentLog, type Log } from '../../src/ports/log.ts'
import type { Write } from '../../src/ports/records.ts'
import { SeededRandom } from './seeded-random.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { VirtualFeed, type FeedMemory } from './virtual-feed.ts'
import { VirtualJournal } from './virtual-journal.ts'
import type { VirtualNetwork } from './virtual-network.ts'
import { VirtualProcess } from './virtual-process.ts'
import type { VirtualRepos } from './virtual-repos.ts'
import { VirtualWriter } from './virtual-writer.ts'

export interface VirtualMachineOptions {
  readonly name: string
  readonly config: MeshletConfig
  readonly clock: VirtualClock
  readonly random: SeededRandom
  readonly repos: VirtualRepos
  readonly network: VirtualNetwork
  readonly registry: MemoryRegistry
  readonly program: (container: ContainerCreate) => Program
  /** A call of the meshlet to its engine, before it is made. */
  readonly onEngineCall: (machine: VirtualMachine, call: string, subject: unknown) => void
  readonly log?: Log
}

/** Milliseconds that things take, at least and at most. */
const DELAYS = { record: [20, 400], write: [10, 120], engine: [1, 60] } as const

/** One machine: its engine, its disk, and the meshlet that runs on it or does not. */
export class VirtualMachine {
  readonly name: string
  readonly did: Did
  readonly engine: MemoryEngine
  /** What the owner of the machine set; takes effect at the next start. */
  config: MeshletConfig
  /** Faults of the engine, for those calls that are not to be merely slow. */
  engineFault: (call: EngineCall, subject: string) => EngineFault | undefined = () => undefined
  /** Faults of the PDS at writing. */
  writeFault: (writes: readonly Write[]) => CommuneError | 'lost-reply' | undefined = () =>
    undefined
  /** What `docker login` left there, for every registry. */
  credentials: RegistryAuth | undefined
  /** How far its wall clock is off, milliseconds; from the next start on. */
  wallSkewMs = 0
  readonly #options: VirtualMachineOptions
  #journal = new VirtualJournal()
  #feedMemory: FeedMemory = new Map()
  #process: VirtualProcess | undefined
  #feed: VirtualFeed | undefined
  #meshlet: Meshlet | undefined

  constructor(options: VirtualMachineOptions) {
    const { clock, registry, program, config } = options
    this.#options = options
    this.name = options.name
    this.did = config.did
    this.config = config
    this.engine = new MemoryEngine({ clock, registry, program })
    this.engine.script((call, subject) => this.engineFault(call, subject) ?? this.#slowness())
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

  start(): void {
    if (this.#meshlet) throw new Error(`a meshlet runs on ${this.name} already`)
    const { clock, random, repos, network, log = silentLog } = this.#options
    const process = new VirtualProcess()
    const own = process.clock(clock, this.wallSkewMs)
    const writer = new VirtualWriter({
      did: this.did,
      repos,
      clock,
      nextDelayMs: () => this.#draw('write'),
      canReach: () => this.#canReach(this.did),
      fault: (writes) => this.writeFault(writes),
    })
    this.#process = process
    this.#feed = new VirtualFeed({
      repos,
      memory: this.#feedMemory,
      clock: own,
      nextDelayMs: () => this.#draw('record'),
      canRead: (did) => this.#canReach(did),
    })
    this.#meshlet = new Meshlet(this.config, {
      feed: this.#feed,
      writer: process.guard(writer),
      engine: process.guard(this.engine, (call, [subject]) =>
        this.#options.onEngineCall(this, call, subject),
      ),
      peers: process.guard(network.peersOf(this.did)),
      journal: this.#journal,
      clock: own,
      random,
      log: log.child({ machine: this.name }),
      registries: {
        credentials: async () => this.credentials,
        provePublic: async (image) => {
          const found = this.#options.registry(image)
          if (found instanceof CommuneError) throw found
        },
      },
    })
    this.#meshlet.start()
    void this.#endWhenDeparted(this.#meshlet)
  }

  /** What the program does around the meshlet: who was shut down ends, in order. */
  async #endWhenDeparted(meshlet: Meshlet): Promise<void> {
    await meshlet.departed
    if (this.#meshlet !== meshlet) return
    await meshlet[Symbol.asyncDispose]()
    this.crash()
  }

  /** The meshlet is killed: from now on it does nothing. The containers go on running. */
  crash(): this {
    this.#process?.kill()
    this.#feed?.[Symbol.dispose]()
    this.#process = undefined
    this.#feed = undefined
    this.#meshlet = undefined
    return this
  }

  /** The machine loses power: the meshlet and all containers end at once. */
  powerCut(): this {
    this.crash()
    this.engine.powerCut()
    return this
  }

  /** Ends the meshlet in order, as SIGTERM does. */
  async stop(): Promise<void> {
    const ending = this.#meshlet?.[Symbol.asyncDispose]()
    if (ending) await this.#options.clock.run(ending)
    this.crash()
  }

  /** Starts the meshlet again; without its state it knows nothing of what it did before. */
  restart({ withState = true }: { readonly withState?: boolean } = {}): this {
    if (this.#meshlet) this.crash()
    if (!withState) {
      this.#journal = new VirtualJournal()
      this.#feedMemory = new Map()
    }
    this.start()
    return this
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
