import { LABEL } from '../model/nsid.ts'
import type { Did, ReplicaStatus, WorkloadRecord, WorkloadStatusRecord } from '../model/records.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Desired } from '../reconcile/actions.ts'
import { sooner } from '../reconcile/outcome.ts'
import { replicaOf, wantsRestart } from '../reconcile/plan-workload.ts'
import { containerOf, isCrashLooping } from '../reconcile/replica-status.ts'
import {
  DEADLINE_MS,
  HEALTHY_AFTER_MS,
  isHealthyOn,
  planRollout,
  previousOf,
  type Holder,
  type Rollout,
  type Target,
} from '../reconcile/rollout.ts'
import type { Placement } from './observe.ts'
import type { Health } from './probes.ts'
import type { WorkloadMemory } from './workload-memory.ts'

export interface RolloutCall {
  readonly self: Did
  readonly placement: Placement
  readonly memory: WorkloadMemory
  /** Those of the workload here. */
  readonly containers: readonly EngineContainer[]
  readonly statusOf: (meshlet: Did) => WorkloadStatusRecord | undefined
  /** Undefined for a container that nobody asks. */
  readonly healthOf: (containerId: string) => Health | undefined
  /** Whether such a workload may run here at all. */
  readonly isAllowed: (workload: WorkloadRecord) => boolean
  readonly now: number
}

/** What is remembered of one roll-out; a new spec begins another. */
export interface RolloutMemory {
  readonly specHash: string
  /** Since when something has been healthy: containers here by id and start, replicas elsewhere by a key. */
  readonly healthySinceMs: Map<string, number>
  /** Since when the same has been there at all. */
  readonly seenSinceMs: Map<string, number>
  /** Since when this meshlet has tried the newest spec. */
  triedSinceMs: number | undefined
  /** A replica was healthy on it for long enough, here or elsewhere. */
  isProven: boolean
  /** It failed, here or elsewhere. */
  hasFailed: boolean
  /** The last spec before it that proved itself. */
  readonly provenBefore: string | undefined
}

export interface ObservedRollout extends Rollout {
  /** The newest spec that proved itself, as far as this meshlet knows. */
  readonly proven: string | undefined
  /** Whether a container here has been healthy for long enough to take the place of another. */
  readonly isReady: (container: EngineContainer) => boolean
  /** When time alone changes something. */
  readonly againInMs: number | undefined
}

/** Looks at the roll-out of one workload, and remembers what only time tells. */
export function observeRollout(call: RolloutCall): ObservedRollout {
  const { self, placement, containers, now } = call
  const newest = { workload: placement.record.value, specHash: placement.specHash }
  const memory = memoryOf(call)
  const patience = new Patience(memory, {
    neededMs: newest.workload.update?.healthyAfterMs ?? HEALTHY_AFTER_MS,
    freshMs: deadlineMs(call),
    now,
  })
  const holders = holdersOf(call)
  for (const container of containers)
    patience.note(hereKey(container), isHealthyHere(call, container))
  for (const { meshletDid, status } of holders)
    for (const replica of status?.replicas ?? [])
      patience.note(keyOf(meshletDid, replica), isUp(replica))
  const isSettled = (holder: Did, replica: ReplicaStatus, specHash: string) =>
    isHealthyOn(replica, specHash) && patience.isOver(keyOf(holder, replica))
  const isReady = (container: EngineContainer) => patience.isOver(hereKey(container))
  const isSettledHere = (replica: number, specHash: string) =>
    containers.some(
      (container) =>
        replicaOf(container) === replica &&
        container.labels[LABEL.spec] === specHash &&
        isReady(container),
    )
  const isSomewhere = holders.some(
    ({ meshletDid, status }) =>
      status?.proven === newest.specHash ||
      status?.replicas?.some((replica) => isSettled(meshletDid, replica, newest.specHash)),
  )
  const newestHere = containers.filter(({ labels }) => labels[LABEL.spec] === newest.specHash)
  memory.isProven ||= isSomewhere || newestHere.some(isReady)
  const previous = lastGood(call, memory, previousOf(newest), holders)
  const rollout = planRollout({
    self,
    newest,
    previous: previous && call.isAllowed(previous.workload) ? previous : undefined,
    holders: holders.filter(({ meshletDid }) => !placement.down.has(meshletDid)),
    isAnyUnread: placement.unread.length > 0,
    isProven: memory.isProven,
    isHere: newestHere.length > 0,
    hasFailedHere: previous !== undefined && hasFailedHere(call, memory),
    isSettled,
    isSettledHere,
    isUnderWay: (holder, replica) => mayComeUp(replica) && patience.isFresh(keyOf(holder, replica)),
    isUnderWayHere: (replica) => isUnderWayHere(call, patience, replica),
  })
  memory.hasFailed = rollout.failed !== undefined
  const againInMs = sooner(patience.nextInMs(), deadlineInMs(call, memory))
  const proven = memory.isProven ? newest.specHash : memory.provenBefore
  return { ...rollout, proven, isReady, againInMs }
}

/** What is to run, made from the target of the roll-out. */
export function withTarget(desired: Desired, { target }: Rollout): Desired {
  if (desired.kind !== 'run') return desired
  return { ...desired, workload: target.workload, specHash: target.specHash }
}

/** The spec before, if somebody runs it or says that it proved itself; else there is no way back. */
function lastGood(
  { containers }: RolloutCall,
  { provenBefore }: RolloutMemory,
  previous: Target | undefined,
  holders: readonly Holder[],
): Target | undefined {
  if (!previous) return undefined
  const { specHash } = previous
  const isKnown =
    provenBefore === specHash ||
    containers.some(
      ({ labels, state }) => labels[LABEL.spec] === specHash && state === 'running',
    ) ||
    holders.some(
      ({ status }) =>
        status?.proven === specHash ||
        status?.replicas?.some((replica) => isHealthyOn(replica, specHash)),
    )
  return isKnown ? previous : undefined
}

interface PatienceTimes {
  /** How long a replica must be healthy to count, milliseconds. */
  readonly neededMs: number
  /** How long others wait for one that has begun, milliseconds. */
  readonly freshMs: number
  readonly now: number
}

/** Since when things are there and healthy, and whether that is long enough. */
class Patience {
  readonly #memory: RolloutMemory
  readonly #times: PatienceTimes
  readonly #seen = new Set<string>()
  readonly #healthy = new Set<string>()

  constructor(memory: RolloutMemory, times: PatienceTimes) {
    this.#memory = memory
    this.#times = times
  }

  note(key: string, isHealthy: boolean): void {
    const { healthySinceMs, seenSinceMs } = this.#memory
    this.#seen.add(key)
    if (!seenSinceMs.has(key)) seenSinceMs.set(key, this.#times.now)
    if (!isHealthy) return void healthySinceMs.delete(key)
    if (!healthySinceMs.has(key)) healthySinceMs.set(key, this.#times.now)
    this.#healthy.add(key)
  }

  isOver(key: string): boolean {
    return this.#waitMs(key) === 0
  }

  /** Begun so lately that it may only need more time. */
  isFresh(key: string): boolean {
    return !this.isOver(key) && this.#freshMs(key) > 0
  }

  /** Forgets what was not noted this time; says when time alone makes the next difference. */
  nextInMs(): number | undefined {
    const { healthySinceMs, seenSinceMs } = this.#memory
    for (const key of healthySinceMs.keys()) if (!this.#healthy.has(key)) healthySinceMs.delete(key)
    for (const key of seenSinceMs.keys()) if (!this.#seen.has(key)) seenSinceMs.delete(key)
    return [...this.#seen]
      .map((key) => this.#waitMs(key) ?? this.#freshMs(key))
      .filter((waitMs) => waitMs > 0)
      .reduce(sooner, undefined)
  }

  #freshMs(key: string): number {
    const { freshMs, now } = this.#times
    return (this.#memory.seenSinceMs.get(key) ?? now) + freshMs - now
  }

  #waitMs(key: string): number | undefined {
    const sinceMs = this.#memory.healthySinceMs.get(key)
    return sinceMs === undefined
      ? undefined
      : Math.max(0, sinceMs + this.#times.neededMs - this.#times.now)
  }
}

function memoryOf({ memory, placement: { specHash } }: RolloutCall): RolloutMemory {
  if (memory.rollout?.specHash === specHash) return memory.rollout
  // What is new is not held back by the failures of what it replaces.
  if (memory.rollout)
    for (const state of memory.replicas.values()) {
      state.recentRestarts = 0
      state.notBeforeMs = 0
    }
  memory.rollout = {
    specHash,
    healthySinceMs: memory.rollout?.healthySinceMs ?? new Map(),
    seenSinceMs: memory.rollout?.seenSinceMs ?? new Map(),
    triedSinceMs: undefined,
    isProven: false,
    hasFailed: false,
    provenBefore: memory.rollout?.isProven ? memory.rollout.specHash : memory.rollout?.provenBefore,
  }
  return memory.rollout
}

function holdersOf({ placement, statusOf }: RolloutCall): readonly Holder[] {
  return placement.choice.winners.map(({ meshletDid, slots }) => ({
    meshletDid,
    slots,
    status: statusOf(meshletDid),
  }))
}

/** Started again, it has to prove itself again: running is not enough, it must not restart either. */
function hereKey({ id, startedAtMs }: EngineContainer): string {
  return `${id} ${startedAtMs ?? ''}`
}

function keyOf(holder: Did, { index, specHash, containerId, startedAt }: ReplicaStatus): string {
  return `${holder} ${index} ${specHash ?? ''} ${containerId ?? ''} ${startedAt ?? ''}`
}

const ON_THE_WAY: ReadonlySet<string> = new Set(['pending', 'pulling', 'starting', 'running'])

/** Neither sick nor given up. */
function mayComeUp({ phase, health }: ReplicaStatus): boolean {
  return ON_THE_WAY.has(phase) && health !== 'unhealthy'
}

function isUnderWayHere(
  { containers, healthOf, memory }: RolloutCall,
  patience: Patience,
  replica: number,
): boolean {
  const container = containerOf(containers, replica)
  if (container?.state !== 'running' || healthOf(container.id) === 'unhealthy') return false
  const isCrashing = isCrashLooping(memory.replicas.get(replica)?.recentRestarts ?? 0)
  return !isCrashing && patience.isFresh(hereKey(container))
}

function isUp(replica: ReplicaStatus): boolean {
  return replica.specHash !== undefined && isHealthyOn(replica, replica.specHash)
}

/** One of an older spec is not asked any more. */
function isHealthyHere(
  { healthOf, placement }: RolloutCall,
  { id, state, labels }: EngineContainer,
): boolean {
  const isNewest = labels[LABEL.spec] === placement.specHash
  const unasked = isNewest && placement.record.value.healthcheck ? 'starting' : 'healthy'
  return state === 'running' && (healthOf(id) ?? unasked) === 'healthy'
}

/**
 * Whether what this meshlet tried of the newest spec is beyond hope. A failed pull or create is a
 * machine's own affair first, which another may do better (`Obstacles`); the deadline ends that too.
 */
function hasFailedHere(call: RolloutCall, memory: RolloutMemory): boolean {
  const { containers, memory: known, healthOf, now, self, statusOf, placement } = call
  // A verdict stands until the spec changes, also over a restart.
  if (memory.hasFailed || statusOf(self)?.failed === memory.specHash) return true
  const tried = containers.filter(({ labels }) => labels[LABEL.spec] === memory.specHash)
  const failures = known.startFailures
  if (tried.length === 0 && failures?.specHash !== memory.specHash) {
    memory.triedSinceMs = undefined
    return false
  }
  memory.triedSinceMs ??= now
  return (
    now - memory.triedSinceMs >= deadlineMs(call) ||
    tried.some(
      (container) =>
        healthOf(container.id) === 'unhealthy' ||
        isCrashLooping(known.replicas.get(replicaOf(container))?.recentRestarts ?? 0) ||
        (container.state === 'exited' && !wantsRestart(container, placement.record.value)),
    )
  )
}

function deadlineMs({ placement }: RolloutCall): number {
  return placement.record.value.update?.deadlineMs ?? DEADLINE_MS
}

function deadlineInMs(call: RolloutCall, memory: RolloutMemory): number | undefined {
  if (memory.isProven || memory.triedSinceMs === undefined) return undefined
  const waitMs = memory.triedSinceMs + deadlineMs(call) - call.now
  return waitMs > 0 ? waitMs : undefined
}
