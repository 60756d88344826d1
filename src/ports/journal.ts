import type { Collection } from '../model/nsid.ts'
import type { StoredRecord } from './records.ts'

/** One record of our own repo as the PDS acknowledged it. */
export interface JournalRecord extends StoredRecord {
  readonly collection: Collection
  readonly rkey: string
}

/**
 * What a meshlet must not forget. Each call is durable when it returns. The journal may be lost: all
 * of it can be rebuilt from the records and the engine, at the price of a new epoch.
 */
export interface Journal {
  records(): readonly JournalRecord[]
  saveRecord(record: JournalRecord): void
  removeRecord(collection: Collection, rkey: string): void
  setting(name: string): string | undefined
  saveSetting(name: string, value: string | undefined): void
}
