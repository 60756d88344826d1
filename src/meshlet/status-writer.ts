import { COLLECTION, LABEL } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { WorkloadStatusRecord } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Desired } from '../reconcile/actions.ts'
import { sooner } from '../reconcile/outcome.ts'
import { wantsRestart } from '../reconcile/plan-workload.ts'
import { isReplacing, type ReplicaNotes } from '../reconcile/replica-status.ts'
import type { Exposure } from './exposure.ts'
import type { Placement } from './observe.ts'
import type { OwnRecords } from './own-records.ts'
import type { Probes } from './probes.ts'
import { isPassing, statusRecord } from './report.ts'
import type { ObservedRollout } from './rollouts.ts'
import type { Settings } from './settings.ts'
import {
  START_TRIES_MAX,
  replicaState,
  steadyInMs,
  type WorkloadMemory,
} from './workload-memory.ts'

export interface StatusWriterOptions {
  readonly own: OwnRecords
  readonly probes: Probes
  readonly exposure: Exposure
  readonly settings: Settings
  readonly clock: Clock
}

export interface StatusInput {
  readonly uri: string
  readonly desired: Desired
  readonly placement?: Placement
  readonly rollout?: ObservedRollout
  readonly memory: WorkloadMemory
  readonly containers: readonly EngineContainer[]
}

/** A passing phase is written only when it has lasted this long. */
const PASSING_MS = 2_000

/** The one place where `workloadStatus` is written. */
export class StatusWriter {
  readonly #options: StatusWriterOptions

  constructor(options: StatusWriterOptions) {
    this.#options = options
  }

  /** Writes the status if it has to change; says when to look again if that can wait. */
  write(input: StatusInput): number | undefined {
    const { own, clock } = this.#options
    const { memory } = input
    const rkey = recordKeyFor(input.uri)
    if (input.desired.kind === 'keep') return undefined
    const status = this.#record(input, own.wanted(COLLECTION.workloadStatus, rkey))
    if (!status) {
      own.delete(COLLECTION.workloadStatus, rkey, 'soon')
      memory.statusBehindSinceMs = undefined
      return undefined
    }
    if (!isPassing(status)) {
      memory.statusBehindSinceMs = undefined
      own.put(COLLECTION.workloadStatus, rkey, status, 'prompt')
      return steadyAgainMs(memory, clock.monotonicMs())
    }
    const now = clock.monotonicMs()
    memory.statusBehindSinceMs ??= now
    const waitMs = memory.statusBehindSinceMs + PASSING_MS - now
    if (waitMs > 0) return waitMs
    own.put(COLLECTION.workloadStatus, rkey, status, 'soon')
    return undefined
  }

  #record(
    input: StatusInput,
    before: WorkloadStatusRecord | undefined,
  ): WorkloadStatusRecord | undefined {
    const { uri, desired, placement, rollout, containers } = input
    const { settings, clock } = this.#options
    return statusRecord({
      uri,
      desired,
      containers,
      notesOf: (replica, container) => this.#notes(input, replica, container),
      revision: placement?.record.cid,
      specHash: placement?.specHash,
      placementKey: placement?.placementKey,
      failed: rollout?.failed,
      proven: this.#proven(input) ?? before?.proven,
      paused: settings.isPaused(uri),
      before,
      nowIso: new Date(clock.wallMs()).toISOString(),
    })
  }

  /** Worth saying only of a spec that has another to go back to. */
  #proven({ placement, rollout }: StatusInput): string | undefined {
    return placement?.record.value.previous ? rollout?.proven : undefined
  }

  #notes(
    input: StatusInput,
    replica: number,
    container: EngineContainer | undefined,
  ): ReplicaNotes {
    const { probes, exposure, clock } = this.#options
    const { memory, desired, uri, containers } = input
    const state = replicaState(memory, replica)
    const failure = memory.startFailures
    const isFailing =
      failure !== undefined && desired.kind === 'run' && failure.specHash === desired.specHash
    const probe = container && probes.healthOf(container.id)
    const specHash = container?.labels[LABEL.spec]
    const isCurrent = desired.kind !== 'run' || specHash === desired.specHash
    const isOver =
      container !== undefined &&
      container.state === 'exited' &&
      desired.kind === 'run' &&
      isCurrent &&
      !wantsRestart(container, desired.workload)
    const isDead = container !== undefined && exposure.deadReason(container) !== undefined
    const lastError =
      (isFailing ? failure.message : undefined) ??
      state.lastError ??
      probe?.message ??
      state.lastHang
    return {
      restarts: state.restarts,
      recentRestarts: state.recentRestarts,
      health: probe?.health ?? 'none',
      endpoints: exposure.endpoints(uri, replica),
      isSteady: steadyInMs(state, clock.monotonicMs()) === 0 && !isDead,
      isOver,
      ...(state.lastExit === undefined ? {} : { lastExit: state.lastExit }),
      pulling: memory.pulling,
      isReplacing: isReplacing(containers, replica),
      failed:
        isFailing &&
        failure.count >= START_TRIES_MAX &&
        !(container?.state === 'running' && isCurrent),
      ...(lastError === undefined ? {} : { lastError }),
    }
  }
}

/** When time alone makes a replica that crashed before one that runs; undefined when there is none. */
function steadyAgainMs({ replicas }: WorkloadMemory, now: number): number | undefined {
  return [...replicas.values()]
    .map((state) => steadyInMs(state, now))
    .filter((waitMs) => waitMs !== undefined && waitMs > 0)
    .reduce(sooner, undefined)
}
