import { base32Lower, sha256Bytes } from './hash.ts'
import { rememberByText } from './remember.ts'

const RECORD_KEY_BYTES = 15
/** Each look at a workload asks for the same few keys many times. */
const REMEMBERED_MAX = 4_096

/**
 * The record key of what a meshlet writes about something: bids and statuses by the workload's uri,
 * suspicions by the suspect's DID. 24 characters: base32 of the first 15 bytes of SHA-256.
 */
export const recordKeyFor = rememberByText(REMEMBERED_MAX, (text) =>
  base32Lower(sha256Bytes(text).subarray(0, RECORD_KEY_BYTES)),
)
