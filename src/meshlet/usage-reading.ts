import { LABEL } from '../model/nsid.ts'
import { parseWorkloadUri, workloadUri } from '../model/workload-uri.ts'
import { CommuneError } from '../model/errors.ts'
import { sleep, type Clock } from '../ports/clock.ts'
import type { Engine, EngineContainer, EngineStats } from '../ports/engine.ts'
import { replicaOf } from '../reconcile/plan-workload.ts'
import type { MeshletApi } from '../xrpc/api.ts'

type Usage = Awaited<ReturnType<MeshletApi['getUsage']>>
type ReplicaUsage = Usage['replicas'][number]

export interface UsageReadingOptions {
  readonly engine: Engine
  readonly clock: Clock
  /** All containers of ours that are there now. */
  readonly containers: () => readonly EngineContainer[]
}

/** A reading serves everybody who asks so soon after it. */
const FRESH_MS = 2_000
/** Over how long processor time is measured when nobody asked just before. */
const SPAN_MS = 1_000
/** An older reading says nothing about now. */
const SPAN_MS_MAX = 15_000
const AT_ONCE_MAX = 8
/** As many as the lexicon lets through. */
const REPLICAS_MAX = 4_096

interface Sample {
  readonly container: EngineContainer
  readonly stats: EngineStats
  /** On the monotonic clock. */
  readonly atMs: number
}

/** Samples by run of a container: one that was started again counts anew. */
interface Round {
  readonly atMs: number
  readonly wallMs: number
  readonly samples: ReadonlyMap<string, Sample>
}

interface Reading {
  readonly atMs: number
  readonly measuredAt: string
  readonly replicas: readonly ReplicaUsage[]
}

/** What containers of ours use. The engine is asked when somebody asks, and not more often than needed. */
export class UsageReading {
  readonly #options: UsageReadingOptions
  #round: Round | undefined
  #reading: Reading | undefined
  #underWay: Promise<Reading> | undefined

  constructor(options: UsageReadingOptions) {
    this.#options = options
  }

  /** Fails with `not-found` when a workload is named of which nothing is here, and as the engine does. */
  async read(workload: string | undefined, signal: AbortSignal): Promise<Usage> {
    const isHere = ({ labels }: EngineContainer) => labels[LABEL.workload] === workload
    if (workload !== undefined && !this.#options.containers().some(isHere))
      throw new CommuneError('not-found', `Nothing of ${workload} runs here.`)
    const { measuredAt, replicas } = await this.#latest()
    signal.throwIfAborted()
    return {
      measuredAt: measuredAt as Usage['measuredAt'],
      replicas: replicas.filter((one) => workload === undefined || one.workload === workload),
    }
  }

  /** Whoever asks meanwhile shares the answer, so that no caller's leaving ends it. */
  #latest(): Promise<Reading> {
    const { clock } = this.#options
    const last = this.#reading
    if (last !== undefined && clock.monotonicMs() - last.atMs < FRESH_MS)
      return Promise.resolve(last)
    this.#underWay ??= this.#measure().finally(() => (this.#underWay = undefined))
    return this.#underWay
  }

  async #measure(): Promise<Reading> {
    const { clock } = this.#options
    const known = this.#round
    const isRecent = known !== undefined && clock.monotonicMs() - known.atMs <= SPAN_MS_MAX
    const first = isRecent ? known : await this.#sample()
    if (!isRecent) await sleep(clock, SPAN_MS)
    const round = await this.#sample()
    this.#round = round
    this.#reading = {
      atMs: round.atMs,
      measuredAt: new Date(round.wallMs).toISOString(),
      replicas: [...round.samples]
        .flatMap(([run, sample]) => usageOf(sample, first.samples.get(run)) ?? [])
        .toSorted((a, b) =>
          a.workload < b.workload ? -1 : a.workload > b.workload ? 1 : a.index - b.index,
        )
        .slice(0, REPLICAS_MAX),
    }
    return this.#reading
  }

  async #sample(): Promise<Round> {
    const { clock, engine, containers } = this.#options
    const queue = containers().filter(({ state }) => state === 'running')
    const samples = new Map<string, Sample>()
    const work = async () => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        const stats = await engine.stats(next.id).catch(goneAsUndefined)
        const atMs = clock.monotonicMs()
        if (stats !== undefined) samples.set(runOf(next), { container: next, stats, atMs })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE_MAX }, work))
    return { atMs: clock.monotonicMs(), wallMs: clock.wallMs(), samples }
  }
}

function runOf({ id, startedAtMs = 0 }: EngineContainer): string {
  return `${id}@${startedAtMs}`
}

/** A container may end at any moment. */
function goneAsUndefined(error: unknown): undefined {
  if (error instanceof CommuneError && error.code === 'not-found') return undefined
  throw error
}

function usageOf(
  { container, stats, atMs }: Sample,
  before: Sample | undefined,
): ReplicaUsage | undefined {
  const parsed = parseWorkloadUri(container.labels[LABEL.workload] ?? '')
  // A container that ended just now is measured as empty.
  if (parsed === undefined || stats.pids === 0) return undefined
  const spanMs = before === undefined ? 0 : atMs - before.atMs
  const usedNanos = before === undefined ? 0 : stats.cpuNanos - before.stats.cpuNanos
  const cpuMilli =
    spanMs > 0 ? { cpuMilli: Math.max(0, Math.round(usedNanos / spanMs / 1000)) } : {}
  return {
    workload: workloadUri(parsed.owner, parsed.name),
    index: replicaOf(container),
    ...cpuMilli,
    ...limit('cpuMilliMax', Math.round(container.nanoCpus / 1_000_000)),
    memoryBytes: stats.memoryBytes,
    ...limit('memoryBytesMax', container.memoryBytes),
    pids: stats.pids,
    ...limit('pidsMax', stats.pidsLimit),
    receivedBytes: stats.receivedBytes,
    sentBytes: stats.sentBytes,
  }
}

/** Engines say 0, or the largest number there is, when nothing is limited. */
function limit(name: 'cpuMilliMax' | 'memoryBytesMax' | 'pidsMax', value: number) {
  return value > 0 && Number.isSafeInteger(value) ? { [name]: value } : {}
}
