import type { Did, Grant, Lease } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Guard } from '../ports/guard.ts'
import type { Journal } from '../ports/journal.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { RecordView } from '../ports/records.ts'
import type { Desired } from '../reconcile/actions.ts'
import { assertLeaseBound } from '../selection/lease.ts'
import { PROFILES, type LivenessProfile } from '../selection/liveness.ts'
import type { Desire } from './desire.ts'
import { leavingMs, recordedSets, seenEpoch, selectedBy, underLease } from './exclusive.ts'
import type { LeaseTalk } from './heartbeats.ts'
import { Leases } from './leases.ts'
import type { Placement } from './observe.ts'
import { WitnessBook } from './witness-book.ts'

export interface LeasingOptions {
  readonly self: Did
  readonly view: RecordView
  readonly guard: Guard
  readonly clock: Clock
  readonly random: Random
  readonly journal: Journal
  readonly log: Log
  readonly profile: LivenessProfile
  /** Where a workload stands by this machine's records; undefined when it is not known. */
  readonly placementOf: (uri: string) => Placement | undefined
  /** Calls these peers now. */
  readonly call: (dids: readonly Did[]) => void
  readonly onChange: (uri: string) => void
}

/** This machine as a holder of leases and as a witness of those of others. */
export class Leasing implements LeaseTalk, Disposable {
  readonly leases: Leases
  readonly witness: WitnessBook
  readonly #options: LeasingOptions

  constructor(options: LeasingOptions) {
    const { self, view, guard, journal, log, profile, random, placementOf } = options
    this.#options = options
    for (const [name, one] of Object.entries(PROFILES)) assertLeaseBound(one, name)
    this.witness = new WitnessBook({
      self,
      journal,
      log,
      nowMs: () => guard.nowMs(),
      leastMs: profile.challengeMs,
      setsOf: (uri) => recordedSets(view, uri),
      graceMsOf: (uri) => leavingMs(view, uri),
      selected: (uri, asker) => selectedBy(placementOf(uri), asker),
    })
    this.leases = new Leases({
      ...options,
      run: Buffer.from(random.bytes(8)).toString('hex'),
      termMs: profile.fenceMs,
      heartbeatMs: profile.heartbeatMs,
      askSelf: (ask) => this.witness.judge(self, ask),
    })
  }

  /** What is to run here, as far as there is a lease for it, if it needs one. */
  underLease(found: Desire, placement: Placement, containers: readonly EngineContainer[]): Desire {
    const { guard, view } = this.#options
    const highest = seenEpoch(view, placement, containers)
    return underLease(found, placement, {
      want: (sets) => this.leases.want(placement.uri, sets, containers, highest),
      nowMs: () => guard.nowMs(),
    })
  }

  /** Gives the lease back when it is not wanted any more and nothing is left that it was for. */
  giveBack(uri: string, desired: Desired, containers: readonly EngineContainer[]): void {
    const isWanted = desired.kind === 'hold' || (desired.kind === 'run' && desired.slots > 0)
    if (desired.kind !== 'keep' && !isWanted) this.leases.leave(uri, containers.length === 0)
  }

  /** Whether the lease of this epoch is held now. */
  holds(uri: string, epoch: number): boolean {
    const state = this.leases.state(uri)
    return state?.kind === 'held' && state.epoch === epoch
  }

  asksOf(witness: Did): readonly Lease[] {
    return this.leases.asksOf(witness)
  }

  learn(witness: Did, grants: readonly Grant[]): void {
    this.leases.learn(witness, grants)
  }

  answer(asker: Did, asks: readonly Lease[]): readonly Grant[] {
    return this.witness.answer(asker, asks)
  }

  [Symbol.dispose](): void {
    this.leases[Symbol.dispose]()
  }
}
