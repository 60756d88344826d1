import type { Endpoint, WorkloadRecord } from '../model/records.ts'
import type { EngineContainer } from '../ports/engine.ts'
import { replicaOf } from '../reconcile/plan-workload.ts'
import { containerOf } from '../reconcile/replica-status.ts'
import type { Forwards } from './forwards.ts'
import type { Probes } from './probes.ts'

export interface ExposureOptions {
  readonly forwards: Forwards
  /** Whether containers are ready. */
  readonly probes: Probes
  /** Whether they still do something. */
  readonly liveness: Probes
}

export interface ExposureCall {
  readonly uri: string
  /** What is to run; undefined when nothing is. */
  readonly workload: WorkloadRecord | undefined
  readonly containers: readonly EngineContainer[]
  /** Whether a container may take the place of an older one. */
  readonly isReady: (container: EngineContainer) => boolean
}

/** Ports and probes of what runs here. */
export class Exposure implements Disposable {
  readonly #options: ExposureOptions
  /** Container to which the ports of a replica lead, by workload. */
  readonly #serving = new Map<string, ReadonlyMap<number, string>>()

  constructor(options: ExposureOptions) {
    this.#options = options
  }

  /**
   * Watches the newest container of each replica, and lets its ports lead to the newest that is ready:
   * while one replaces another, callers stay with the old one until the new one has proved itself.
   */
  async apply({ uri, workload, containers, isReady }: ExposureCall): Promise<void> {
    const watched: EngineContainer[] = []
    const serving = new Map<number, string>()
    for (const [replica, own] of Map.groupBy(containers, replicaOf)) {
      const newest = containerOf(own, replica)
      if (newest?.state !== 'running') continue
      watched.push(newest)
      const ready = own.filter((container) => container.state === 'running' && isReady(container))
      serving.set(replica, (containerOf(ready, replica) ?? eldest(own) ?? newest).id)
    }
    const { probes, liveness, forwards } = this.#options
    probes.watch(uri, workload?.healthcheck, watched)
    liveness.watch(uri, workload?.liveness, watched)
    if (serving.size > 0) this.#serving.set(uri, serving)
    else this.#serving.delete(uri)
    await forwards.apply(uri, workload, serving)
  }

  /** Where the ports of a replica answer; nowhere while what is behind them is not ready. */
  endpoints(uri: string, replica: number): readonly Endpoint[] {
    const { probes, forwards } = this.#options
    const container = this.#serving.get(uri)?.get(replica)
    const health = container === undefined ? undefined : probes.healthOf(container)?.health
    return (health ?? 'healthy') === 'healthy' ? forwards.endpoints(uri, replica) : []
  }

  /** Whether every port that should lead to a container does. */
  isWhole(uri: string): boolean {
    return this.#options.forwards.isWhole(uri)
  }

  [Symbol.dispose](): void {
    this.#options.probes[Symbol.dispose]()
    this.#options.liveness[Symbol.dispose]()
  }

  /** Why a container that runs should be started again; undefined while it is well. */
  deadReason({ id, startedAtMs }: EngineContainer): string | undefined {
    const found = this.#options.liveness.healthOf(id, startedAtMs)
    if (found?.health !== 'unhealthy') return undefined
    return `it does not answer its liveness probe: ${found.message ?? 'no reason given'}`
  }
}

function eldest(containers: readonly EngineContainer[]): EngineContainer | undefined {
  return containers
    .filter(({ state }) => state === 'running')
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs)[0]
}
