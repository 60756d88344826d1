import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { parseDidKey } from '@atproto/crypto'

/** True when `signature` (64 bytes, r then s, low s) by `didKey` (`did:key:…`) covers `message`. */
export type SignatureVerifier = (
  didKey: string,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean

const CURVES = {
  ES256K: {
    name: 'secp256k1',
    order: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  },
  ES256: {
    name: 'P-256',
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
} as const

const SIGNATURE_BYTES = 64
const CACHED_KEYS_MAX = 2_000

interface Key {
  readonly key: KeyObject
  readonly order: bigint
}

/**
 * Verifies with OpenSSL, five to thirty times faster than the JavaScript curves, under the same rules
 * as `@atproto/crypto`: the compact form only, and the low half of s only, since each signature would
 * otherwise exist twice. Throws when the key itself can't be read. Keys are cached, the oldest goes.
 */
export function createSignatureVerifier(): SignatureVerifier {
  const keys = new Map<string, Key>()
  return (didKey, message, signature) => {
    const cached = keys.get(didKey)
    const key = cached ?? readKey(didKey)
    if (!cached) {
      if (keys.size >= CACHED_KEYS_MAX) keys.delete(keys.keys().next().value as string)
      keys.set(didKey, key)
    }
    if (signature.length !== SIGNATURE_BYTES || !hasLowS(signature, key.order)) return false
    return verify('sha256', message, { key: key.key, dsaEncoding: 'ieee-p1363' }, signature)
  }
}

function readKey(didKey: string): Key {
  const { jwtAlg, keyBytes } = parseDidKey(didKey)
  const curve = jwtAlg === 'ES256K' ? CURVES.ES256K : CURVES.ES256
  const coordinate = (from: number, to?: number) =>
    Buffer.from(keyBytes.subarray(from, to)).toString('base64url')
  // The uncompressed point: one byte that says so, then x and y of 32 bytes each.
  const jwk = { kty: 'EC', crv: curve.name, x: coordinate(1, 33), y: coordinate(33) }
  return { key: createPublicKey({ key: jwk, format: 'jwk' }), order: curve.order }
}

function hasLowS(signature: Uint8Array, order: bigint): boolean {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
  return s <= order / 2n
}
