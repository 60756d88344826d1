import type { EngineLogLine } from '../ports/engine.ts'

/** What a container printed before it was removed. */
export interface Words {
  readonly replica: number
  readonly lines: readonly EngineLogLine[]
}

/** Lines that are kept of one container. */
export const LAST_LINES = 50
const CONTAINERS_MAX = 4
const WORKLOADS_MAX = 200

/**
 * The last lines of containers that failed and are gone: whoever asks why a roll-out went back needs
 * them, and the engine forgets them. Kept in memory, of a few containers a workload.
 */
export class LastWords {
  readonly #byWorkload = new Map<string, readonly Words[]>()

  keep(uri: string, words: Words): void {
    if (words.lines.length === 0) return
    const before = this.#byWorkload.get(uri) ?? []
    // Put in again, so that the workload that said nothing for longest is forgotten first.
    this.#byWorkload.delete(uri)
    this.#byWorkload.set(uri, [...before, words].slice(-CONTAINERS_MAX))
    const [oldest] = this.#byWorkload.keys()
    if (this.#byWorkload.size > WORKLOADS_MAX && oldest !== undefined)
      this.#byWorkload.delete(oldest)
  }

  of(uri: string): readonly Words[] {
    return this.#byWorkload.get(uri) ?? []
  }
}
