import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did, WorkloadRecord } from '../model/records.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Feed, RecordView, StoredRecord } from '../ports/records.ts'
import type { Desired } from '../reconcile/actions.ts'
import { sooner, type Outcome } from '../reconcile/outcome.ts'
import type { BidCall, Bidder } from './bidder.ts'
import type { Duty } from './duty.ts'
import { shareOf, type EngineState } from './engine-state.ts'
import type { Leasing } from './leasing.ts'
import type { Placement } from './observe.ts'
import type { Objections } from './objections.ts'
import type { OwnRecords } from './own-records.ts'
import type { Peace } from './peace.ts'
import { withTarget } from './rollouts.ts'
import type { Turn } from './work-queue.ts'
import type { WorkloadActor } from './workload-actor.ts'
import { newWorkloadMemory, sinceWhen, type WorkloadMemory } from './workload-memory.ts'
import type { WorkloadObserver } from './workload-observer.ts'

export interface WorkloadReconcilerOptions {
  readonly feed: Feed
  /** The feed with our own records laid over it. */
  readonly view: RecordView
  readonly own: OwnRecords
  readonly engineState: EngineState
  readonly observer: WorkloadObserver
  readonly actor: WorkloadActor
  readonly bidder: Bidder
  readonly objections: Objections
  readonly leasing: Leasing
  readonly duty: Duty
  readonly peace: Peace
  readonly clock: Clock
  readonly log: Log
}

/** While something stands open that others decide, it is looked at this often. */
const OPEN_MS = 1_000

/** The loop for one workload: observe, bid, decide, plan, apply, report. */
export class WorkloadReconciler {
  readonly #options: WorkloadReconcilerOptions
  readonly #memory = new Map<string, WorkloadMemory>()

  constructor(options: WorkloadReconcilerOptions) {
    this.#options = options
  }

  /** What is remembered of a workload; made on first use. */
  memoryOf(uri: string): WorkloadMemory {
    const known = this.#memory.get(uri)
    if (known) return known
    const fresh = newWorkloadMemory()
    this.#memory.set(uri, fresh)
    return fresh
  }

  /** Where a workload stands now; undefined when its record is gone. */
  placementOf(uri: string): Placement | undefined {
    const parsed = parseWorkloadUri(uri)
    const record = parsed && this.#record(parsed.owner, parsed.name)
    if (!parsed || !record) return undefined
    return this.#options.observer.placement(uri, parsed.owner, record, this.memoryOf(uri))
  }

  /** The same for a decision about its bid; undefined when its record is gone. */
  bidCallOf(uri: string): BidCall | undefined {
    const { engineState, clock } = this.#options
    const placement = this.placementOf(uri)
    if (!placement) return undefined
    return {
      placement,
      memory: this.memoryOf(uri),
      containers: shareOf(engineState.lastSeen, uri).containers,
      now: clock.monotonicMs(),
      log: this.#options.log.child({ workload: uri }),
    }
  }

  /** Who acts on what this machine says of a workload, as of the last look; of one that is gone nobody. */
  audienceOf(uri: string): readonly Did[] | undefined {
    const memory = this.#memory.get(uri)
    return memory ? memory.audience : []
  }

  /** Which looks a resync can leave out, given what the engine has now. */
  atResync(): (uri: string) => boolean {
    const { peace, engineState } = this.#options
    const leavesOut = peace.atResync(engineState.lastSeen)
    return (uri) => leavesOut(uri, this.#memory.get(uri))
  }

  async reconcile(uri: string, given: Turn): Promise<Outcome> {
    const turn = { ...given, log: given.log.child({ workload: uri }) }
    const memory = this.memoryOf(uri)
    const parsed = parseWorkloadUri(uri)
    const record = parsed && this.#record(parsed.owner, parsed.name)
    if (!parsed)
      return this.#options.actor.act({
        uri,
        desired: { kind: 'none', reason: 'its label names no workload' },
        memory,
        turn,
      })
    if (record) return this.#reconcileRecord(uri, parsed.owner, record, memory, turn)
    const state = this.#absence(parsed.owner, parsed.name)
    if (state !== 'gone') {
      const desired = this.#unknownDesire(uri, state)
      const outcome = await this.#options.actor.act({ uri, desired, memory, turn })
      // Anybody can name workloads of which nothing is here.
      if (!this.#options.engineState.lastSeen?.byWorkload.has(uri)) this.#memory.delete(uri)
      return outcome
    }
    return this.#forget(uri, memory, turn)
  }

  /** What runs goes on until more is known, but for one thing: nothing stays on a drained machine. */
  #unknownDesire(uri: string, reason: string): Desired {
    const { duty, bidder } = this.#options
    if (!duty.isOver) return { kind: 'keep', reason }
    bidder.giveUp(uri)
    return { kind: 'none', reason: 'the machine is being drained' }
  }

  #record(owner: Did, name: string): StoredRecord<WorkloadRecord> | undefined {
    return this.#options.view.get<WorkloadRecord>(owner, COLLECTION.workload, name)
  }

  /** Why there is no record: positively gone, or not known. */
  #absence(owner: Did, name: string): 'gone' | string {
    const { feed } = this.#options
    if (feed.repoState(owner) === 'unknown')
      return feed.repoProblem(owner) ?? 'the owner’s repo has not been read yet'
    return feed.invalidReason(owner, COLLECTION.workload, name) ?? 'gone'
  }

  /** The owner deleted the workload: nothing of it stays. */
  async #forget(uri: string, memory: WorkloadMemory, turn: Turn): Promise<Outcome> {
    const { own, bidder, leasing } = this.#options
    const desired = { kind: 'none', reason: 'its owner deleted the workload' } as const
    const outcome = await this.#options.actor.act({ uri, desired, memory, turn })
    if (outcome.kind !== 'done') return outcome
    own.delete(COLLECTION.workloadStatus, recordKeyFor(uri), 'soon')
    bidder.forget(uri)
    leasing.witness.forget(uri)
    this.#memory.delete(uri)
    return outcome
  }

  async #reconcileRecord(
    uri: string,
    ownerDid: Did,
    record: StoredRecord<WorkloadRecord>,
    memory: WorkloadMemory,
    turn: Turn,
  ): Promise<Outcome> {
    const { engineState, observer, actor, objections, bidder, duty, peace, clock } = this.#options
    const begun = peace.begin(uri, ownerDid, memory)
    const snapshot = await engineState.snapshot().catch(() => undefined)
    peace.recheck(begun)
    const { containers } = shareOf(snapshot, uri)
    const placement = observer.placement(uri, ownerDid, record, memory)
    const isNone = placement.membership === 'no'
    memory.notCandidateSinceMs = sinceWhen(memory.notCandidateSinceMs, isNone, clock.monotonicMs())
    const objectAgainMs = objections.consider(placement, memory, clock.monotonicMs())
    const rollout = observer.rollout(placement, memory, containers)
    const bidAgainMs = bidder.bid({
      placement,
      memory,
      containers,
      now: clock.monotonicMs(),
      log: turn.log,
    })
    if (!snapshot)
      return {
        kind: 'retry',
        message: engineState.problem?.message ?? 'the engine does not answer',
      }
    const { desired, surplus, why, againInMs } = observer.desire(placement, memory, containers)
    if (duty.isOver && placement.membership !== 'yes') bidder.giveUp(uri)
    memory.surplusSinceMs = sinceWhen(memory.surplusSinceMs, surplus > 0, clock.monotonicMs())
    const target = observer.behindWalls(withTarget(desired, rollout), ownerDid)
    const pass = { uri, desired: target, memory, turn }
    const acted = await actor.act({ ...pass, placement, rollout })
    const waits = [
      bidAgainMs,
      objectAgainMs,
      placement.againInMs,
      againInMs,
      rollout.againInMs,
      surplus > 0 ? OPEN_MS : undefined,
      'workload' in desired && why !== 'chosen' ? OPEN_MS : undefined,
    ]
    const outcome = withWaits(acted, waits)
    peace.end(begun, { placement, desired, snapshot, outcome })
    return outcome
  }
}

/** Looks again as soon as there is a reason to, unless that is decided by a failure. */
function withWaits(outcome: Outcome, waits: readonly (number | undefined)[]): Outcome {
  if (outcome.kind !== 'done' && outcome.kind !== 'again') return outcome
  const afterMs = waits.reduce(sooner, outcome.kind === 'again' ? outcome.afterMs : undefined)
  return afterMs === undefined ? { kind: 'done' } : { kind: 'again', afterMs }
}
