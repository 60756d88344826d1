import { canonicalJson } from '../model/canonical.ts'
import { sha256Hex } from '../model/hash.ts'
import type { WorkloadRecord } from '../model/records.ts'
import { BOOKKEEPING } from './field-diff.ts'

const DIGITS = 32

/** Hash over what the files decide of a record: the first 32 hexadecimal digits of SHA-256. */
export function contentHash(record: WorkloadRecord): string {
  const content = Object.entries(record).filter(([name]) => !BOOKKEEPING.has(name))
  return sha256Hex(canonicalJson(Object.fromEntries(content))).slice(0, DIGITS)
}

/** True when something else than sync changed the record since it was published. */
export function hasDrifted(record: WorkloadRecord): boolean {
  const published = record.source?.contentHash
  return published !== undefined && published !== contentHash(record)
}
