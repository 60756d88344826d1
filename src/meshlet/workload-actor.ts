import { messageOf } from '../model/errors.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { Clock } from '../ports/clock.ts'
import type { Action, Desired } from '../reconcile/actions.ts'
import { sooner, type Outcome } from '../reconcile/outcome.ts'
import { planWorkload, wantsRestart } from '../reconcile/plan-workload.ts'
import type { MeshletConfig } from './config.ts'
import { amountAfter, fitsBeside, limitStandIns } from './elbow-room.ts'
import { shareOf, type EngineSnapshot, type EngineState } from './engine-state.ts'
import type { Exposure } from './exposure.ts'
import type { Leasing } from './leasing.ts'
import type { Moves } from './moves.ts'
import type { Placement } from './observe.ts'
import { nextRestart } from './asked-restarts.ts'
import { forgiveFailures, noteRunning, replicaMemories } from './replica-notes.ts'
import type { Reservations } from './reservations.ts'
import type { ObservedRollout } from './rollouts.ts'
import type { Runner } from './runner.ts'
import type { Settings } from './settings.ts'
import type { StatusWriter } from './status-writer.ts'
import type { Turn } from './work-queue.ts'
import { nextLookMs, type WorkloadMemory } from './workload-memory.ts'
import type { WorkloadNetworks } from './workload-networks.ts'

/** While replicas are started again one after the other: how often it is looked whose turn it is. */
const RESTART_LOOK_MS = 500
/** Looks in a row in which nothing is ended; who changes something all the time holds nothing up. */
const PUT_OFFS_MAX = 3

export interface WorkloadActorOptions {
  readonly config: MeshletConfig
  readonly engineState: EngineState
  readonly runner: Runner
  readonly networks: WorkloadNetworks
  readonly exposure: Exposure
  readonly reservations: Reservations
  readonly leasing: Leasing
  readonly settings: Settings
  readonly statusWriter: StatusWriter
  readonly moves: Moves
  readonly clock: Clock
}

/** One look at one workload, on the way to what is done about it. */
export interface Pass {
  readonly uri: string
  readonly desired: Desired
  readonly placement?: Placement
  readonly rollout?: ObservedRollout
  readonly memory: WorkloadMemory
  readonly turn: Turn
}

/** The second half of the loop: plan, apply, report. */
export class WorkloadActor {
  readonly #options: WorkloadActorOptions

  constructor(options: WorkloadActorOptions) {
    this.#options = options
  }

  /** Makes the containers match, then says so. */
  async act(pass: Pass): Promise<Outcome> {
    const { uri, desired, placement, memory, turn } = pass
    const { engineState, runner, clock, reservations } = this.#options
    const snapshot = await engineState.snapshot()
    noteRunning(memory, shareOf(snapshot, uri).containers, clock.monotonicMs())
    const plan = this.#plan(pass, snapshot)
    const { containers } = shareOf(snapshot, uri)
    const ownerDid = parseWorkloadUri(uri)?.owner ?? this.#options.config.ownerDid
    const job = { uri, ownerDid, desired, memory, ...turn }
    if (plan.networkAhead) this.#options.networks.makeAhead(job, plan.networkAhead)
    runner.lookAtAdopted(job, containers)
    const isWork = plan.actions.length > 0
    if (isWork) {
      reservations.noteMaking(uri, amountAfter(desired, containers, plan.actions))
      // Callers are led to the new ones before the old ones go.
      await this.#expose(pass, snapshot)
    }
    if (this.#isPutOff(pass, plan.actions)) {
      reservations.noteMaking(uri, undefined)
      return { kind: 'done' }
    }
    if (placement)
      this.#options.moves.note({ placement, actions: plan.actions, containers, log: turn.log })
    if (isWork) {
      try {
        await runner.apply(job, plan.actions)
      } catch (error) {
        if (turn.signal.aborted) throw error
        turn.log.warn('could not bring it up', { error: messageOf(error) })
      } finally {
        engineState.invalidate()
      }
    }
    const after = isWork ? await engineState.snapshot() : snapshot
    reservations.noteMaking(uri, undefined)
    noteRunning(memory, shareOf(after, uri).containers, clock.monotonicMs())
    await this.#expose(pass, after)
    const here = shareOf(after, uri).containers
    forgiveFailures(memory, here, desired)
    this.#options.leasing.giveBack(uri, desired, here)
    const statusAgainMs = this.#options.statusWriter.write({ ...pass, containers: here })
    if (isWork) return { kind: 'again', afterMs: nextLookMs(memory, clock.monotonicMs()) }
    const afterMs = sooner(plan.againInMs, statusAgainMs)
    return afterMs === undefined ? { kind: 'done' } : { kind: 'again', afterMs }
  }

  /**
   * What ends a container is left to the next look when something changed since this one began, such as
   * two words of an owner in the same moment: the queue looks again at once.
   */
  #isPutOff({ memory, turn }: Pass, actions: readonly Action[]): boolean {
    const isPutOff =
      actions.some(endsContainer) && turn.isOutdated() && memory.putOffs < PUT_OFFS_MAX
    memory.putOffs = isPutOff ? memory.putOffs + 1 : 0
    return isPutOff
  }

  #plan({ uri, desired: wish, rollout, memory }: Pass, snapshot: EngineSnapshot) {
    const { config, settings, clock, reservations } = this.#options
    const { containers, networks } = shareOf(snapshot, uri)
    const asked = settings.restartsAsked(uri)
    const restart = nextRestart(asked, containers, (one) =>
      one.state === 'running'
        ? (rollout?.isReady(one) ?? true)
        : wish.kind !== 'run' || !wantsRestart(one, wish.workload),
    )
    if (asked.size > 0 && restart === undefined) settings.saveRestartsAsked(uri, [])
    const free = reservations.freeBeside(uri)
    const desired = limitStandIns(wish, containers, free)
    const plan = planWorkload({
      nowMs: clock.monotonicMs(),
      meshletDid: config.did,
      uri,
      desired,
      containers,
      networks: this.#options.networks.of(uri, networks),
      replicas: replicaMemories(memory, desired),
      mayReplace: rollout?.mayReplace ?? (() => false),
      isReady: rollout?.isReady ?? (() => false),
      askedReason: (container) =>
        container.id === restart?.id ? 'a restart was asked for' : undefined,
      deadReason: (container) => this.#options.exposure.deadReason(container),
      roomForSurge: fitsBeside(desired, containers, free),
      paused: settings.isPaused(uri),
    })
    return restart === undefined
      ? plan
      : { ...plan, againInMs: sooner(plan.againInMs, RESTART_LOOK_MS) ?? RESTART_LOOK_MS }
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

function endsContainer(action: Action): boolean {
  return action.kind === 'remove' || (action.kind === 'start' && action.graceMs !== undefined)
}
