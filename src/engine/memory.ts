import { memoryForward } from './memory-forward.ts'
import { memoryExec, memoryInteract } from './memory-interact.ts'
import { CommuneError } from '../model/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  ContainerCreate,
  ContainerState,
  Engine,
  EngineEvent,
  EngineLogLine,
  EngineNetwork,
  ExecResult,
  InteractOptions,
  InteractOutput,
  ForwardOptions,
  LogOptions,
  NetworkCreate,
  Probe,
  ProbeResult,
  PullOptions,
  WallReport,
  WallTrial,
} from '../ports/engine.ts'
import type { WallState } from '../ports/walls.ts'
import { gone } from './engine-error.ts'
import { NO_FIREWALL } from './require-walls.ts'
import { createOptions } from './hardening.ts'
import { imageMissing } from './images.ts'
import { MemoryContainer, notRunning, type Program } from './memory-container.ts'
import { MemoryImages, type MemoryRegistry } from './memory-images.ts'
import { ensureNetwork, networksOf } from './memory-networks.ts'
import { MemoryEvents } from './memory-events.ts'
import { SeenContainers } from './seen-containers.ts'
import { withFault, type EngineCall, type FaultScript } from './memory-faults.ts'

export interface MemoryEngineOptions {
  readonly clock: Clock
  /** What the program of a container does; runs for ever and listens nowhere when left out. */
  readonly program?: (container: ContainerCreate) => Program
  /** Every reference is there when left out. */
  readonly registry?: MemoryRegistry
  readonly cpus?: number
  readonly memoryBytes?: number
  /** All of the disk that images are kept on. */
  readonly diskBytes?: number
}

const DEFAULT_CPUS = 4
const DEFAULT_MEMORY_BYTES = 8 * 1024 ** 3

/**
 * An engine that only remembers, on the given clock: for the simulator and the tests. It keeps the
 * same contract as the Docker driver, held to it by the same suite, and fails when it is told to.
 */
export class MemoryEngine implements Engine {
  readonly #options: MemoryEngineOptions
  readonly #images: MemoryImages
  /** Public for assertions. */
  readonly networks = new Map<string, EngineNetwork>()
  /** What it says of itself beyond the usual. */
  about: Partial<Awaited<ReturnType<Engine['info']>>> = {}
  /** Whether the rules stand around networks with a way to the internet. */
  firewallState: WallState = NO_FIREWALL
  /** What a trial finds, by the kind of network. */
  readonly walls: Record<WallTrial['egress'], WallReport> = {
    none: { kind: 'standing', tried: 1 },
    internet: { kind: 'unproven', why: 'egress: internet needs a firewall' },
  }
  readonly #containers = new Map<string, MemoryContainer>()
  /** Public for faults. */
  readonly happenings = new MemoryEvents()
  readonly #seen: SeenContainers
  readonly #ports = new Set<number>()
  #faults: FaultScript = () => undefined
  #created = 0

  constructor(options: MemoryEngineOptions) {
    this.#options = options
    this.#images = new MemoryImages(options.registry)
    this.#seen = new SeenContainers(() => options.clock.monotonicMs())
  }

  /** From now on calls fail as the script says. */
  script(faults: FaultScript): void {
    this.#faults = faults
  }

  /** All that is there, by name; for assertions, without faults. */
  get containers(): readonly MemoryContainer[] {
    return [...this.#containers.values()].toSorted((a, b) =>
      a.options.name < b.options.name ? -1 : 1,
    )
  }

  /** The machine loses power: every container ends at once, nothing is removed. */
  powerCut(): void {
    for (const container of this.#containers.values()) container.end(137)
  }

  /** The engine's data are gone: containers, networks and images, without a word. */
  wipe(): void {
    for (const container of this.#containers.values()) container.end(137)
    this.#containers.clear()
    this.networks.clear()
    this.#images.clear()
  }

  /** Somebody changes a container behind our back: its limits, its name, or its state. */
  tamper(id: string, change: Partial<ContainerCreate>, state?: ContainerState): void {
    const container = this.#find(id)
    container.tamper(change, state ?? container.state)
  }

  info(signal?: AbortSignal) {
    return this.#call('info', '', signal, () => ({
      name: 'memory',
      version: '1',
      apiVersion: '1',
      os: 'linux',
      architecture: 'amd64',
      cpus: this.#options.cpus ?? DEFAULT_CPUS,
      memoryBytes: this.#options.memoryBytes ?? DEFAULT_MEMORY_BYTES,
      runtimes: ['memory'],
      hasInit: true,
      ...this.about,
    }))
  }

  listContainers(meshletDid: string, signal?: AbortSignal) {
    return this.#call('listContainers', meshletDid, signal, () => {
      const listed = this.containers.filter((container) => container.meshletDid === meshletDid)
      return this.#seen.describe(
        meshletDid,
        () => Promise.resolve(listed.map((container) => container.line())),
        (id) => Promise.resolve(this.#containers.get(id)?.describe()),
      )
    })
  }

  findContainer(nameOrId: string, signal?: AbortSignal) {
    const find = () => this.containers.find((one) => one.isCalled(nameOrId))?.describe()
    return this.#call('findContainer', nameOrId, signal, find)
  }

  inspectImage(reference: string, signal?: AbortSignal) {
    return this.#call('inspectImage', reference, signal, () => this.#images.get(reference))
  }

  pullImage(reference: string, options: PullOptions = {}) {
    return this.#call('pullImage', reference, options.signal, () =>
      this.#images.pull(reference, options),
    )
  }

  diskSpace(signal?: AbortSignal) {
    return this.#call('diskSpace', '', signal, () => this.#images.disk(this.#options.diskBytes))
  }

  removeImage(reference: string, signal?: AbortSignal) {
    return this.#call('removeImage', reference, signal, () => {
      if (this.containers.some((container) => container.options.image === reference)) {
        throw new CommuneError('engine', `The image ${reference} is in use`)
      }
      this.#images.delete(reference)
    })
  }

  ensureNetwork(network: NetworkCreate, signal?: AbortSignal) {
    return this.#call('ensureNetwork', network.name, signal, () =>
      ensureNetwork(this.networks, network, this.firewallState),
    )
  }

  listNetworks(meshletDid: string, signal?: AbortSignal) {
    return this.#call('listNetworks', meshletDid, signal, () =>
      networksOf(this.networks, meshletDid),
    )
  }

  removeNetwork(name: string, signal?: AbortSignal) {
    return this.#call('removeNetwork', name, signal, () => {
      if (
        this.containers.some((container) => container.running && container.options.network === name)
      ) {
        throw new CommuneError('engine', `Network ${name} has active endpoints`)
      }
      this.networks.delete(name)
    })
  }

  createContainer(container: ContainerCreate, signal?: AbortSignal) {
    return this.#call('createContainer', container.name, signal, () => {
      if (!this.#images.get(container.image)) throw imageMissing(container.image)
      // The same input is refused as by the real driver.
      createOptions(
        container,
        { env: [], labels: [], volumes: [] },
        { hasInit: true, isPodman: false },
      )
      if (this.containers.some((other) => other.options.name === container.name)) {
        throw new CommuneError('name-taken', `A container named ${container.name} exists already`)
      }
      this.#created += 1
      const id = this.#created.toString(16).padStart(64, '0')
      const program = this.#options.program?.(container) ?? {}
      const made = new MemoryContainer(id, container, program, this.#options.clock, (action) =>
        this.#tell(id, action, container.labels),
      )
      this.#containers.set(id, made)
      this.#tell(id, 'create', container.labels)
      return id
    })
  }

  startContainer(id: string, signal?: AbortSignal) {
    return this.#change('startContainer', id, signal, () => {
      const container = this.#find(id)
      if (!this.networks.has(container.options.network)) {
        throw new CommuneError('engine', `The network ${container.options.network} does not exist`)
      }
      const problem = container.start()
      if (problem !== undefined)
        throw new CommuneError('engine', `The engine failed at starting: ${problem}`)
    })
  }

  stopContainer(id: string, graceMs: number, signal?: AbortSignal) {
    const stop = () => this.#containers.get(id)?.stop(graceMs)
    return this.#change('stopContainer', id, signal, stop)
  }

  killContainer(id: string, unixSignal = 'SIGKILL', signal?: AbortSignal) {
    const kill = () => this.#containers.get(id)?.kill(unixSignal)
    return this.#change('killContainer', id, signal, kill)
  }

  removeContainer(id: string, signal?: AbortSignal) {
    return this.#change('removeContainer', id, signal, () => {
      const container = this.#containers.get(id)
      if (container === undefined) return
      container.end(137)
      this.#containers.delete(id)
      this.#tell(id, 'destroy', container.options.labels)
    })
  }

  async *logs(id: string, options: LogOptions): AsyncGenerator<EngineLogLine> {
    const { signal, follow = false, tail, sinceMs = 0 } = options
    if (signal?.aborted) return
    await this.#call('logs', id, signal, () => undefined)
    const container = this.#find(id)
    const ended = new Promise<void>((resolve) =>
      signal?.addEventListener('abort', () => resolve(), { once: true }),
    )
    const kept = container.log.filter((line) => line.timeMs >= sinceMs)
    yield* tail === undefined ? kept : kept.slice(Math.max(0, kept.length - tail))
    let next = container.log.length
    while (follow && !signal?.aborted) {
      while (next < container.log.length) {
        const line = container.log[next]
        next += 1
        if (line) yield line
      }
      if (!container.running) return
      await Promise.race([container.untilChange(), ended])
    }
  }

  stats(id: string, signal?: AbortSignal) {
    return this.#call('stats', id, signal, () => this.#find(id).stats())
  }

  exec(
    id: string,
    command: readonly string[],
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<ExecResult> {
    return this.#call('exec', id, options.signal, () =>
      memoryExec(this.#find(id), command, options, this.#options.clock),
    )
  }

  async *interact(id: string, options: InteractOptions): AsyncGenerator<InteractOutput> {
    await this.#call('interact', id, options.signal, () => undefined)
    yield* memoryInteract(this.#find(id), options)
  }

  forward(options: ForwardOptions) {
    return this.#call('forward', options.containerId, undefined, () =>
      memoryForward(this.#ports, options, (id) => this.#requireRunning(id)),
    )
  }

  #requireRunning(id: string): void {
    if (this.#find(id).running) return
    throw new CommuneError('not-found', `Container ${id} is not running`, { retry: true })
  }

  probe(id: string, probe: Probe, _timeoutMs: number, signal?: AbortSignal): Promise<ProbeResult> {
    const answer = () => this.#containers.get(id)?.answer(probe) ?? notRunning(id)
    return this.#call('probe', id, signal, answer)
  }

  firewall(): Promise<WallState> {
    return Promise.resolve(this.firewallState)
  }

  tryWalls(trial: WallTrial, signal?: AbortSignal): Promise<WallReport> {
    return this.#call('tryWalls', trial.egress, signal, () => this.walls[trial.egress])
  }

  events(meshletDid: string, signal: AbortSignal): AsyncIterable<EngineEvent> {
    const begin = () => this.#call('events', meshletDid, signal, () => undefined)
    return this.happenings.of(meshletDid, { seen: this.#seen, begin, signal })
  }

  async close(): Promise<void> {
    this.#ports.clear()
  }

  #call<T>(
    call: EngineCall,
    subject: string,
    signal: AbortSignal | undefined,
    act: () => T | Promise<T>,
  ): Promise<T> {
    return withFault(this.#faults(call, subject), call, this.#options.clock, signal, act)
  }

  #change<T>(
    call: EngineCall,
    id: string,
    signal: AbortSignal | undefined,
    act: () => T | Promise<T>,
  ): Promise<T> {
    return this.#seen.whileChanging(id, () => this.#call(call, id, signal, act))
  }

  #find(id: string): MemoryContainer {
    const container = this.#containers.get(id)
    if (container === undefined) throw gone(id)
    return container
  }

  #tell(containerId: string, action: string, labels: Readonly<Record<string, string>>): void {
    this.happenings.tell({ containerId, action, labels })
  }
}
