import { egressOf } from '../model/egress.ts'
import { matches, parseSelector } from '../model/label-selector.ts'
import type { Did, WorkloadRecord } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Guard } from '../ports/guard.ts'
import type { LastExit } from '../reconcile/replica-status.ts'
import type { Obstacle } from '../selection/decide-bid.ts'
import { isAtMostOne } from '../selection/lease.ts'
import { wallsProblem } from './canary-watch.ts'
import type { MeshletConfig } from './config.ts'
import type { ClusterLaw } from './cluster-law.ts'
import type { EngineState } from './engine-state.ts'
import type { MachineFacts } from './machine-facts.ts'
import type { Placement } from './observe.ts'
import type { HouseRules, Walls } from './house-rules.ts'
import type { Duty } from './duty.ts'
import type { Settings } from './settings.ts'
import { unsupportedReason } from './support.ts'
import { breach, egressProblem, type WallsKnown } from './watch-walls.ts'
import { START_TRIES_MAX, type WorkloadMemory } from './workload-memory.ts'

export interface ObstaclesOptions {
  readonly config: MeshletConfig
  readonly settings: Settings
  readonly houseRules: HouseRules
  readonly law: Pick<ClusterLaw, 'obstacleOf'>
  readonly duty: Duty
  readonly engineState: EngineState
  readonly facts: MachineFacts
  readonly guard: Guard
  readonly walls: WallsKnown
  readonly clock: Clock
}

/** Time since the first failure, after which an offer is taken back. */
const TRYING_MS_MAX = 5 * 60_000
/** So many restarts without a calm period, over such a time, and another machine may try. */
const CRASHES_MAX = 5
const CRASHING_MS = 15_000
/** An engine that is silent for so long can't keep its promises. */
const ENGINE_SILENT_MS = 5 * 60_000
/** Time for starting another guard before somebody else takes over what needs one. */
const UNGUARDED_MS = 30_000

/** Everything but room that keeps this machine from running a workload. */
export class Obstacles {
  readonly #options: ObstaclesOptions

  constructor(options: ObstaclesOptions) {
    this.#options = options
  }

  /** The gravest first. */
  of(placement: Placement, memory: WorkloadMemory): readonly Obstacle[] {
    const workload = placement.record.value
    return [
      this.#consent(placement),
      unsupported(workload),
      this.#options.houseRules.judge(workload, placement.ownerDid),
      this.#options.law.obstacleOf(placement.ownerDid),
      this.#constraint(workload),
      this.#cordon(),
      this.#walls(placement),
      this.#engine(),
      this.#guard(workload),
      this.#failures(placement, memory),
      crashes(placement, memory, this.#options.clock.monotonicMs()),
    ].filter((obstacle) => obstacle !== undefined)
  }

  /** Whether it is to be shown first that the walls stand before anything new is offered. */
  awaitsTrial({ record, ownerDid }: Placement): boolean {
    const { walls, houseRules, engineState } = this.#options
    const egress = egressOf(record.value)
    if (egress === 'internet' && walls.firewall.known.kind === 'untried') return true
    const isUntried = walls.canary.known(egress).kind === 'untried'
    // An engine that is away is told of as such.
    return isUntried && !engineState.problem && houseRules.canaryRuleFor(ownerDid) !== undefined
  }

  /** Why what runs here for its owner has to end at once; undefined when nothing is known. */
  breach({ record, ownerDid }: Placement): string | undefined {
    const { walls, houseRules } = this.#options
    const found = breach(egressOf(record.value), walls)
    return found === undefined || houseRules.canaryRuleFor(ownerDid) === undefined
      ? undefined
      : found
  }

  /** Whether such a container may run here, whoever is to blame if not. */
  isAllowed(workload: WorkloadRecord, ownerDid: Did): boolean {
    return !unsupported(workload) && !this.#options.houseRules.judge(workload, ownerDid)
  }

  /** What this machine puts between such a container and itself. */
  wallsFor(workload: WorkloadRecord, ownerDid: Did): Walls {
    return this.#options.houseRules.wallsFor(workload, ownerDid)
  }

  #consent({ uri }: Placement): Obstacle | undefined {
    if (!this.#options.settings.isRefused(uri)) return undefined
    return { reason: 'consent-withdrawn', message: 'the machine’s owner took the consent back' }
  }

  #constraint(workload: WorkloadRecord): Obstacle | undefined {
    const labels = this.#options.facts.labels()
    for (const text of workload.constraints ?? []) {
      const selector = parseSelector(text)
      if (!selector.ok)
        return {
          reason: 'constraint',
          message: `"${text}" is no constraint: expected ${selector.expected}`,
        }
      if (!matches(selector.value, labels))
        return { reason: 'constraint', message: `"${text}" does not hold here` }
    }
    return undefined
  }

  #cordon(): Obstacle | undefined {
    const { state, reason } = this.#options.duty
    if (state === 'active') return undefined
    const said = reason === undefined ? '' : `: ${reason}`
    return state === 'cordoned'
      ? { reason: 'cordoned', message: `the machine is cordoned${said}` }
      : { reason: 'draining', message: `the machine is being drained${said}` }
  }

  #walls({ record, ownerDid }: Placement): Obstacle | undefined {
    const { walls, houseRules } = this.#options
    const egress = egressOf(record.value)
    const closed = egress === 'internet' ? egressProblem(walls) : undefined
    if (closed !== undefined)
      return {
        reason: 'walls',
        message: `egress: internet is not offered here: ${closed}`.slice(0, 1_000),
      }
    const problem = wallsProblem(walls.canary.known(egress))
    if (problem === undefined) return undefined
    const rule = houseRules.canaryRuleFor(ownerDid)
    if (rule === undefined) return undefined
    return { reason: 'walls', message: `${problem} (${rule})`.slice(0, 1_000) }
  }

  #engine(): Obstacle | undefined {
    const { engineState, facts, clock } = this.#options
    const { problem } = engineState
    if (!problem) return undefined
    const silentMs = clock.monotonicMs() - problem.sinceMs
    // Nothing can be promised for a machine of which nobody knows what it is.
    if (facts.isKnown && silentMs < ENGINE_SILENT_MS) return undefined
    return { reason: 'engine-silent', message: problem.message }
  }

  #guard(workload: WorkloadRecord): Obstacle | undefined {
    const { guard } = this.#options
    if (!isAtMostOne(workload) || !guard.problem) return undefined
    if (guard.nowMs() - guard.problem.sinceMs < UNGUARDED_MS) return undefined
    const message = `placement.atMostOne needs a guard process: ${guard.problem.message}`
    return { reason: 'unsupported', message }
  }

  #failures({ specHash }: Placement, memory: WorkloadMemory): Obstacle | undefined {
    const failures = memory.startFailures
    // After the verdict another container is to run.
    if (failures?.specHash !== specHash || memory.rollout?.hasFailed) return undefined
    const tryingMs = this.#options.clock.monotonicMs() - failures.firstAtMs
    if (failures.count < START_TRIES_MAX && tryingMs < TRYING_MS_MAX) return undefined
    return { reason: failures.code, message: failures.message.slice(0, 1_000) }
  }
}

/**
 * It crashes here again and again: perhaps another machine does better. What is on trial is judged by
 * its roll-out first, and an offer is only taken back where somebody can take over.
 */
function crashes(
  { specHash }: Placement,
  memory: WorkloadMemory,
  nowMs: number,
): Obstacle | undefined {
  if (memory.rollout?.specHash !== specHash || memory.rollout.hasFailed) return undefined
  const worst = [...memory.replicas.values()].find(
    ({ recentRestarts, crashingSinceMs }) =>
      recentRestarts >= CRASHES_MAX && nowMs - crashingSinceMs >= CRASHING_MS,
  )
  if (!worst) return undefined
  const { lastExit, lastHang, recentRestarts } = worst
  const how = lastExit ? endText(lastExit) : (lastHang ?? 'for no known reason')
  return {
    reason: 'crash-loop',
    message: `started again ${recentRestarts} times here: ${how}`.slice(0, 1_000),
  }
}

function endText({ exitCode, isOutOfMemory }: LastExit): string {
  return isOutOfMemory ? 'it ran out of memory' : `exit code ${exitCode ?? 'unknown'}`
}

function unsupported(workload: WorkloadRecord): Obstacle | undefined {
  const message = unsupportedReason(workload)
  return message === undefined ? undefined : { reason: 'unsupported', message }
}
