import { requestOf } from '../model/request.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Desired } from '../reconcile/actions.ts'
import { replicaOf } from '../reconcile/plan-workload.ts'
import { findLooseLimits, type LimitCheckOptions, type StartedContainer } from './limit-check.ts'
import type { WorkloadMemory } from './workload-memory.ts'

/** A container that runs without limits that it was given. */
export interface LooseContainer {
  readonly id: string
  readonly replica: number
  /** The limits, in words. */
  readonly loose: string
}

interface Turn {
  readonly desired: Desired
  readonly memory: WorkloadMemory
  readonly signal: AbortSignal
}

interface Start {
  readonly id: string
  readonly replica: number
  /** When it began, on the monotonic clock. */
  readonly sinceMs: number
}

type OnLoose = (found: LooseContainer) => Promise<void>

/** Looks once at the limits of every container that runs here, whoever started it. Nobody waits for it. */
export class LimitWatch {
  readonly #options: LimitCheckOptions

  constructor(options: LimitCheckOptions) {
    this.#options = options
  }

  /** It was started just now. */
  started(turn: Turn, { id, replica, sinceMs }: Start, onLoose: OnLoose): void {
    if (turn.desired.kind !== 'run') return
    const { memoryBytes, cpuMilli } = requestOf(turn.desired.workload)
    this.#look(turn, replica, { id, memoryBytes, cpu: { milli: cpuMilli, sinceMs } }, onLoose)
  }

  /** What runs already: whoever started it may not have come to look. */
  adopted(turn: Turn, containers: readonly EngineContainer[], onLoose: OnLoose): void {
    const { limitsLookedAt } = turn.memory
    if (turn.desired.kind !== 'run') return
    for (const id of limitsLookedAt)
      if (!containers.some((container) => container.id === id)) limitsLookedAt.delete(id)
    for (const container of containers) {
      const { id, memoryBytes, state } = container
      if (state === 'running' && !limitsLookedAt.has(id))
        this.#look(turn, replicaOf(container), { id, memoryBytes }, onLoose)
    }
  }

  #look(turn: Turn, replica: number, started: StartedContainer, onLoose: OnLoose): void {
    const { id } = started
    turn.memory.limitsLookedAt.add(id)
    void findLooseLimits(this.#options, started, turn.signal)
      .then((loose) => (loose === undefined ? undefined : onLoose({ id, replica, loose })))
      .catch(() => undefined)
  }
}
