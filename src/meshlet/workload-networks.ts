import { egressOf } from '../model/egress.ts'
import { messageOf } from '../model/errors.ts'
import type { Did, WorkloadRecord } from '../model/records.ts'
import type { Engine, EngineNetwork } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'
import type { Plan } from '../reconcile/actions.ts'
import { networkName } from '../reconcile/container-names.ts'
import { labelsFor } from '../reconcile/container-options.ts'
import type { WorkloadMemory } from './workload-memory.ts'

export interface WorkloadNetworksOptions {
  readonly engine: Pick<Engine, 'ensureNetwork' | 'removeNetwork'>
  readonly meshletDid: Did
  /** One that was made ahead failed; it may be there all the same. */
  readonly onFailed: (uri: string) => void
}

export interface NetworkJob {
  readonly uri: string
  readonly ownerDid: Did
  readonly memory: Pick<WorkloadMemory, 'networkAheadUnder'>
  readonly signal: AbortSignal
  readonly log: Log
}

/** The revision that a network is made for. */
interface Revision {
  readonly revision: string
  readonly specHash: string
}

interface MadeAhead extends EngineNetwork {
  readonly uri: string
  /** Whether it could be made. */
  readonly done: Promise<boolean>
}

/** Networks made for what others may win yet; each is an address range less for everybody. */
const AHEAD_MAX = 8

/**
 * The networks of workloads. One takes the engine about a fifth as long as a start, so where this
 * machine will probably be chosen it is made while the bids are still on their way. Who was not chosen
 * removes it again: until it is used or removed it counts as one of those that the engine lists, and
 * after a restart it is one of those.
 */
export class WorkloadNetworks {
  readonly #options: WorkloadNetworksOptions
  /** By name; until a container is to start in it, or it is removed. */
  readonly #ahead = new Map<string, MadeAhead>()

  constructor(options: WorkloadNetworksOptions) {
    this.#options = options
  }

  /** Those of a workload: what the engine listed, and what was made since or is being made. */
  of(uri: string, listed: readonly EngineNetwork[]): readonly EngineNetwork[] {
    const names = new Set(listed.map(({ name }) => name))
    const more = [...this.#ahead.values()].filter((one) => one.uri === uri && !names.has(one.name))
    return more.length === 0 ? listed : [...listed, ...more]
  }

  /** Begins to make one, once for each opening of the bidding; nobody waits for it. */
  makeAhead(job: NetworkJob, ahead: NonNullable<Plan['networkAhead']>): void {
    const { uri, memory, log, signal } = job
    const { name, placementKey } = ahead
    if (memory.networkAheadUnder === placementKey || this.#ahead.size >= AHEAD_MAX) return
    memory.networkAheadUnder = placementKey
    log.debug('making a network ahead', { name, reason: 'it will probably run here' })
    const labels = this.#labels(job, ahead)
    const made = this.#options.engine.ensureNetwork({ name, labels, egress: 'none' }, signal)
    const done = made.then(
      () => true,
      (error: unknown) => {
        this.#ahead.delete(name)
        log.debug('could not make a network ahead', { name, error: messageOf(error) })
        if (!signal.aborted) this.#options.onFailed(uri)
        return false
      },
    )
    this.#ahead.set(name, { uri, name, labels, done })
  }

  /** Makes the network of a workload unless it is there. Rejects with the engine's error. */
  async ensure(job: NetworkJob, workload: WorkloadRecord, revision: Revision): Promise<void> {
    const { meshletDid, engine } = this.#options
    const egress = egressOf(workload)
    const name = networkName(meshletDid, job.uri, egress)
    if (await this.#take(name)) return
    await engine.ensureNetwork({ name, labels: this.#labels(job, revision), egress }, job.signal)
  }

  /** Also one that is still being made. */
  async remove(name: string, signal: AbortSignal): Promise<void> {
    await this.#take(name)
    await this.#options.engine.removeNetwork(name, signal)
  }

  /** Whether it was made ahead; from now on the engine's list alone tells of it. */
  async #take(name: string): Promise<boolean> {
    const ahead = this.#ahead.get(name)
    this.#ahead.delete(name)
    return (await ahead?.done) ?? false
  }

  #labels({ uri, ownerDid }: NetworkJob, { revision, specHash }: Revision) {
    const { meshletDid } = this.#options
    return labelsFor({ meshletDid, ownerDid, uri, revision, specHash, replica: 0, name: '' })
  }
}
