import type { Candidate } from '../cluster/membership.ts'
import { messageOf } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did, WorkloadRecord } from '../model/records.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { Clock } from '../ports/clock.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'
import type { Feed, RecordView, StoredRecord, Via } from '../ports/records.ts'
import type { Desired } from '../reconcile/actions.ts'
import { sooner, type Outcome } from '../reconcile/outcome.ts'
import { planWorkload } from '../reconcile/plan-workload.ts'
import { amountAfter, fitsBeside, limitStandIns } from './elbow-room.ts'
import type { CountedBid } from '../selection/bids.ts'
import type { Contact } from '../selection/contact.ts'
import type { BidCall, Bidder } from './bidder.ts'
import type { MeshletConfig } from './config.ts'
import { desire, type Desire } from './desire.ts'
import type { Duty } from './duty.ts'
import { shareOf, type EngineSnapshot, type EngineState } from './engine-state.ts'
import type { Exposure } from './exposure.ts'
import type { Moves } from './moves.ts'
import type { Objections } from './objections.ts'
import type { Obstacles } from './obstacles.ts'
import { observePlacement, statusOf, type Placement } from './observe.ts'
import type { Leasing } from './leasing.ts'
import type { OwnRecords } from './own-records.ts'
import type { Probes } from './probes.ts'
import { forgiveFailures, noteRunning, replicaMemories } from './replica-notes.ts'
import type { Reservations } from './reservations.ts'
import { hearsayOf } from './returns.ts'
import { observeRollout, withTarget, type ObservedRollout } from './rollouts.ts'
import type { Runner } from './runner.ts'
import type { Settings } from './settings.ts'
import type { StatusWriter } from './status-writer.ts'
import type { Turn } from './work-queue.ts'
import { newWorkloadMemory, nextLookMs, sinceWhen, type WorkloadMemory } from './workload-memory.ts'

export interface WorkloadReconcilerOptions {
  readonly config: MeshletConfig
  readonly feed: Feed
  /** The feed with our own records laid over it. */
  readonly view: RecordView
  readonly own: OwnRecords
  readonly engineState: EngineState
  readonly runner: Runner
  readonly exposure: Exposure
  readonly probes: Probes
  readonly obstacles: Obstacles
  readonly bidder: Bidder
  readonly objections: Objections
  readonly reservations: Reservations
  readonly leasing: Leasing
  readonly settings: Settings
  readonly duty: Duty
  readonly statusWriter: StatusWriter
  readonly clock: Clock
  readonly log: Log
  readonly moves: Moves
  readonly downOf: (candidates: readonly Candidate[], atMostOne: boolean) => ReadonlySet<Did>
  readonly contactWith: (candidates: readonly Candidate[], down: ReadonlySet<Did>) => Contact
  readonly viaOf: (bid: CountedBid) => Via
  readonly isAwaited: (did: Did) => boolean
  /** Whether this machine still owes an answer to a suspicion. */
  readonly isComingBack: () => boolean
  /** Whether it began so lately that it may not know yet who took its work over. */
  readonly isCatchingUp: () => boolean
}

/** While something stands open that others decide, it is looked at this often. */
const OPEN_MS = 1_000
/** One look at one workload, on the way to what is done about it. */
interface Pass {
  readonly uri: string
  readonly desired: Desired
  readonly placement?: Placement
  readonly rollout?: ObservedRollout
  readonly memory: WorkloadMemory
  readonly turn: Turn
}

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

  /** Where a workload stands now, for a decision about its bid; undefined when its record is gone. */
  bidCallOf(uri: string): BidCall | undefined {
    const { engineState, clock } = this.#options
    const parsed = parseWorkloadUri(uri)
    const record = parsed && this.#record(parsed.owner, parsed.name)
    if (!parsed || !record) return undefined
    const memory = this.memoryOf(uri)
    return {
      placement: this.#observe(uri, parsed.owner, record, memory),
      memory,
      containers: shareOf(engineState.lastSeen, uri).containers,
      now: clock.monotonicMs(),
      log: this.#options.log.child({ workload: uri }),
    }
  }

  async reconcile(uri: string, { signal, log }: Turn): Promise<Outcome> {
    const turn = { signal, log: log.child({ workload: uri }) }
    const memory = this.memoryOf(uri)
    const parsed = parseWorkloadUri(uri)
    const record = parsed && this.#record(parsed.owner, parsed.name)
    if (!parsed)
      return this.#act({
        uri,
        desired: { kind: 'none', reason: 'its label names no workload' },
        memory,
        turn,
      })
    if (record) return this.#reconcileRecord(uri, parsed.owner, record, memory, turn)
    const state = this.#absence(parsed.owner, parsed.name)
    if (state !== 'gone') {
      const desired = this.#unknownDesire(uri, state)
      return this.#act({ uri, desired, memory, turn })
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
    const outcome = await this.#act({ uri, desired, memory, turn })
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
    const { engineState, objections, bidder, duty, clock } = this.#options
    const snapshot = await engineState.snapshot().catch(() => undefined)
    const { containers } = shareOf(snapshot, uri)
    const placement = this.#observe(uri, ownerDid, record, memory)
    const isNone = placement.membership === 'no'
    memory.notCandidateSinceMs = sinceWhen(memory.notCandidateSinceMs, isNone, clock.monotonicMs())
    const objectAgainMs = objections.consider(placement, memory, clock.monotonicMs())
    const rollout = this.#rollout(placement, memory, containers)
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
    const { desired, surplus, why, againInMs } = this.#desire(placement, memory, containers)
    if (duty.isOver && placement.membership !== 'yes') bidder.giveUp(uri)
    memory.surplusSinceMs = sinceWhen(memory.surplusSinceMs, surplus > 0, clock.monotonicMs())
    const pass = { uri, desired: withTarget(desired, rollout), memory, turn }
    const outcome = await this.#act({ ...pass, placement, rollout })
    if (outcome.kind !== 'done' && outcome.kind !== 'again') return outcome
    const waits = [
      outcome.kind === 'again' ? outcome.afterMs : undefined,
      bidAgainMs,
      objectAgainMs,
      placement.againInMs,
      againInMs,
      rollout.againInMs,
      surplus > 0 ? OPEN_MS : undefined,
      'workload' in desired && why !== 'chosen' ? OPEN_MS : undefined,
    ]
    const afterMs = waits.reduce(sooner, undefined)
    return afterMs === undefined ? { kind: 'done' } : { kind: 'again', afterMs }
  }

  #observe(
    uri: string,
    ownerDid: Did,
    record: StoredRecord<WorkloadRecord>,
    memory: WorkloadMemory,
  ): Placement {
    const { view, config, downOf, viaOf, isAwaited, clock } = this.#options
    const placement = observePlacement({
      view,
      self: config.did,
      uri: uri as Placement['uri'],
      ownerDid,
      record,
      rounds: memory.rounds,
      downOf,
      viaOf,
      isAwaited,
      now: clock.monotonicMs(),
    })
    memory.rounds = placement.rounds
    return placement
  }

  #desire(
    placement: Placement,
    memory: WorkloadMemory,
    containers: readonly EngineContainer[],
  ): Desire {
    const { view, config, clock, bidder, duty, leasing } = this.#options
    const found = desire({
      self: config.did,
      placement,
      containers,
      statusOf: (meshlet) => statusOf(view, meshlet, placement.uri),
      hearsay: hearsayOf(memory.returns, view, placement.down, clock.monotonicMs()),
      bidUnderWay: bidder.underWay(placement.uri),
      isComingBack: this.#options.isComingBack(),
      isCatchingUp: this.#options.isCatchingUp(),
      contactWith: () => this.#options.contactWith(placement.candidates, placement.down),
      notCandidateSinceMs: memory.notCandidateSinceMs,
      surplusSinceMs: memory.surplusSinceMs,
      drainLeftMs: duty.leftMs,
      now: clock.monotonicMs(),
    })
    return leasing.underLease(found, placement, containers)
  }

  #rollout(
    placement: Placement,
    memory: WorkloadMemory,
    containers: readonly EngineContainer[],
  ): ObservedRollout {
    const { view, config, clock, probes, obstacles } = this.#options
    return observeRollout({
      self: config.did,
      placement,
      memory,
      containers,
      statusOf: (meshlet) => statusOf(view, meshlet, placement.uri),
      healthOf: (id) => probes.healthOf(id)?.health,
      isAllowed: (workload) => obstacles.isAllowed(workload, placement.ownerDid),
      now: clock.monotonicMs(),
    })
  }

  /** Makes the containers match, then says so. */
  async #act(pass: Pass): Promise<Outcome> {
    const { uri, desired, placement, memory, turn } = pass
    const { engineState, runner, clock, reservations } = this.#options
    const snapshot = await engineState.snapshot()
    noteRunning(memory, shareOf(snapshot, uri).containers, clock.monotonicMs())
    const plan = this.#plan(pass, snapshot)
    const { containers } = shareOf(snapshot, uri)
    if (placement)
      this.#options.moves.note({ placement, actions: plan.actions, containers, log: turn.log })
    if (plan.actions.length > 0) {
      reservations.noteMaking(uri, amountAfter(desired, containers, plan.actions))
      // Callers are led to the new ones before the old ones go.
      await this.#expose(pass, snapshot)
      const ownerDid = parseWorkloadUri(uri)?.owner ?? this.#options.config.ownerDid
      try {
        await runner.apply({ uri, ownerDid, desired, memory, ...turn }, plan.actions)
      } catch (error) {
        if (turn.signal.aborted) throw error
        turn.log.warn('could not bring it up', { error: messageOf(error) })
      } finally {
        engineState.invalidate()
      }
    }
    const after = plan.actions.length > 0 ? await engineState.snapshot() : snapshot
    reservations.noteMaking(uri, undefined)
    noteRunning(memory, shareOf(after, uri).containers, clock.monotonicMs())
    await this.#expose(pass, after)
    const here = shareOf(after, uri).containers
    forgiveFailures(memory, here, desired)
    this.#options.leasing.giveBack(uri, desired, here)
    const statusAgainMs = this.#options.statusWriter.write({ ...pass, containers: here })
    if (plan.actions.length > 0)
      return { kind: 'again', afterMs: nextLookMs(memory, clock.monotonicMs()) }
    const afterMs = sooner(plan.againInMs, statusAgainMs)
    return afterMs === undefined ? { kind: 'done' } : { kind: 'again', afterMs }
  }

  #plan({ uri, desired: wish, rollout, memory }: Pass, snapshot: EngineSnapshot) {
    const { config, settings, clock, reservations } = this.#options
    const { containers, networks } = shareOf(snapshot, uri)
    const free = reservations.freeBeside(uri)
    const desired = limitStandIns(wish, containers, free)
    return planWorkload({
      nowMs: clock.monotonicMs(),
      meshletDid: config.did,
      uri,
      desired,
      containers,
      networks,
      replicas: replicaMemories(memory, desired),
      mayReplace: rollout?.mayReplace ?? (() => false),
      isReady: rollout?.isReady ?? (() => false),
      roomForSurge: fitsBeside(desired, containers, free),
      paused: settings.isPaused(uri),
    })
  }

  /** Ports and health checks; while nothing is known they stay as they are. */
  async #expose({ uri, desired, rollout }: Pass, snapshot: EngineSnapshot): Promise<void> {
    if (desired.kind === 'keep') return
    const { containers } = shareOf(snapshot, uri)
    const workload = desired.kind === 'run' ? desired.workload : undefined
    const isReady = rollout?.isReady ?? (() => false)
    await this.#options.exposure.apply({ uri, workload, containers, isReady })
  }
}
