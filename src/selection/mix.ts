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
  return { high: int32At(bytes, 0), low: int32At(bytes, 4) }
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
 * The upper 16 bits of `mix` on top of 16 that mean nothing, as a signed number: mostly enough to tell
 * who comes too late, in half the steps. It takes the halves of both hashes folded (`fold`): the
 * finaliser begins and ends with that, it is linear, and done twice it undoes itself, so all of it
 * but what stands here can be done once a key and once a DID.
 */
export function mixTop(keyHigh: number, keyLow: number, didHigh: number, didLow: number): number {
  const difference = keyHigh ^ didHigh
  const low = keyLow ^ didLow ^ scramble(difference)
  return difference ^ scramble(low) ^ FLIP
}

/** No `mixTop` of a lower or equal result of `mix` is larger. */
export function topOf(mixed: number): number {
  return (Math.floor(mixed / 0x200000) | 0xffff) ^ FLIP
}

/** No result of `mixTop` is larger. */
export const LAST_TOP = 0x7fffffff

/** The exclusive or of a half with its own upper half. */
export function fold(half: number): number {
  return half ^ (half >>> 16)
}

/** Turns the order of unsigned 32-bit numbers into that of signed ones. */
const FLIP = 0x80000000

/** MurmurHash3's fmix32. */
function finalise(value: number): number {
  return fold(scramble(fold(value)))
}

/** The inner steps of it. */
function scramble(value: number): number {
  const h = Math.imul(value, 0x85ebca6b)
  return Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
}

function int32At(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let i = at; i < at + 4; i++) value = (value << 8) | (bytes[i] as number)
  return value
}
