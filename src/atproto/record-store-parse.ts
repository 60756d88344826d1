import { isPlainObject } from '@atproto/lex'
import { cborToLexRecord } from '@atproto/repo'
import { messageOf } from '../model/errors.ts'
import type { Collection } from '../model/nsid.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { RawRecord } from './repo-walk.ts'
import { parseRecord } from './validate.ts'

/** A record for the view, deeply frozen, or why it is kept out of it. */
export type ViewValue =
  | { readonly ok: true; readonly value: object }
  | { readonly ok: false; readonly reason: string }

/** Parses a record; the same bytes and name always give the same. */
export type ParseViewValue = (
  collection: Collection,
  rkey: string,
  raw: Pick<RawRecord, 'cid' | 'bytes'>,
) => ViewValue

/** Keys of collections that hold one record. */
const SINGLETON_KEY = 'self'

/** Parses the block of a record with its lexicon, and checks that the key fits. Never throws. */
export function parseViewValue(
  collection: Collection,
  rkey: string,
  { bytes }: Pick<RawRecord, 'bytes'>,
): ViewValue {
  if (bytes === undefined) return invalid('it is larger than a record may be')
  try {
    return judgeViewValue(collection, rkey, cborToLexRecord(bytes))
  } catch (error) {
    return invalid(messageOf(error).slice(0, 200))
  }
}

/** Holds a decoded record to its lexicon, checks that the key fits, and freezes it. */
export function judgeViewValue(collection: Collection, rkey: string, value: unknown): ViewValue {
  const parsed = parseRecord(collection, value)
  if (!parsed.ok) return invalid(parsed.error)
  const fault = keyFault(collection, rkey, parsed.value)
  return fault === undefined ? { ok: true, value: freeze(parsed.value) } : invalid(fault)
}

/** Two records of the same thing under two keys would let their owner be read in two ways. */
function keyFault(collection: Collection, rkey: string, value: object): string | undefined {
  switch (collection) {
    case COLLECTION.workload:
      return 'name' in value && value.name === rkey ? undefined : 'its key is not its name'
    case COLLECTION.meshletOwner:
    case COLLECTION.meshletStatus:
      return rkey === SINGLETON_KEY ? undefined : `its key is not ${SINGLETON_KEY}`
    default:
      return undefined
  }
}

function freeze<T extends object>(value: T): T {
  for (const child of Object.values(value)) {
    // Bytes can't be frozen; CID objects are immutable and cache inside.
    if (Array.isArray(child) || isPlainObject(child)) freeze(child)
  }
  return Object.freeze(value)
}

function invalid(reason: string): ViewValue {
  return { ok: false, reason }
}
