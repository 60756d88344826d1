import type { Clock } from '../ports/clock.ts'
import type { Outcome } from '../reconcile/outcome.ts'
import type { StorageState } from '../storage/storage-state.ts'
import type { Duty } from './duty.ts'
import type { OwnRecords } from './own-records.ts'
import type { Settings } from './settings.ts'

export interface StorageWatchOptions {
  readonly storage: StorageState
  readonly settings: Settings
  readonly own: Pick<OwnRecords, 'saveAgain'>
  readonly duty: Pick<Duty, 'saveAgain'>
  readonly clock: Clock
}

/** How often it is tried whether the state folder can be written again. */
const RETRY_MS = 5_000

/** Tries, while the state folder can't be written, and saves what could not be saved meanwhile. */
export class StorageWatch {
  readonly #options: StorageWatchOptions

  constructor(options: StorageWatchOptions) {
    this.#options = options
  }

  look(): Outcome {
    const { storage, settings, own, duty, clock } = this.#options
    if (!storage.problem) return { kind: 'done' }
    try {
      settings.probe(clock.wallMs())
      own.saveAgain()
      duty.saveAgain()
      storage.noteWell()
      return { kind: 'done' }
    } catch {
      // The journal has reported it.
      return { kind: 'again', afterMs: RETRY_MS }
    }
  }
}
