import { messageOf } from '../model/errors.ts'
import type { Log } from '../ports/log.ts'
import type { EngineShare } from './engine-state.ts'
import type { Settings } from './settings.ts'

export interface HeldContainersOptions {
  readonly settings: Settings
  readonly log: Log
  /** All containers were lost, and the epoch is a new one. */
  readonly onLost: () => void
}

/** So many removals are remembered: far more than can overlap with one listing. */
const REMOVED_KEPT_MAX = 1_000

/**
 * Notices that the engine lost its data: nothing of what was held is there any more, not even a
 * network, and it was not this meshlet that removed it. What ran here before is gone with all that it
 * had written, so the machine takes a new epoch. A container that somebody removed by hand leaves its
 * network behind, and is simply put back.
 */
export class HeldContainers {
  readonly #options: HeldContainersOptions
  /** A listing that began before a removal may still show what was removed. */
  readonly #removed = new Set<string>()
  #held: readonly string[]

  constructor(options: HeldContainersOptions) {
    this.#options = options
    this.#held = options.settings.held
  }

  /** To be called before a container is removed. */
  noteRemoving(id: string): void {
    const [oldest] = this.#removed
    if (oldest !== undefined && this.#removed.size >= REMOVED_KEPT_MAX) this.#removed.delete(oldest)
    this.#removed.add(id)
    this.#unlessDiskFails(() => this.#save(this.#held.filter((held) => held !== id)))
  }

  noteListed(share: EngineShare): void {
    this.#unlessDiskFails(() => this.#compare(share))
  }

  #compare({ containers, networks }: EngineShare): void {
    const isWiped = containers.length === 0 && networks.length === 0 && this.#held.length > 0
    if (isWiped) this.#takeEpoch()
    const seen = containers.map(({ id }) => id).filter((id) => !this.#removed.has(id))
    this.#save(seen.toSorted())
  }

  #takeEpoch(): void {
    const { settings, log, onLost } = this.#options
    // Without one the journal is new, and a new epoch is taken for that.
    if (settings.epoch === undefined) return
    const epoch = settings.epoch + 1
    settings.saveEpoch(epoch)
    log.warn('the engine has lost all our containers; taking a new epoch', {
      epoch,
      lost: this.#held.length,
    })
    onLost()
  }

  /** What could not be saved is found again with the next listing. */
  #unlessDiskFails(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#options.log.error('the state folder can’t be written; what runs goes on running', {
        error: messageOf(error),
      })
    }
  }

  #save(ids: readonly string[]): void {
    if (ids.length === this.#held.length && ids.every((id, index) => id === this.#held[index]))
      return
    this.#options.settings.saveHeld(ids)
    this.#held = ids
  }
}
