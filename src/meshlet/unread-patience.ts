import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { RecordView } from '../ports/records.ts'

/**
 * How long new work waits for a repo that was never read. A member may be listed under a DID that
 * does not exist, or be away for good; that must not keep everybody else's work from starting.
 */
export const UNREAD_MS_MAX = 60_000

/** Remembers since when repos could not be read, and says when nobody waits for them any more. */
export class UnreadPatience {
  readonly #view: RecordView
  readonly #clock: Clock
  readonly #unreadSinceMs = new Map<Did, number>()

  constructor(view: RecordView, clock: Clock) {
    this.#view = view
    this.#clock = clock
  }

  /** Whether new work still waits until this repo is read. */
  isAwaited(did: Did): boolean {
    if (this.#view.repoState(did) === 'known') {
      this.#unreadSinceMs.delete(did)
      return false
    }
    const now = this.#clock.monotonicMs()
    const sinceMs = this.#unreadSinceMs.get(did) ?? now
    this.#unreadSinceMs.set(did, sinceMs)
    return now - sinceMs < UNREAD_MS_MAX
  }
}
