import { canonicalJson } from '../model/canonical.ts'
import { sha256Hex } from '../model/hash.ts'
import type { WorkloadRecord } from '../model/records.ts'

const DIGITS = 32

/** What a rebalance draws anew, what sync itself keeps, and what says where a record came from. */
type Content = Omit<
  WorkloadRecord,
  '$type' | 'source' | 'createdAt' | 'placementNonce' | 'previous'
>

/** Hash over what the files decide of a record: the first 32 hexadecimal digits of SHA-256. */
export function contentHash(record: WorkloadRecord): string {
  const { $type: _, source, createdAt, placementNonce, previous, ...content } = record
  return sha256Hex(canonicalJson(content satisfies Content)).slice(0, DIGITS)
}

/** True when something else than sync changed the record since it was published. */
export function hasDrifted(record: WorkloadRecord): boolean {
  const published = record.source?.contentHash
  return published !== undefined && published !== contentHash(record)
}
