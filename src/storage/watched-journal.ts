import { CommuneError, messageOf } from '../model/errors.ts'
import type { Journal } from '../ports/journal.ts'
import type { StorageState } from './storage-state.ts'

/** The same journal; what can't be written is reported, and fails with code `io` and clear words. */
export function watchJournal(journal: Journal, state: StorageState): Journal {
  const write = (act: () => void) => {
    try {
      act()
    } catch (cause) {
      state.noteFailure(cause)
      const message = `The state folder can’t be written: ${messageOf(cause)}`
      throw new CommuneError('io', message, { cause, retry: true })
    }
  }
  return {
    records: () => journal.records(),
    saveRecord: (record) => write(() => journal.saveRecord(record)),
    removeRecord: (collection, rkey) => write(() => journal.removeRecord(collection, rkey)),
    setting: (name) => journal.setting(name),
    saveSetting: (name, value) => write(() => journal.saveSetting(name, value)),
    appendEvent: (event) => write(() => journal.appendEvent(event)),
    events: (query) => journal.events(query),
  }
}
