import { base32Lower, sha256Bytes } from './hash.ts'

const RECORD_KEY_BYTES = 15

/**
 * The record key of what a meshlet writes about something: bids and statuses by the workload's uri,
 * suspicions by the suspect's DID. 24 characters: base32 of the first 15 bytes of SHA-256.
 */
export function recordKeyFor(text: string): string {
  return base32Lower(sha256Bytes(text).subarray(0, RECORD_KEY_BYTES))
}
