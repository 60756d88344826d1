import { ConsecutiveList } from '@atproto/sync'
import { CommuneError } from '../model/errors.ts'

/**
 * Takes in the events of one connection: those of one repo one after another, those of different
 * repos side by side, so that a DID which is slow to resolve keeps nobody else waiting. The cursor
 * moves as far as everything before it was taken in, and never past an event that failed: after that
 * nothing is begun any more, and the next connection brings the rest again.
 */
export class FeedLanes {
  readonly #order = new ConsecutiveList<number>()
  /** What each repo's next event waits for. */
  readonly #lanes = new Map<string, Promise<void>>()
  readonly #moveCursor: (seq: number) => void
  #ended = false

  constructor(moveCursor: (seq: number) => void) {
    this.#moveCursor = moveCursor
  }

  /** Call it in the order of the stream. Rejects when the event, or one before it, failed. */
  run(lane: string, seq: number, take: () => Promise<void>): Promise<void> {
    const item = this.#order.push(seq)
    const before = this.#lanes.get(lane)
    const taken = this.#take(before, take).then(() => this.#completed(item.complete()))
    const settled: Promise<void> = taken.catch(() => {}).then(() => this.#leave(lane, settled))
    this.#lanes.set(lane, settled)
    return taken
  }

  /** Notes an event that asks for nothing. Call it in the order of the stream. */
  pass(seq: number): void {
    if (this.#ended) return
    // Mostly nothing is under way, and then there is no order to keep.
    if (this.#lanes.size === 0) this.#moveCursor(seq)
    else this.#completed(this.#order.push(seq).complete())
  }

  /** Begins no further event. */
  end(): void {
    this.#ended = true
  }

  /** Resolves when all that was begun has come to its end. */
  async idle(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all(this.#lanes.values())
  }

  async #take(before: Promise<void> | undefined, take: () => Promise<void>): Promise<void> {
    await before
    if (this.#ended) throw new CommuneError('interrupted', 'The connection is given up')
    try {
      await take()
    } catch (error) {
      this.#ended = true
      throw error
    }
  }

  #completed(seqs: readonly number[]): void {
    const latest = seqs.at(-1)
    if (latest !== undefined) this.#moveCursor(latest)
  }

  #leave(lane: string, settled: Promise<void>): void {
    if (this.#lanes.get(lane) === settled) this.#lanes.delete(lane)
  }
}
