import type { Collection } from '../model/nsid.ts'
import type { Cid } from '../model/records.ts'
import type { StoredRecord } from '../ports/records.ts'
import type { ParseViewValue } from './record-store-parse.ts'
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

/** A record that does not count, and why, for people. */
export interface InvalidRecord {
  readonly collection: Collection
  readonly rkey: string
  readonly cid: Cid
  readonly reason: string
}

/** The cell of one record in memory. */
interface Cell {
  readonly raw: VersionedRecord
  readonly collection: Collection
  readonly rkey: string
  readonly stored: StoredRecord<object> | undefined
  readonly reason: string | undefined
}

type Listed = readonly (readonly [rkey: string, StoredRecord<object>])[]

/** One repo in memory: parsed once, read many times. */
export class RepoMirror {
  facts: RepoFacts = NO_FACTS
  readonly #cells = new Map<string, Cell>()
  /** Those that count, by collection and record key: without joining both to a new text for each look. */
  readonly #shown = new Map<string, Map<string, StoredRecord<object>>>()
  /** What was asked for since the last change; also that there is nothing. */
  readonly #listed = new Map<string, Listed>()
  readonly #parse: ParseViewValue
  #lastKey: string | undefined

  constructor(parse: ParseViewValue) {
    this.#parse = parse
  }

  raw(key: string): VersionedRecord | undefined {
    return this.#cells.get(key)?.raw
  }

  /** Every stored record, in no particular order. */
  *raws(): Iterable<VersionedRecord> {
    for (const cell of this.#cells.values()) yield cell.raw
  }

  /** The CID that the view shows; undefined for what is absent or invalid. */
  visibleCid(key: string): Cid | undefined {
    return this.#cells.get(key)?.stored?.cid
  }

  get(collection: string, rkey: string): StoredRecord<object> | undefined {
    return this.#shown.get(collection)?.get(rkey)
  }

  list(collection: string): Listed {
    const cached = this.#listed.get(collection)
    if (cached) return cached
    const shown = [...(this.#shown.get(collection) ?? [])]
    const found = shown.map(([rkey, stored]) => Object.freeze([rkey, stored] as const))
    const listed = Object.freeze(found.toSorted(([a], [b]) => (a < b ? -1 : 1)))
    this.#listed.set(collection, listed)
    return listed
  }

  /** Why the record does not count; undefined when it does, or is not there. */
  reason(key: string): string | undefined {
    const cell = this.#cells.get(key)
    if (cell || !this.facts.truncated) return cell?.reason
    // What lies behind the last record that is read may be there or not.
    return this.#findLastKey() > key ? undefined : OVER_QUOTA
  }

  invalid(): InvalidRecord[] {
    const found: InvalidRecord[] = []
    for (const { collection, rkey, raw, reason } of this.#cells.values()) {
      if (reason !== undefined) found.push({ collection, rkey, cid: raw.cid, reason })
    }
    return found.toSorted((a, b) =>
      `${a.collection}/${a.rkey}` < `${b.collection}/${b.rkey}` ? -1 : 1,
    )
  }

  put(raw: VersionedRecord): void {
    const cell = this.#toCell(raw, this.#cells.get(raw.key))
    if (!cell) return
    this.#cells.set(raw.key, cell)
    this.#changed(cell, cell.stored)
  }

  remove(key: string): void {
    const cell = this.#cells.get(key)
    if (!cell) return
    this.#cells.delete(key)
    this.#changed(cell, undefined)
  }

  #toCell(raw: VersionedRecord, previous: Cell | undefined): Cell | undefined {
    const name = splitKey(raw.key)
    if (!name) return undefined
    // The same content again: whoever holds the value keeps the very same object.
    if (previous && previous.raw.cid === raw.cid) return { ...previous, raw }
    const parsed = this.#parse(name.collection, name.rkey, raw)
    const stored = parsed.ok ? Object.freeze({ cid: raw.cid, value: parsed.value }) : undefined
    return { raw, ...name, stored, reason: parsed.ok ? undefined : parsed.reason }
  }

  #changed({ collection, rkey }: Cell, shown: StoredRecord<object> | undefined): void {
    const its = this.#shown.get(collection) ?? new Map<string, StoredRecord<object>>()
    this.#shown.set(collection, its)
    if (shown) its.set(rkey, shown)
    else its.delete(rkey)
    this.#listed.delete(collection)
    this.#lastKey = undefined
  }

  #findLastKey(): string {
    if (this.#lastKey !== undefined) return this.#lastKey
    let last = ''
    for (const key of this.#cells.keys()) if (key > last) last = key
    this.#lastKey = last
    return last
  }
}

/** Splits `collection/rkey`; undefined for collections that are not ours. */
export function splitKey(key: string): { collection: Collection; rkey: string } | undefined {
  const slash = key.indexOf('/')
  const collection = key.slice(0, slash)
  if (slash < 0 || !isCollection(collection)) return undefined
  return { collection, rkey: key.slice(slash + 1) }
}
