import { CommuneError } from '../model/errors.ts'
import { LABEL } from '../model/nsid.ts'
import type { LogLine, WorkloadRecord } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Engine, EngineContainer, EngineLogLine } from '../ports/engine.ts'
import { replicaOf } from '../reconcile/plan-workload.ts'
import type { LastWords } from './last-words.ts'
import { LineChannel } from './line-channel.ts'

export interface LogParams {
  readonly workload: string
  /** Index on this machine; all of them when absent. */
  readonly replica?: number | undefined
  readonly tail?: number
  /** ISO 8601; nothing older. */
  readonly since?: string | undefined
}

export interface LogReadingOptions {
  readonly engine: Engine
  readonly clock: Clock
  readonly lastWords: LastWords
  /** All containers of ours that are there now. */
  readonly containers: () => readonly EngineContainer[]
}

/** Lines of one answer; the lexicon's limit is higher, an answer has to stay readable. */
const LINES_MAX = 10_000
const LINES = 100
/** How often it is looked whether another container of the workload is there. */
const LOOK_MS = 500

/** What containers of ours wrote. */
export class LogReading {
  readonly #options: LogReadingOptions

  constructor(options: LogReadingOptions) {
    this.#options = options
  }

  /** The last lines of a workload's replicas, also of those that failed and are gone, oldest first. */
  async read(params: LogParams, signal: AbortSignal): Promise<readonly LogLine[]> {
    const containers = this.#containersOf(params)
    const gone = this.#wordsOf(params)
    if (containers.length === 0 && gone.length === 0) throw nothingHere(params)
    const tail = Math.min(params.tail ?? LINES, LINES_MAX)
    const lines: LogLine[] = [...gone]
    for (const container of containers) {
      const read = this.#options.engine.logs(container.id, { tail, signal, ...sinceOf(params) })
      for await (const line of read) lines.push(toLine(replicaOf(container), line))
    }
    return lines.toSorted((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1)).slice(-tail)
  }

  /**
   * The last lines, and then each line as it is written, also of containers that are made meanwhile,
   * until the signal is aborted. Whoever does not take the lines holds up the reading of more. Fails
   * with `not-found` when nothing of the workload is here at first.
   */
  async *follow(params: LogParams, signal: AbortSignal): AsyncGenerator<LogLine> {
    if (this.#containersOf(params).length === 0) throw nothingHere(params)
    const { clock, engine } = this.#options
    const channel = new LineChannel<LogLine>(signal)
    const followed = new Set<string>()
    const open = (tail: Pick<LogParams, 'tail' | 'since'> | undefined) => {
      for (const container of this.#containersOf(params)) {
        const run = `${container.id}@${container.startedAtMs ?? 0}`
        if (followed.has(run) || container.state !== 'running') continue
        followed.add(run)
        const from = tail
          ? { tail: Math.min(tail.tail ?? LINES, LINES_MAX), ...sinceOf(tail) }
          : sinceMsOf(container.startedAtMs)
        const lines = engine.logs(container.id, { ...from, follow: true, signal })
        void channel.drain(lines, (line) => toLine(replicaOf(container), line), isGone)
      }
    }
    open(params)
    let cancel = () => {}
    const look = () => {
      open(undefined)
      cancel = clock.schedule(LOOK_MS, look)
    }
    cancel = clock.schedule(LOOK_MS, look)
    try {
      yield* channel
    } finally {
      cancel()
    }
  }

  #wordsOf({ workload, replica, since }: LogParams): readonly LogLine[] {
    const { sinceMs = 0 } = sinceOf(since === undefined ? {} : { since })
    return this.#options.lastWords
      .of(workload)
      .filter((words) => replica === undefined || words.replica === replica)
      .flatMap((words) => words.lines.map((line) => [words.replica, line] as const))
      .filter(([, { timeMs }]) => timeMs >= sinceMs)
      .map(([index, line]) => toLine(index, line))
  }

  #containersOf({ workload, replica }: LogParams): readonly EngineContainer[] {
    return this.#options
      .containers()
      .filter(({ labels }) => labels[LABEL.workload] === workload)
      .filter((container) => replica === undefined || replicaOf(container) === replica)
  }
}

/** A container may be removed at any moment. */
function isGone(error: unknown): boolean {
  return error instanceof CommuneError && error.code === 'not-found'
}

function nothingHere({ workload }: LogParams): CommuneError {
  return new CommuneError('not-found', `Nothing of ${workload} runs here.`)
}

function sinceOf({ since }: Pick<LogParams, 'since'>): { readonly sinceMs?: number } {
  return sinceMsOf(since === undefined ? undefined : Date.parse(since))
}

function sinceMsOf(sinceMs: number | undefined): { readonly sinceMs?: number } {
  return sinceMs === undefined ? {} : { sinceMs }
}

function toLine(replica: number, { stream, timeMs, line }: EngineLogLine): LogLine {
  const time = new Date(timeMs).toISOString() as WorkloadRecord['createdAt']
  return { replica, stream, time, line }
}
