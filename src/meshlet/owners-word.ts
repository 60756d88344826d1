import { messageOf } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { MeshletRecord } from '../model/records.ts'
import type { Log } from '../ports/log.ts'
import type { RecordView } from '../ports/records.ts'
import type { MeshletConfig } from './config.ts'
import type { Duty } from './duty.ts'
import type { Settings } from './settings.ts'

export interface OwnersWordOptions {
  readonly config: MeshletConfig
  readonly view: RecordView
  readonly duty: Duty
  readonly settings: Settings
  readonly log: Log
}

/**
 * What the machine's owner says in her own record that the machine is to do with work: the way to tell
 * a machine that nobody can call. It is obeyed once each time that it is said anew, so that the last
 * word counts, whether it was a call or the record.
 */
export class OwnersWord {
  readonly #options: OwnersWordOptions

  constructor(options: OwnersWordOptions) {
    this.#options = options
  }

  look(): void {
    const { settings, log } = this.#options
    const record = this.#record()
    if (!record) return
    const { desiredState, stateReason, drainMs, stateSince } = record
    const word = JSON.stringify([desiredState, stateReason, drainMs, stateSince])
    if (word === settings.ownersWord) return
    try {
      // First, so that a record is never obeyed again and again.
      settings.saveOwnersWord(word)
    } catch (error) {
      log.warn('the owner’s record is not obeyed yet', { reason: messageOf(error) })
      return
    }
    this.#obey(record)
  }

  #obey({ desiredState, stateReason: reason, drainMs: timeoutMs }: MeshletRecord): void {
    const { duty, log } = this.#options
    log.info('the owner says in her record what it does with work', { state: desiredState, reason })
    if (desiredState === 'cordoned') duty.pause(reason)
    if (desiredState === 'draining') duty.drain({ reason, timeoutMs })
    if (desiredState === 'active') duty.resume()
  }

  #record(): MeshletRecord | undefined {
    const { config, view } = this.#options
    return view
      .list<MeshletRecord>(config.ownerDid, COLLECTION.meshlet)
      .map(([, { value }]) => value)
      .find(({ meshletDid, desiredState }) => meshletDid === config.did && desiredState)
  }
}
