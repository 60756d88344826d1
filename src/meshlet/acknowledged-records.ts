import type { Collection } from '../model/nsid.ts'
import type { Journal } from '../ports/journal.ts'
import type { StoredRecord } from '../ports/records.ts'

/** The records of our repo that the PDS acknowledged, in memory for reading and in the journal. */
export class AcknowledgedRecords {
  readonly #journal: Journal
  readonly #byCollection = new Map<Collection, Map<string, StoredRecord>>()

  constructor(journal: Journal) {
    this.#journal = journal
    for (const { collection, rkey, cid, value } of journal.records())
      this.#of(collection).set(rkey, { cid, value })
  }

  get(collection: Collection, rkey: string): StoredRecord | undefined {
    return this.#byCollection.get(collection)?.get(rkey)
  }

  /** In no particular order. */
  list(collection: Collection): ReadonlyMap<string, StoredRecord> {
    return this.#of(collection)
  }

  set(collection: Collection, rkey: string, record: StoredRecord): void {
    const { cid, value } = record
    this.#of(collection).set(rkey, { cid, value })
    this.#journal.saveRecord({ collection, rkey, cid, value })
  }

  delete(collection: Collection, rkey: string): void {
    this.#of(collection).delete(rkey)
    this.#journal.removeRecord(collection, rkey)
  }

  #of(collection: Collection): Map<string, StoredRecord> {
    const known = this.#byCollection.get(collection)
    if (known) return known
    const fresh = new Map<string, StoredRecord>()
    this.#byCollection.set(collection, fresh)
    return fresh
  }
}
