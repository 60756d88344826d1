import type { Candidate } from '../cluster/membership.ts'
import type { Did, WorkloadRecord } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { StoredRecord, VersionedView, Via } from '../ports/records.ts'
import type { Desired } from '../reconcile/actions.ts'
import type { CountedBid } from '../selection/bids.ts'
import type { Contact } from '../selection/contact.ts'
import { isAtMostOne } from '../selection/lease.ts'
import { audienceOf } from './audience.ts'
import type { Bidder } from './bidder.ts'
import type { MeshletConfig } from './config.ts'
import { desire, type Desire } from './desire.ts'
import type { Duty } from './duty.ts'
import type { Leasing } from './leasing.ts'
import { observePlacement, statusOf, type Placement } from './observe.ts'
import type { Obstacles } from './obstacles.ts'
import type { Probes } from './probes.ts'
import { hearsayOf } from './returns.ts'
import { observeRollout, type ObservedRollout } from './rollouts.ts'
import type { WorkloadMemory } from './workload-memory.ts'

export interface WorkloadObserverOptions {
  readonly config: MeshletConfig
  /** The feed with our own records laid over it. */
  readonly view: VersionedView
  readonly probes: Probes
  readonly obstacles: Obstacles
  readonly bidder: Bidder
  readonly leasing: Leasing
  readonly duty: Duty
  readonly clock: Clock
  readonly downOf: (candidates: readonly Candidate[], atMostOne: boolean) => ReadonlySet<Did>
  readonly contactWith: (candidates: readonly Candidate[], down: ReadonlySet<Did>) => Contact
  readonly viaOf: (bid: CountedBid) => Via
  readonly isAwaited: (did: Did) => boolean
  /** Whether this machine still owes an answer to a suspicion. */
  readonly isComingBack: () => boolean
  /** Whether it began so lately that it may not know yet who took its work over. */
  readonly isCatchingUp: () => boolean
}

/** The first half of the loop: what the records and the engine say of one workload, taken together. */
export class WorkloadObserver {
  readonly #options: WorkloadObserverOptions

  constructor(options: WorkloadObserverOptions) {
    this.#options = options
  }

  /** Who is to run it, by all records. */
  placement(
    uri: string,
    ownerDid: Did,
    record: StoredRecord<WorkloadRecord>,
    memory: WorkloadMemory,
  ): Placement {
    const { view, config, downOf, viaOf, isAwaited, clock } = this.#options
    const version = view.newsVersion()
    const before = memory.seen
    if (before?.version === version && this.#isLasting(before.placement, record, memory))
      return before.placement
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
    memory.audience = audienceOf(placement)
    memory.seen = placement.isLasting ? { version, placement } : undefined
    return placement
  }

  /** Whether what was seen of the same records is still so: neither time nor who is down changes it. */
  #isLasting(
    { record: seen, rounds, candidates }: Placement,
    record: StoredRecord<WorkloadRecord>,
    memory: WorkloadMemory,
  ): boolean {
    if (seen !== record || rounds !== memory.rounds) return false
    return this.#options.downOf(candidates, isAtMostOne(record.value)).size === 0
  }

  /** What is to run here. */
  desire(
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
      hearsay: hearsayOf(memory.returns, view, {
        uri: placement.uri,
        down: placement.down,
        now: clock.monotonicMs(),
      }),
      bidUnderWay: bidder.underWay(placement.uri),
      fits: bidder.fits(placement),
      isComingBack: this.#options.isComingBack(),
      isCatchingUp: this.#options.isCatchingUp(),
      contactWith: () => this.#options.contactWith(placement.candidates, placement.down),
      notCandidateSinceMs: memory.notCandidateSinceMs,
      surplusSinceMs: memory.surplusSinceMs,
      drainLeftMs: duty.leftMs,
      expectsToWin: () => bidder.expectsToWin(placement, memory),
      breach: this.#options.obstacles.breach(placement),
      now: clock.monotonicMs(),
    })
    return leasing.underLease(found, placement, containers)
  }

  /** The same, with what this machine puts between its containers and itself. */
  behindWalls(desired: Desired, ownerDid: Did): Desired {
    if (desired.kind !== 'run') return desired
    return { ...desired, ...this.#options.obstacles.wallsFor(desired.workload, ownerDid) }
  }

  /** Where its roll-out stands. */
  rollout(
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
}
