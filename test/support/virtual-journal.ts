import type { Collection } from '../../src/model/nsid.ts'
import type { Journal, JournalRecord } from '../../src/ports/journal.ts'

/** A journal that outlives the program that writes it, as long as somebody holds on to it. */
export class VirtualJournal implements Journal {
  readonly #records = new Map<string, JournalRecord>()
  readonly #settings = new Map<string, string>()

  records(): readonly JournalRecord[] {
    return [...this.#records].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record)
  }

  saveRecord(record: JournalRecord): void {
    this.#records.set(`${record.collection}/${record.rkey}`, structuredClone(record))
  }

  removeRecord(collection: Collection, rkey: string): void {
    this.#records.delete(`${collection}/${rkey}`)
  }

  setting(name: string): string | undefined {
    return this.#settings.get(name)
  }

  saveSetting(name: string, value: string | undefined): void {
    if (value === undefined) this.#settings.delete(name)
    else this.#settings.set(name, value)
  }
}
