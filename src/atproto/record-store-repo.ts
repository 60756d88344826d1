import type { Collection } from '../model/nsid.ts'
import type { Cid } from '../model/records.ts'
import type { StoredRecord } from '../ports/records.ts'
import type { ParseViewValue } from './record-store-parse.ts'
import { flat } from './repo-link.ts'
import { OVER_QUOTA, type RawRecord } from './repo-walk.ts'
import { isCollection } from './validate.ts'

/** How far a repo was read: its revision, the root of its tree, and the commit that says so. */
export interface RepoPosition {
  readonly rev: string
  readonly data: Cid
  readonly commit: Cid
}

/**
 * A listing that lacks records which were there before, without proof that somebody deleted them.
 * They are kept until the repo is written again or a day has passed.
 */
export interface HeldListing {
  readonly rev: string
  readonly commit: Cid
  /** When this was first seen, in milliseconds since 1970. */
  readonly sinceMs: number
}

/** What is known about a repo besides its records. */
export interface RepoFacts {
  /** Origin of its PDS. */
  readonly host: string | undefined
  /** Absent: never read. */
  readonly position: RepoPosition | undefined
  readonly held: HeldListing | undefined
  readonly problem: string | undefined
  /** Over its quota: the last records by key are missing here. */
  readonly truncated: boolean
}

export const NO_FACTS: RepoFacts = {
  host: undefined,
  position: undefined,
  held: undefined,
  problem: undefined,
  truncated: false,
}

/** A record as stored: it is as of `rev`, which may be ahead of the repo's position. */
export interface VersionedRecord extends RawRecord {
  readonly rev: string
}

/** A stored record without its bytes, which lie on the disk. */
export interface KeptRecord {
  /** `collection/rkey` */
  readonly key: string
  readonly cid: Cid
  readonly rev: string
  /** Of its bytes; 0 for one that is larger than a record may be. */
  readonly size: number
}

export interface RepoSize {
  readonly records: number
  readonly bytes: number
}

export function toKeptRecord({ key, cid, rev, bytes }: VersionedRecord): KeptRecord {
  return { key, cid, rev, size: bytes?.length ?? 0 }
}

/** A record that does not count, and why, for people. */
export interface InvalidRecord {
  readonly collection: Collection
  readonly rkey: string
  readonly cid: Cid
  readonly reason: string
}

/** What memory holds of one record, for each of some ten thousand: no text of it stands here twice. */
interface Cell {
  readonly cid: Cid
  readonly rev: string
  readonly size: number
  readonly stored: StoredRecord<object> | undefined
  readonly reason: string | undefined
}

type Listed = readonly (readonly [rkey: string, StoredRecord<object>])[]

/** One repo in memory: parsed once, read many times. */
export class RepoMirror {
  facts: RepoFacts = NO_FACTS
  readonly #cells = new Map<Collection, Map<string, Cell>>()
  /** What was asked for since the last change; also that there is nothing. */
  readonly #listed = new Map<string, Listed>()
  readonly #parse: ParseViewValue
  #lastKey: string | undefined
  #lastRev = ''
  #records = 0
  #bytes = 0

  constructor(parse: ParseViewValue) {
    this.#parse = parse
  }

  get size(): RepoSize {
    return { records: this.#records, bytes: this.#bytes }
  }

  raw(key: string): KeptRecord | undefined {
    const cell = this.#cell(key)
    return cell && keptRecord(key, cell)
  }

  /** Every stored record, in no particular order. */
  *raws(): Iterable<KeptRecord> {
    for (const [collection, cells] of this.#cells)
      for (const [rkey, cell] of cells) yield keptRecord(`${collection}/${rkey}`, cell)
  }

  /** The CID that the view shows; undefined for what is absent or invalid. */
  visibleCid(key: string): Cid | undefined {
    return this.#cell(key)?.stored?.cid
  }

  get(collection: string, rkey: string): StoredRecord<object> | undefined {
    return this.#cells.get(collection as Collection)?.get(rkey)?.stored
  }

  list(collection: string): Listed {
    const cached = this.#listed.get(collection)
    if (cached) return cached
    const found: (readonly [rkey: string, StoredRecord<object>])[] = []
    for (const [rkey, { stored }] of this.#cells.get(collection as Collection) ?? [])
      if (stored) found.push(Object.freeze([rkey, stored] as const))
    const listed = Object.freeze(found.toSorted(([a], [b]) => (a < b ? -1 : 1)))
    this.#listed.set(collection, listed)
    return listed
  }

  /** Why the record does not count; undefined when it does, or is not there. */
  reason(key: string): string | undefined {
    const cell = this.#cell(key)
    if (cell || !this.facts.truncated) return cell?.reason
    // What lies behind the last record that is read may be there or not.
    return this.#findLastKey() > key ? undefined : OVER_QUOTA
  }

  invalid(): InvalidRecord[] {
    const found: InvalidRecord[] = []
    for (const [collection, cells] of this.#cells)
      for (const [rkey, { cid, reason }] of cells)
        if (reason !== undefined) found.push({ collection, rkey, cid, reason })
    return found.toSorted((a, b) =>
      `${a.collection}/${a.rkey}` < `${b.collection}/${b.rkey}` ? -1 : 1,
    )
  }

  put(record: VersionedRecord): void {
    const name = splitKey(record.key)
    if (!name) return
    const cells = this.#cells.get(name.collection) ?? new Map<string, Cell>()
    this.#cells.set(name.collection, cells)
    const before = cells.get(name.rkey)
    const cell = this.#toCell(record, name, before)
    cells.set(before ? name.rkey : flat(name.rkey), cell)
    this.#records += before ? 0 : 1
    this.#bytes += cell.size - (before?.size ?? 0)
    this.#changed(name.collection)
  }

  remove(key: string): void {
    const name = splitKey(key)
    const before = this.#cell(key)
    if (!name || !before) return
    this.#cells.get(name.collection)?.delete(name.rkey)
    this.#records -= 1
    this.#bytes -= before.size
    this.#changed(name.collection)
  }

  #cell(key: string): Cell | undefined {
    const name = splitKey(key)
    return name && this.#cells.get(name.collection)?.get(name.rkey)
  }

  #toCell(
    record: VersionedRecord,
    { collection, rkey }: RecordName,
    before: Cell | undefined,
  ): Cell {
    // A listing brings many of one revision.
    const rev = record.rev === this.#lastRev ? this.#lastRev : (this.#lastRev = record.rev)
    const { cid } = record
    const size = record.bytes?.length ?? 0
    // The same content again: whoever holds the value keeps the very same object.
    if (before?.cid === cid) return { ...before, rev, size }
    const parsed = this.#parse(collection, rkey, record)
    const stored = parsed.ok ? Object.freeze({ cid, value: parsed.value }) : undefined
    return { cid, rev, size, stored, reason: parsed.ok ? undefined : parsed.reason }
  }

  #changed(collection: Collection): void {
    this.#listed.delete(collection)
    this.#lastKey = undefined
  }

  #findLastKey(): string {
    if (this.#lastKey !== undefined) return this.#lastKey
    let last = ''
    for (const { key } of this.raws()) if (key > last) last = key
    this.#lastKey = last
    return last
  }
}

function keptRecord(key: string, { cid, rev, size }: Cell): KeptRecord {
  return { key, cid, rev, size }
}

interface RecordName {
  readonly collection: Collection
  readonly rkey: string
}

/** Splits `collection/rkey`; undefined for collections that are not ours. */
export function splitKey(key: string): RecordName | undefined {
  const slash = key.indexOf('/')
  const collection = key.slice(0, slash)
  if (slash < 0 || !isCollection(collection)) return undefined
  return { collection, rkey: key.slice(slash + 1) }
}
