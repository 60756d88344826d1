import { messageOf } from '../model/errors.ts'
import { COLLECTION, type Collection } from '../model/nsid.ts'
import { rememberByObject } from '../model/remember.ts'
import { sameContent } from '../model/same-content.ts'
import type { Journal } from '../ports/journal.ts'
import type { Log } from '../ports/log.ts'
import type { StoredRecord } from '../ports/records.ts'

type Listed = readonly (readonly [rkey: string, record: StoredRecord])[]

/** The records of our repo that the PDS acknowledged, in memory for reading and in the journal. */
export class AcknowledgedRecords {
  readonly #journal: Journal
  readonly #log: Log
  /** Keys of what the journal does not hold as it is. */
  readonly #unsaved = new Map<string, readonly [Collection, string]>()
  readonly #byCollection = new Map<Collection, Map<string, StoredRecord>>()
  /** What was asked for since the last change. */
  readonly #listed = new Map<Collection, Listed>()

  #version = 0
  #newsVersion = 0

  constructor(journal: Journal, log: Log) {
    this.#journal = journal
    this.#log = log
    for (const { collection, rkey, cid, value } of journal.records())
      this.#of(collection).set(rkey, { cid, value })
  }

  /** Grows with each change. */
  get version(): number {
    return this.#version
  }

  /** The same, but for the times in the status of this machine. */
  get newsVersion(): number {
    return this.#newsVersion
  }

  get(collection: Collection, rkey: string): StoredRecord | undefined {
    return this.#byCollection.get(collection)?.get(rkey)
  }

  /** By key, sorted. */
  list(collection: Collection): Listed {
    const before = this.#listed.get(collection)
    if (before) return before
    const listed = Object.freeze([...this.#of(collection)].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    this.#listed.set(collection, listed)
    return listed
  }

  set(collection: Collection, rkey: string, record: StoredRecord): void {
    const { cid, value } = record
    const isRefreshed =
      collection === COLLECTION.meshletStatus &&
      sameContent(this.get(collection, rkey)?.value, value)
    if (!isRefreshed) this.#newsVersion++
    this.#of(collection).set(rkey, { cid, value })
    this.#save(collection, rkey)
  }

  delete(collection: Collection, rkey: string): void {
    this.#newsVersion++
    this.#of(collection).delete(rkey)
    this.#save(collection, rkey)
  }

  /** Saves what the disk did not take. Throws when it still does not. */
  saveAgain(): void {
    for (const [key, [of, name]] of this.#unsaved) {
      const record = this.get(of, name)
      if (record) this.#journal.saveRecord({ collection: of, rkey: name, ...record })
      else this.#journal.removeRecord(of, name)
      this.#unsaved.delete(key)
    }
  }

  /** What the disk does not take is tried again with the next record; until then memory holds it. */
  #save(collection: Collection, rkey: string): void {
    this.#version++
    this.#listed.delete(collection)
    this.#unsaved.set(`${collection}/${rkey}`, [collection, rkey])
    try {
      this.saveAgain()
    } catch (error) {
      this.#log.debug('acknowledged records are kept in memory only', {
        error: messageOf(error),
        unsaved: this.#unsaved.size,
      })
    }
  }

  #of(collection: Collection): Map<string, StoredRecord> {
    const known = this.#byCollection.get(collection)
    if (known) return known
    const fresh = new Map<string, StoredRecord>()
    this.#byCollection.set(collection, fresh)
    return fresh
  }
}

const rememberedValues = rememberByObject(
  (listed: Listed): readonly (readonly [string, unknown])[] =>
    Object.freeze(listed.map(([rkey, { value }]) => [rkey, value] as const)),
)

/** What the records of a list say, by key; the same object for the same list. */
export function valuesOf<T>(
  listed: readonly (readonly [string, StoredRecord<T>])[],
): readonly (readonly [rkey: string, value: T])[] {
  return rememberedValues(listed) as readonly (readonly [string, T])[]
}
