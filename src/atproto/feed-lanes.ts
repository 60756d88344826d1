import { MemoryRunner } from '@atproto/sync'
import { CommuneError } from '../model/errors.ts'

/**
 * Takes in the events of one connection: those of one repo one after another, those of different
 * repos side by side, so that a DID which is slow to resolve keeps nobody else waiting. The cursor
 * moves as far as everything before it was taken in, and never past an event that failed: after that
 * nothing is begun any more, and the next connection brings the rest again.
 */
export class FeedLanes {
  readonly #runner: MemoryRunner
  #ended = false

  constructor(moveCursor: (seq: number) => void) {
    this.#runner = new MemoryRunner({ setCursor: async (seq) => moveCursor(seq) })
  }

  /** Call it in the order of the stream. Rejects when the event, or one before it, failed. */
  run(lane: string, seq: number, take: () => Promise<void>): Promise<void> {
    return this.#runner.trackEvent(lane, seq, async () => {
      if (this.#ended) throw new CommuneError('interrupted', 'The connection is given up')
      try {
        await take()
      } catch (error) {
        this.#ended = true
        throw error
      }
    })
  }

  /** Begins no further event. */
  end(): void {
    this.#ended = true
  }

  /** Resolves when all that was begun has come to its end. */
  idle(): Promise<void> {
    return this.#runner.processAll()
  }
}
