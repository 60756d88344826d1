import type { WorkloadRecord } from '../model/records.ts'
import type { EngineContainer } from '../ports/engine.ts'
import { replicaOf } from '../reconcile/plan-workload.ts'
import { containerOf } from '../reconcile/replica-status.ts'
import type { Forwards } from './forwards.ts'
import type { Probes } from './probes.ts'

export interface ExposureOptions {
  readonly forwards: Forwards
  readonly probes: Probes
}

export interface ExposureCall {
  readonly uri: string
  /** What is to run; undefined when nothing is. */
  readonly workload: WorkloadRecord | undefined
  readonly containers: readonly EngineContainer[]
  /** Whether a container may take the place of an older one. */
  readonly isReady: (container: EngineContainer) => boolean
}

/** Ports and health checks of what runs here. */
export class Exposure {
  readonly #options: ExposureOptions

  constructor(options: ExposureOptions) {
    this.#options = options
  }

  /**
   * Watches the newest container of each replica, and lets its ports lead to the newest that is ready:
   * while one replaces another, callers stay with the old one until the new one has proved itself.
   */
  async apply({ uri, workload, containers, isReady }: ExposureCall): Promise<void> {
    const watched: string[] = []
    const serving = new Map<number, string>()
    for (const [replica, own] of Map.groupBy(containers, replicaOf)) {
      const newest = containerOf(own, replica)
      if (newest?.state !== 'running') continue
      watched.push(newest.id)
      const ready = own.filter((container) => container.state === 'running' && isReady(container))
      serving.set(replica, (containerOf(ready, replica) ?? eldest(own) ?? newest).id)
    }
    this.#options.probes.watch(uri, workload?.healthcheck, watched)
    await this.#options.forwards.apply(uri, workload, serving)
  }
}

function eldest(containers: readonly EngineContainer[]): EngineContainer | undefined {
  return containers
    .filter(({ state }) => state === 'running')
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs)[0]
}
