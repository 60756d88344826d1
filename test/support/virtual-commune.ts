import type { MemoryImage } from '../../src/engine/memory-images.ts'
import type { Program } from '../../src/engine/memory-container.ts'
import { CommuneError } from '../../src/model/errors.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type {
  BidRecord,
  Did,
  MeshletStatusRecord,
  Resources,
  WorkloadRecord,
  WorkloadStatusRecord,
} from '../../src/model/records.ts'
import { parseWorkloadUri, workloadUri } from '../../src/model/workload-uri.ts'
import type { EngineContainer, EngineImage } from '../../src/ports/engine.ts'
import type { Log } from '../../src/ports/log.ts'
import type { ProfileName } from '../../src/selection/liveness.ts'
import { SeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'
import { faultOf } from './virtual-invariants.ts'
import { type OpenFeed, VirtualMachine, workloadOf } from './virtual-machine.ts'
import { VirtualNetwork } from './virtual-network.ts'
import { VirtualOwner } from './virtual-owner.ts'
import { VirtualRepos } from './virtual-repos.ts'
import { WorldTrace } from './virtual-trace.ts'

export interface CommuneOptions {
  readonly seed?: number
  readonly liveness?: ProfileName
  readonly log?: Log
  /** For communes of so many that more than usual goes on in a second. */
  readonly timersPerSecondMax?: number
  /** Looks that a resync would leave out are done, and are violations when something comes of them. */
  readonly doubtsPeace?: boolean
  /** In the place of the feed of production, which reads everything for each machine by itself. */
  readonly openFeed?: (repos: VirtualRepos) => OpenFeed
}

export interface MachineOptions {
  readonly owner: string
  /** Owners that it lists in its cluster `default`; all owners of the world when left out. */
  readonly members?: readonly string[]
  readonly offer?: Resources
  readonly labels?: Readonly<Record<string, string>>
  readonly liveness?: ProfileName
  /** Nobody can call it. */
  readonly isBehindNat?: boolean
}

/** A container that runs, by the names of its machine and workload. */
export interface Running {
  readonly machine: string
  readonly workload: string
  readonly container: EngineContainer
}

const CALL_MS = [1, 40] as const
const GIB = 1024 ** 3
const OFFER: Required<Omit<Resources, '$type'>> = {
  cpuMilli: 4_000,
  memoryBytes: 4 * GIB,
  storageBytes: 100 * GIB,
}
/** Nothing that a meshlet puts off is put off for longer, but for what it does on its own in peace. */
const QUIET_MS = 90_000
const SETTLE_LIMIT_MS = 60 * 60_000
/** More than this is done and written by nobody who comes to rest. */
const SETTLE_ENTRIES_MAX = 2_000

/**
 * A commune in one program: owners with their repos, machines with engine and meshlet, and a network
 * between them that can be cut. Time is virtual and chance is drawn from the seed, so a run repeats.
 * `did:plc:NAME` is the DID of whoever is called NAME.
 */
export class VirtualCommune {
  readonly clock: VirtualClock
  readonly random: SeededRandom
  readonly repos: VirtualRepos
  readonly network: VirtualNetwork
  readonly trace: WorldTrace
  readonly machines = new Map<string, VirtualMachine>()
  /** What the program of a workload does, by the workload's name. */
  readonly programs = new Map<string, Program>()
  /** The same by image, for images that differ. */
  readonly programsByImage = new Map<string, Program>()
  /** What every program does on a machine, by the machine's name. */
  readonly programsByMachine = new Map<string, Program>()
  /** What is particular about the images of some references. */
  readonly images = new Map<string, Partial<MemoryImage>>()
  /** References that the registry does not give out, and why. */
  readonly badImages = new Map<string, CommuneError>()
  /** References that the registry gives to this user only. */
  readonly privateImages = new Map<string, string>()
  /** What was done against the rules. */
  readonly violations: string[] = []
  /** Machines of which nothing is expected, since somebody else writes in their name. */
  readonly hostile = new Set<string>()
  readonly #owners = new Map<string, VirtualOwner>()
  readonly #machinesByDid = new Map<Did, VirtualMachine>()
  readonly #options: CommuneOptions
  readonly #openFeed: OpenFeed | undefined

  constructor(options: CommuneOptions = {}) {
    this.#options = options
    const { timersPerSecondMax } = options
    this.clock = new VirtualClock(timersPerSecondMax === undefined ? {} : { timersPerSecondMax })
    this.repos = new VirtualRepos(this.clock)
    this.#openFeed = options.openFeed?.(this.repos)
    const seed = options.seed ?? 1
    this.random = new SeededRandom(seed, 'world')
    const calls = new SeededRandom(seed, 'calls')
    this.network = new VirtualNetwork({
      clock: this.clock,
      nextDelayMs: () => calls.integer(...CALL_MS),
      meshletOf: (did) => this.machineOf(did)?.running,
      isFrozen: (did) => this.machineOf(did)?.isFrozen ?? false,
    })
    this.trace = new WorldTrace(this.repos, () => this.clock.monotonicMs())
    this.trace.onAction((machine, call, subject) => {
      if (this.hostile.has(machine.name)) return
      const fault = faultOf(this.repos, this.machines.values(), machine, call, subject)
      if (fault !== undefined) this.violations.push(`${this.clock.monotonicMs()} ms: ${fault}`)
    })
  }

  owner(name: string): VirtualOwner {
    const known = this.#owners.get(name)
    if (known) return known
    const owner = new VirtualOwner(didOf(name), this.repos, () => this.clock.wallMs())
    this.#owners.set(name, owner)
    return owner
  }

  /** Sets a machine up and links it with its owner; it does not run yet. */
  addMachine(name: string, options: MachineOptions): VirtualMachine {
    const members = options.members ?? [...this.#owners.keys()]
    const owner = this.owner(options.owner)
    const did = didOf(name)
    owner.link(did)
    const machine = new VirtualMachine({
      name,
      config: {
        did,
        ownerDid: owner.did,
        clusters: new Map([['default', members.filter((m) => m !== options.owner).map(didOf)]]),
        offer: { ...OFFER, ...options.offer },
        labels: options.labels ?? {},
        liveness: options.liveness ?? this.#options.liveness ?? 'normal',
        softwareVersion: '0.0.0',
        ...(options.isBehindNat ? {} : { endpoint: `https://${name}.example` }),
      },
      clock: this.clock,
      random: new SeededRandom(this.#options.seed ?? 1, name),
      feedRandom: new SeededRandom(this.#options.seed ?? 1, `the feed of ${name}`),
      repos: this.repos,
      network: this.network,
      registry: (reference, auth) => this.#registry(reference, auth?.username),
      program: ({ labels, image: reference }) =>
        this.programsByMachine.get(name) ??
        this.programsByImage.get(reference) ??
        this.programs.get(parseWorkloadUri(workloadOf(labels))?.name ?? '') ??
        {},
      onEngineCall: (from, call, subject) => this.trace.engineCall(from, call, subject),
      ...(this.#options.log && { log: this.#options.log }),
      ...(this.#openFeed && { openFeed: this.#openFeed }),
      ...(this.#options.doubtsPeace && {
        onBrokenPeace: (uri: string, how: string) => this.#noteBrokenPeace(name, uri, how),
      }),
    })
    this.machines.set(name, machine)
    this.#machinesByDid.set(did, machine)
    return machine
  }

  #noteBrokenPeace(name: string, uri: string, how: string): void {
    if (this.hostile.has(name)) return
    const when = `${this.clock.monotonicMs()} ms`
    this.violations.push(`broken peace: ${when}: ${name} would not have looked at ${uri}: ${how}`)
  }

  machine(name: string): VirtualMachine {
    const machine = this.machines.get(name)
    if (!machine) throw new Error(`there is no machine ${name}`)
    return machine
  }

  machineOf(did: Did): VirtualMachine | undefined {
    return this.#machinesByDid.get(did)
  }

  /** Starts every machine and waits until all is quiet. */
  async start(): Promise<this> {
    for (const machine of this.machines.values()) if (!machine.running) machine.start()
    await this.settle()
    return this
  }

  /** Neither machine hears the other any more; with `records`, nor reads its repo or its owner's. */
  cut(a: string, b: string, { records = false }: { readonly records?: boolean } = {}): void {
    const pairs = [
      [this.machine(a), this.machine(b)],
      [this.machine(b), this.machine(a)],
    ] as const
    for (const [from, to] of pairs) {
      this.network.cutCalls(from.did, to.did)
      if (!records) continue
      this.network.cutReads(from.did, to.did)
      this.network.cutReads(from.did, to.config.ownerDid)
    }
  }

  /** Nobody hears the machine and it hears nobody; with `records`, it reads and writes nothing. */
  isolate(name: string, { records = false }: { readonly records?: boolean } = {}): void {
    for (const other of this.machines.keys()) {
      if (other !== name) this.cut(name, other)
      if (records) this.network.cutReads(this.machine(name).did, this.machine(other).did)
    }
    if (records)
      for (const { did } of this.#owners.values())
        this.network.cutReads(this.machine(name).did, did)
  }

  heal(): void {
    this.network.heal()
  }

  /** What runs everywhere, sorted by machine, workload and name. */
  containers(workload?: string): readonly Running[] {
    return [...this.machines.values()].flatMap(({ name, engine }) =>
      engine.containers
        .map((container) => container.describe())
        .filter(({ state }) => state === 'running')
        .map((container) => ({
          machine: name,
          workload: parseWorkloadUri(workloadOf(container.labels))?.name ?? '',
          container,
        }))
        .filter((running) => workload === undefined || running.workload === workload),
    )
  }

  /** Names of the machines that run a replica, sorted, once for each replica. */
  placesOf(workload: string): readonly string[] {
    return this.containers(workload)
      .map(({ machine }) => machine)
      .toSorted()
  }

  /** Names of the workloads that run on a machine, sorted, once for each replica. */
  workloadsOn(machine: string): readonly string[] {
    return this.containers()
      .filter((running) => running.machine === machine)
      .map(({ workload }) => workload)
      .toSorted()
  }

  bid(machine: string, owner: string, workload: string): BidRecord | undefined {
    return this.#own(machine, COLLECTION.bid, recordKeyFor(this.uri(owner, workload)))
  }

  workloadStatus(machine: string, owner: string, workload: string) {
    const rkey = recordKeyFor(this.uri(owner, workload))
    return this.#own<WorkloadStatusRecord>(machine, COLLECTION.workloadStatus, rkey)
  }

  meshletStatus(machine: string): MeshletStatusRecord | undefined {
    return this.#own(machine, COLLECTION.meshletStatus, 'self')
  }

  workload(owner: string, name: string): WorkloadRecord | undefined {
    return this.repos.get<WorkloadRecord>(didOf(owner), COLLECTION.workload, name)?.value
  }

  uri(owner: string, workload: string) {
    return workloadUri(didOf(owner), workload)
  }

  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms)
  }

  until(what: string, condition: () => boolean, limitMs = 120_000): Promise<number> {
    return this.clock.until(what, condition, limitMs)
  }

  /** Waits until the replicas run on so many machines as stated, and returns how long it took. */
  untilRunning(workload: string, count: number, limitMs?: number): Promise<number> {
    const isThere = () => this.containers(workload).length === count
    return this.until(`${count} × ${workload}`, isThere, limitMs)
  }

  /** Waits until nothing has been written or done for a while. Fails when a rule was broken. */
  async settle(quietMs = QUIET_MS): Promise<void> {
    await this.#settle(quietMs)
    if (this.violations.length > 0) throw new Error(this.violations.join('\n'))
  }

  #registry(reference: string, user: string | undefined): EngineImage | CommuneError {
    const reader = this.privateImages.get(reference)
    if (reader !== undefined && reader !== user)
      return new CommuneError('image-denied', `pull access denied for ${reference}`)
    return this.badImages.get(reference) ?? { ...image(reference), ...this.images.get(reference) }
  }

  async #settle(quietMs: number): Promise<void> {
    const limitMs = this.clock.monotonicMs() + SETTLE_LIMIT_MS
    const from = this.trace.length
    for (;;) {
      const before = this.trace.length
      await this.clock.advance(quietMs)
      if (this.trace.length === before) return
      const isTooMuch = before - from > SETTLE_ENTRIES_MAX
      if (isTooMuch || this.clock.monotonicMs() > limitMs)
        throw new Error(
          `no rest ${isTooMuch ? `after ${before - from} entries` : 'after an hour'}; last: ${this.trace.lastLines(10).join('\n')}`,
        )
    }
  }

  #own<T>(
    machine: string,
    collection: (typeof COLLECTION)['bid' | 'workloadStatus' | 'meshletStatus'],
    rkey: string,
  ): T | undefined {
    return this.repos.get<T>(this.machine(machine).did, collection, rkey)?.value
  }
}

/** `did:plc:NAME`. */
export function didOf(name: string): Did {
  return `did:plc:${name}`
}

/** Three owners who all work together, with a machine each: `alice-1`, `bob-1`, `carol-1`. */
export function threeOwners(
  options: CommuneOptions & { readonly machine?: Partial<MachineOptions> } = {},
): VirtualCommune {
  const world = new VirtualCommune(options)
  const names = ['alice', 'bob', 'carol']
  for (const name of names) world.owner(name)
  for (const name of names) world.addMachine(`${name}-1`, { ...options.machine, owner: name })
  return world
}

function image(reference: string): EngineImage {
  const digest = reference.slice(reference.indexOf('@') + 1)
  return { id: digest, digest, sizeBytes: 1024 ** 2, architecture: 'amd64', os: 'linux' }
}
