import PQueue from 'p-queue'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Did, WorkloadRecord } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Engine, EngineContainer, EngineLogLine } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { Action, Desired } from '../reconcile/actions.ts'
import { backoffMs, type Backoff } from '../reconcile/backoff.ts'
import { containerName } from '../reconcile/container-names.ts'
import { containerOptions } from '../reconcile/container-options.ts'
import { wantedReplicas } from '../reconcile/wanted-replicas.ts'
import type { Chronicle } from './chronicle.ts'
import type { ImageSupply } from './image-supply.ts'
import { looseLimitsMessage } from './limit-check.ts'
import { LimitWatch, type LooseContainer } from './limit-watch.ts'
import { LAST_LINES, type LastWords } from './last-words.ts'
import type { Turn } from './work-queue.ts'
import { StartError } from './start-error.ts'
import { replicaState, START_TRIES_MAX, type WorkloadMemory } from './workload-memory.ts'
import type { WorkloadNetworks } from './workload-networks.ts'

export interface RunnerOptions {
  readonly engine: Engine
  /** Public name servers for containers with a way to the internet. */
  readonly resolvers: readonly string[]
  readonly meshletDid: Did
  readonly clock: Clock
  readonly random: Random
  readonly chronicle: Chronicle
  readonly images: ImageSupply
  readonly networks: WorkloadNetworks
  /** A pull began or made progress: the status may have to say so. */
  readonly onProgress: (uri: string) => void
  /** Whether the lease of this epoch is held now. */
  readonly holdsLease: (uri: string, epoch: number) => boolean
  readonly lastWords: LastWords
  /** A container is about to be removed. */
  readonly onRemoving: (id: string) => void
}

export interface Job {
  readonly uri: string
  readonly ownerDid: Did
  readonly desired: Desired
  readonly memory: WorkloadMemory
  readonly signal: AbortSignal
  readonly log: Log
  /** As of a turn of the queue. */
  readonly aside: Turn['aside']
}

interface Prepared {
  readonly image: Promise<void>
  readonly network: Promise<void>
}

/** Calls to the engine at the same time; more only queue up inside it. */
const ENGINE_CALLS = 8
const START_RETRY: Backoff = { initialMs: 1_000, maxMs: 300_000 }
/** After such a pull the workload may be another one, or gone. */
const OUTDATED_MS = 5_000
/** Nobody's machine is kept busy by a program that ends at once. */
const RESTART_MS_MIN = 100
/** Compose and Kubernetes restart with growing delays up to five minutes. */
export const RESTART: Backoff = { initialMs: 1_000, maxMs: 300_000 }

const ACTION_MESSAGES: Readonly<Record<Action['kind'], string>> = {
  create: 'create and start a container',
  start: 'start a container',
  remove: 'remove a container',
  'remove-network': 'remove a network',
}

/** Carries plans out on the engine, and remembers what failed. */
export class Runner {
  readonly #options: RunnerOptions
  readonly #calls = new PQueue({ concurrency: ENGINE_CALLS })
  readonly #limits: LimitWatch

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#limits = new LimitWatch(options)
  }

  /**
   * Does all actions: those of one container in order, those of different replicas side by side.
   * Rejects with the first failure after all of them have ended.
   */
  async apply(job: Job, actions: readonly Action[]): Promise<void> {
    const removals = actions.filter((action) => action.kind === 'remove')
    const starts = actions.filter((action) => action.kind === 'create' || action.kind === 'start')
    const networks = actions.filter((action) => action.kind === 'remove-network')
    await Promise.all(removals.map((action) => this.#remove(job, action)))
    if (starts.length > 0) await this.#bringAllUp(job, starts)
    for (const action of networks) await this.#removeNetwork(job, action)
  }

  async #bringAllUp(
    job: Job,
    starts: readonly (Action & { kind: 'create' | 'start' })[],
  ): Promise<void> {
    const before = this.#prepare(job, starts)
    try {
      const results = await Promise.allSettled(
        starts.map((action) => this.#bringUp(job, action, before)),
      )
      await Promise.allSettled([before.network])
      const failure = results.find((result) => result.status === 'rejected')
      if (failure) throw failure.reason
      if (job.memory.startFailures?.stoppedId === undefined) job.memory.startFailures = undefined
    } catch (error) {
      this.#noteFailure(job, error)
      throw error
    }
  }

  async #remove(job: Job, action: Action & { kind: 'remove' }): Promise<void> {
    this.#say(job, action)
    const { engine, onRemoving } = this.#options
    await this.#calls.add(async () => {
      if (action.graceMs > 0) await engine.stopContainer(action.id, action.graceMs, job.signal)
      await this.#keepLastWords(job, action)
      onRemoving(action.id)
      await engine.removeContainer(action.id, job.signal)
    })
  }

  /** Of what failed, before the engine forgets it; that it can't be read keeps nobody from removing it. */
  async #keepLastWords({ uri, memory, signal }: Job, { id, replica }: Action & { kind: 'remove' }) {
    const hasExited = [...memory.replicas.values()].some(({ lastExit }) => lastExit !== undefined)
    if (!hasExited && !memory.rollout?.hasFailed) return
    const { engine, lastWords } = this.#options
    try {
      const lines: EngineLogLine[] = []
      for await (const line of engine.logs(id, { tail: LAST_LINES, signal })) lines.push(line)
      lastWords.keep(uri, { replica, lines })
    } catch {
      // It is gone, or the engine is; the removal says so.
    }
  }

  async #removeNetwork(job: Job, action: Action & { kind: 'remove-network' }): Promise<void> {
    this.#say(job, action)
    await this.#calls.add(() => this.#options.networks.remove(action.name, job.signal))
  }

  /** A container is created from the image, and may be before its network is there; it starts in it. */
  #prepare(job: Job, starts: readonly Action[]): Prepared {
    const { desired } = job
    if (desired.kind !== 'run') return { image: Promise.resolve(), network: Promise.resolve() }
    const isNew = starts.some((action) => action.kind === 'create')
    const image = isNew ? this.#ensureImage(job, desired.workload) : Promise.resolve()
    const network = this.#options.networks
      .ensure(job, desired.workload, desired)
      .catch((error: unknown) => Promise.reject(new StartError('create-failed', error)))
    // Whoever needs them says so; nobody may be left who does.
    for (const each of [image, network]) each.catch(() => undefined)
    return { image, network }
  }

  async #ensureImage(job: Job, { image }: WorkloadRecord): Promise<void> {
    const { images, clock } = this.#options
    const { log, uri, signal, ownerDid } = job
    const fields = { image, reason: 'it is not here yet' }
    let startedMs: number | undefined
    const onPull = () => {
      job.memory.pulling = true
      this.#options.onProgress(uri)
      startedMs = clock.monotonicMs()
      log.info('pulling image', fields)
    }
    try {
      await job.aside(() => images.ensure({ image, uri, forOwner: ownerDid, signal, log, onPull }))
    } catch (error) {
      throw new StartError('pull-failed', error)
    } finally {
      job.memory.pulling = false
    }
    if (startedMs === undefined) return
    const ms = Math.round(clock.monotonicMs() - startedMs)
    log.info('pulled image', { ...fields, ms })
    if (ms < OUTDATED_MS) return
    throw new CommuneError('unavailable', 'its image took long; what is wanted is looked at again')
  }

  async #bringUp(
    job: Job,
    action: Action & { kind: 'create' | 'start' },
    before: Prepared,
  ): Promise<void> {
    if (action.kind === 'create') await before.image
    this.#say(job, action)
    const id = action.kind === 'create' ? await this.#createIn(job, action, before) : action.id
    await before.network
    const state = replicaState(job.memory, action.replica)
    this.#requireLease(job)
    let sinceMs = this.#options.clock.monotonicMs()
    try {
      if (action.kind === 'start' && action.graceMs !== undefined)
        await this.#endRunning(job, action, action.graceMs)
      sinceMs = this.#options.clock.monotonicMs()
      await this.#calls.add(() => this.#options.engine.startContainer(id, job.signal))
    } catch (error) {
      state.lastError = messageOf(error)
      throw new StartError('start-failed', error)
    }
    this.#limits.started(job, { id, sinceMs, ...action }, (one) => this.#takeAway(job, one))
    if (action.kind === 'start' && !action.isAsked) this.#countRestart(job, action.replica)
  }

  /** Looks at the limits of what runs and was not started by this program. */
  lookAtAdopted(job: Job, containers: readonly EngineContainer[]): void {
    this.#limits.adopted(job, containers, (found) => this.#takeAway(job, found))
  }

  /** What runs without its limits has failed to start as far as others can tell. */
  async #takeAway(job: Job, { id, replica, loose }: LooseContainer): Promise<void> {
    const message = looseLimitsMessage(loose)
    job.log.error('a container has no limits and is taken away', { container: id, loose })
    this.#options.onRemoving(id)
    await this.#options.engine.removeContainer(id, job.signal)
    this.#noteFailure(job, new StartError('start-failed', new Error(message)), id)
    replicaState(job.memory, replica).lastError = message
    this.#options.onProgress(job.uri)
  }

  /** It runs, and does nothing any more, or is to begin anew. */
  async #endRunning(
    job: Job,
    { id, replica, isAsked, reason }: Action & { kind: 'start' },
    graceMs: number,
  ): Promise<void> {
    const state = replicaState(job.memory, replica)
    state.runningSinceMs = undefined
    if (!isAsked) state.lastHang = reason
    await this.#calls.add(() => this.#options.engine.stopContainer(id, graceMs, job.signal))
  }

  /** Nothing is left of it when it can't have its network. */
  async #createIn(job: Job, { replica }: Action & { kind: 'create' }, before: Prepared) {
    const id = await this.#create(job, replica)
    try {
      await before.network
      return id
    } catch (error) {
      const { engine } = this.#options
      await this.#calls.add(() => engine.removeContainer(id, job.signal)).catch(() => undefined)
      throw error
    }
  }

  async #create(job: Job, replica: number): Promise<string> {
    const { desired } = job
    if (desired.kind !== 'run') throw new CommuneError('internal', 'create without a workload')
    const identity = this.#identity(job, replica)
    const { resolvers } = this.#options
    const options = containerOptions(desired.workload, identity, { ...desired, resolvers })
    try {
      return await this.#calls.add(() => this.#options.engine.createContainer(options, job.signal))
    } catch (error) {
      replicaState(job.memory, replica).lastError = messageOf(error)
      throw new StartError('create-failed', error)
    }
  }

  /** Pulling and making may have taken longer than the lease lasted. */
  #requireLease({ uri, desired }: Job): void {
    const epoch = desired.kind === 'run' ? desired.lease?.epoch : undefined
    if (epoch === undefined || this.#options.holdsLease(uri, epoch)) return
    throw new CommuneError('unavailable', `the lease of epoch ${epoch} ran out meanwhile`)
  }

  #countRestart(job: Job, replica: number): void {
    const state = replicaState(job.memory, replica)
    if (state.recentRestarts === 0) state.crashingSinceMs = this.#options.clock.monotonicMs()
    state.restarts++
    state.recentRestarts++
    const backoff = job.desired.kind === 'run' ? job.desired.workload.restart : undefined
    const delays = {
      initialMs: Math.max(RESTART_MS_MIN, backoff?.backoffInitialMs ?? RESTART.initialMs),
      maxMs: Math.max(RESTART_MS_MIN, backoff?.backoffMaxMs ?? RESTART.maxMs),
    }
    const waitMs = backoffMs(delays, state.recentRestarts, this.#options.random.next())
    state.notBeforeMs = this.#options.clock.monotonicMs() + waitMs
  }

  /** What was stopped for its failure (`stoppedId`) is given up at once: the same engine won't do better. */
  #noteFailure(job: Job, error: unknown, stoppedId?: string): void {
    if (job.signal.aborted || job.desired.kind !== 'run') return
    if (error instanceof CommuneError && error.code === 'unavailable') return
    const code = error instanceof StartError ? error.step : 'create-failed'
    const { specHash } = job.desired
    const before = job.memory.startFailures
    const nowMs = this.#options.clock.monotonicMs()
    const same = before?.specHash === specHash ? before : undefined
    const isGivenUp = stoppedId !== undefined
    const count = Math.max((same?.count ?? 0) + 1, isGivenUp ? START_TRIES_MAX : 1)
    job.memory.startFailures = {
      specHash,
      count,
      firstAtMs: same?.firstAtMs ?? nowMs,
      code,
      message: messageOf(error),
      ...(isGivenUp ? { stoppedId } : {}),
    }
    this.#options.chronicle.note('failed', {
      workload: job.uri,
      reason: `${code}, try ${count}: ${messageOf(error)}`,
      evidence: [{ uri: job.uri, cid: job.desired.revision }],
    })
    const waitMs = isGivenUp
      ? START_RETRY.maxMs
      : backoffMs(START_RETRY, count, this.#options.random.next())
    for (const replica of wantedReplicas(job.desired))
      replicaState(job.memory, replica).notBeforeMs = nowMs + waitMs
  }

  #identity(job: Job, replica: number) {
    const run = job.desired.kind === 'run' ? job.desired : undefined
    const specHash = run?.specHash ?? ''
    return {
      meshletDid: this.#options.meshletDid,
      ownerDid: job.ownerDid,
      uri: job.uri,
      revision: run?.revision ?? '',
      specHash,
      replica,
      name: containerName(this.#options.meshletDid, job.uri, replica, specHash),
      leaseEpoch: run?.lease?.epoch,
    }
  }

  #say({ uri, desired, log }: Job, action: Action): void {
    const { kind, name, reason } = action
    log.info(ACTION_MESSAGES[kind], { name, reason })
    const revision = desired.kind === 'run' ? desired.revision : undefined
    this.#options.chronicle.note(kind, {
      workload: uri,
      reason: `${name}: ${reason}`,
      evidence: revision === undefined ? [] : [{ uri, cid: revision }],
    })
  }
}
