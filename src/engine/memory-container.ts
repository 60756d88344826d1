import { LABEL } from '../model/nsid.ts'
import type { Clock } from '../ports/clock.ts'
import {
  PIDS_LIMIT,
  type ContainerCreate,
  type ContainerState,
  type EngineContainer,
  type EngineLogLine,
  type EngineStats,
  type ExecResult,
  type Probe,
  type ProbeResult,
} from '../ports/engine.ts'
import type { ListedContainer } from './seen-containers.ts'

/** What the program in a container does, as far as an engine sees it. All of it may be left out. */
export interface Program {
  /** Written `afterMs` after the start. */
  readonly output?: readonly {
    readonly stream: 'stdout' | 'stderr'
    readonly line: string
    readonly afterMs?: number
  }[]
  /** Without it the program runs until it is stopped. */
  readonly exit?: { readonly afterMs: number; readonly code: number; readonly oom?: boolean }
  /** The start itself fails with these words. */
  readonly startError?: string
  /** The stop signal does nothing. */
  readonly ignoresStop?: boolean
  /** The engine takes its limits and does not enforce them. */
  readonly hasNoLimits?: boolean
  /** Ports on which something listens, and the HTTP status that it answers. */
  readonly ports?: Readonly<Record<number, number>>
  /** Answers commands run inside; undefined hangs. */
  readonly exec?: (command: readonly string[]) => ExecResult | undefined
}

/** What every program uses. */
/** A tenth of a core. */
const PROGRAM_NANOS_PER_MS = 100_000
const PROGRAM_BYTES = 1024 * 1024
/** As cgroups say that there is no limit. */
const NO_LIMIT_BYTES = 2 ** 63
const EXIT_KILLED = 137
const EXIT_TERMINATED = 143
const LOG_LINES_MAX = 10_000

/** What a probe of a container finds that does not run, or is gone. */
export function notRunning(id: string): ProbeResult {
  return { ok: false, message: `Container ${id} is not running` }
}

/** A container in memory: a small state machine on the given clock. */
export class MemoryContainer {
  readonly id: string
  options: ContainerCreate
  readonly log: EngineLogLine[] = []
  state: ContainerState = 'created'
  readonly #program: Program
  readonly #clock: Clock
  readonly #createdAtMs: number
  readonly #onEvent: (action: string) => void
  #startedAtMs: number | undefined
  /** The same on the monotonic clock. */
  #runsSinceMs: number | undefined
  #finishedAtMs: number | undefined
  #exitCode: number | undefined
  #oomKilled = false
  #error: string | undefined
  #timers: (() => void)[] = []
  #waiting: (() => void)[] = []

  constructor(
    id: string,
    options: ContainerCreate,
    program: Program,
    clock: Clock,
    onEvent: (action: string) => void,
  ) {
    this.id = id
    this.options = options
    this.#program = program
    this.#clock = clock
    this.#onEvent = onEvent
    this.#createdAtMs = clock.wallMs()
  }

  get program(): Program {
    return this.#program
  }

  get running(): boolean {
    return this.state === 'running'
  }

  /** Whether a person means this one: by its name, or the beginning of its id. */
  isCalled(nameOrId: string): boolean {
    return this.options.name === nameOrId || this.id.startsWith(nameOrId)
  }

  /** What a probe from inside its network namespace finds. */
  answer(probe: Probe): ProbeResult {
    if (!this.running) return notRunning(this.id)
    const status = this.#program.ports?.[probe.port]
    if (status === undefined) return { ok: false, message: `nothing listens on port ${probe.port}` }
    if (probe.kind === 'tcp' || (status >= 200 && status < 400)) return { ok: true }
    return { ok: false, message: `GET ${probe.path} on port ${probe.port} answered ${status}` }
  }

  stats(): EngineStats {
    const { running } = this
    const { hasNoLimits = false } = this.#program
    const memoryLimitBytes = hasNoLimits ? NO_LIMIT_BYTES : this.options.memoryBytes
    return {
      memoryLimitBytes: running ? memoryLimitBytes : 0,
      memoryBytes: running ? PROGRAM_BYTES : 0,
      pidsLimit: running && !hasNoLimits ? PIDS_LIMIT : 0,
      pids: running ? 1 : 0,
      cpuNanos: running ? this.#runMs() * PROGRAM_NANOS_PER_MS : 0,
      receivedBytes: 0,
      sentBytes: 0,
    }
  }

  /** Whoever sleeps uses no processor. */
  #runMs(): number {
    return this.#clock.monotonicMs() - (this.#runsSinceMs ?? this.#clock.monotonicMs())
  }

  /** Undefined, or why it did not start. */
  start(): string | undefined {
    if (this.running) return undefined
    if (this.#program.startError !== undefined) {
      this.#error = this.#program.startError
      return this.#error
    }
    this.state = 'running'
    this.#startedAtMs = this.#clock.wallMs()
    this.#runsSinceMs = this.#clock.monotonicMs()
    this.#exitCode = undefined
    this.#oomKilled = false
    this.#error = undefined
    this.#onEvent('start')
    for (const { stream, line, afterMs = 0 } of this.#program.output ?? []) {
      if (afterMs === 0) this.#write(stream, line)
      else this.#later(afterMs, () => this.#write(stream, line))
    }
    const { exit } = this.#program
    if (exit) this.#later(exit.afterMs, () => this.end(exit.code, exit.oom ?? false))
    return undefined
  }

  stop(graceMs: number): Promise<void> {
    if (!this.running) return Promise.resolve()
    if (!this.#program.ignoresStop) {
      this.end(EXIT_TERMINATED)
      return Promise.resolve()
    }
    this.#later(graceMs, () => this.end(EXIT_KILLED))
    return this.untilChange()
  }

  kill(unixSignal: string): void {
    if (!this.running) return
    this.#onEvent('kill')
    if (/^(?:SIG)?KILL$/.test(unixSignal)) this.end(EXIT_KILLED)
    else if (!this.#program.ignoresStop) this.end(EXIT_TERMINATED)
  }

  /** The program is over. */
  end(exitCode: number, oom = false): void {
    if (!this.running) return
    for (const cancel of this.#timers) cancel()
    this.#timers = []
    this.state = 'exited'
    this.#exitCode = exitCode
    this.#oomKilled = oom
    this.#finishedAtMs = this.#clock.wallMs()
    if (oom) this.#onEvent('oom')
    this.#onEvent('die')
    this.#wake()
  }

  /** Somebody changes it by hand. */
  tamper(change: Partial<ContainerCreate>, state: ContainerState): void {
    this.options = { ...this.options, ...change }
    this.state = state
    this.#onEvent('update')
  }

  /** Resolves when a line was written or the container ended. */
  untilChange(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** As in a list of containers, which does not tell everything. */
  line(): ListedContainer {
    const { name, image } = this.options
    const line = [name, image, this.state, this.#createdAtMs, this.#exitCode].join(' ')
    return { id: this.id, line }
  }

  describe(): EngineContainer {
    return {
      id: this.id,
      name: this.options.name,
      labels: this.options.labels,
      state: this.state,
      image: this.options.image,
      createdAtMs: this.#createdAtMs,
      ...(this.#startedAtMs === undefined ? {} : { startedAtMs: this.#startedAtMs }),
      ...(this.#finishedAtMs === undefined ? {} : { finishedAtMs: this.#finishedAtMs }),
      ...(this.#exitCode === undefined ? {} : { exitCode: this.#exitCode }),
      oomKilled: this.#oomKilled,
      ...(this.#error === undefined ? {} : { error: this.#error }),
      memoryBytes: this.options.memoryBytes,
      nanoCpus: this.options.cpuMilli * 1_000_000,
      runtime: this.options.runtime ?? 'memory',
    }
  }

  get meshletDid(): string | undefined {
    return this.options.labels[LABEL.meshletDid]
  }

  #write(stream: 'stdout' | 'stderr', line: string): void {
    this.log.push({ stream, timeMs: this.#clock.wallMs(), line })
    if (this.log.length > LOG_LINES_MAX) this.log.shift()
    this.#wake()
  }

  #later(delayMs: number, act: () => void): void {
    this.#timers.push(this.#clock.schedule(delayMs, act))
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
