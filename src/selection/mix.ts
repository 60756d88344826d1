import { sha256Bytes } from '../model/hash.ts'
import { rememberByText } from '../model/remember.ts'

/** Every choice among the same machines hashes their DIDs again. */
const REMEMBERED_MAX = 4_096

/** The first 64 bits of a SHA-256, big-endian, as two signed 32-bit halves. */
export interface Hash64 {
  readonly high: number
  readonly low: number
}

/** Hash of a placement key or of a DID, once each; pairs of them are then combined by `mix`. */
export const hash64 = rememberByText(REMEMBERED_MAX, (text): Hash64 => {
  const bytes = sha256Bytes(text)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { high: view.getInt32(0), low: view.getInt32(4) }
})

/**
 * Combines two hashes to an integer in [0, 2^53): two Feistel rounds over their exclusive or with
 * the 32-bit finaliser of MurmurHash3 as round function. For one fixed key it is a bijection of 64
 * bits, of which the upper 53 are returned. Costs some nanoseconds and no SHA-256 a pair.
 *
 *   low  = key.low  ^ did.low  ^ f(key.high ^ did.high)
 *   high = key.high ^ did.high ^ f(low)
 *   mix  = high · 2^21 + (low >>> 11)
 */
export function mix(key: Hash64, did: Hash64): number {
  const difference = key.high ^ did.high
  const low = key.low ^ did.low ^ finalise(difference)
  const high = difference ^ finalise(low)
  return (high >>> 0) * 0x200000 + (low >>> 11)
}

/**
 * The upper 32 bits of `mix`, as a signed number in the same order: quick to compare, and mostly enough
 * to tell who comes too late.
 */
export function mixUpper(keyHigh: number, keyLow: number, didHigh: number, didLow: number): number {
  const difference = keyHigh ^ didHigh
  return difference ^ finalise(keyLow ^ didLow ^ finalise(difference)) ^ FLIP
}

/** What `mixUpper` gives for a result of `mix`. */
export function upperOf(mixed: number): number {
  return Math.floor(mixed / 0x200000) ^ FLIP
}

/** No result of `mixUpper` is larger. */
export const LAST_UPPER = 0x7fffffff

/** Turns the order of unsigned 32-bit numbers into that of signed ones. */
const FLIP = 0x80000000

/** MurmurHash3's fmix32. */
function finalise(value: number): number {
  let h = value
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
