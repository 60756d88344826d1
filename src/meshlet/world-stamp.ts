import type { Did } from '../model/records.ts'
import { openHoursOf } from '../policy/open-hours.ts'
import type { Policy } from '../policy/policy.ts'
import type { Clock } from '../ports/clock.ts'
import type { VersionedView } from '../ports/records.ts'
import type { ClusterLaw } from './cluster-law.ts'
import type { Duty } from './duty.ts'
import type { EngineState } from './engine-state.ts'
import type { ImageRefusals } from './image-refusals.ts'
import type { Reservations } from './reservations.ts'
import type { Settings } from './settings.ts'
import type { WaitingRoom } from './waiting-room.ts'
import { wallsText, type WallsKnown } from './watch-walls.ts'

export interface WorldStampsOptions {
  readonly view: VersionedView
  readonly settings: Pick<Settings, 'version'>
  readonly duty: Pick<Duty, 'state' | 'reason'>
  readonly policy: () => Policy
  readonly engineState: Pick<EngineState, 'info' | 'problem'>
  readonly walls: WallsKnown
  readonly reservations: Pick<Reservations, 'held'>
  readonly waiting: Pick<WaitingRoom, 'size'>
  readonly imageRefusals: Pick<ImageRefusals, 'version'>
  readonly law: Pick<ClusterLaw, 'obstacleOf'>
  readonly clock: Clock
}

/**
 * Stands for everything outside of one workload on which a look at it depends, as it was at a moment:
 * the same object as long as all of it is the same.
 */
export type WorldStamp = readonly unknown[]

/**
 * Says whether what a look at a workload goes by is still as it was, without looking. What each part of
 * a look reads, and how it gets in here, is told in docs/architecture.md; whoever lets a look depend on
 * something else has to add it.
 */
export class WorldStamps {
  readonly #options: WorldStampsOptions
  readonly #openHours = openHoursOf()
  #last: WorldStamp = []
  #laws = { version: -1, wallMs: 0, byOwner: new Map<Did, string>() }

  constructor(options: WorldStampsOptions) {
    this.#options = options
  }

  /** Undefined while looks depend on something that time alone changes. */
  now(): WorldStamp | undefined {
    const { view, settings, duty, engineState, walls, reservations } = this.#options
    const { policy, waiting, imageRefusals, clock } = this.#options
    if (engineState.problem || duty.state === 'draining' || waiting.size > 0) return undefined
    const rules = policy()
    const stamp = [
      view.newsVersion(),
      settings.version,
      duty.state,
      duty.reason,
      rules,
      this.#openHours(rules, clock.wallMs()),
      engineState.info,
      wallsText(walls),
      reservations.held().version,
      imageRefusals.version,
    ]
    if (stamp.some((part, index) => part !== this.#last[index])) this.#last = stamp
    return this.#last
  }

  /** What stands against all work of an owner by what her clusters decided, and how she stands in them. */
  lawOn(owner: Did): string {
    const { law, view, clock } = this.#options
    const [version, wallMs] = [view.version(), clock.wallMs()]
    if (this.#laws.version !== version || this.#laws.wallMs !== wallMs)
      this.#laws = { version, wallMs, byOwner: new Map() }
    const known = this.#laws.byOwner.get(owner)
    if (known !== undefined) return known
    const { reason = '', message = '' } = law.obstacleOf(owner) ?? {}
    const text = `${reason} ${message}`
    this.#laws.byOwner.set(owner, text)
    return text
  }
}
