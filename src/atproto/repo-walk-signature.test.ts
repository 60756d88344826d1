import { P256Keypair, Secp256k1Keypair, verifySignature } from '@atproto/crypto'
import { describe, expect, it } from 'vitest'
import { createSignatureVerifier } from './repo-walk-signature.ts'

const ORDERS = {
  k256: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  p256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
}
const message = new TextEncoder().encode('a commit')

function withS(signature: Uint8Array, s: bigint): Uint8Array {
  const hex = s.toString(16).padStart(64, '0')
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(hex, 'hex')])
}

function sOf(signature: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
}

/** A signature in the variable-length form that X.509 uses. */
function der(signature: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array) => {
    const padded = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes
    return Buffer.concat([Buffer.of(2, padded.length), padded])
  }
  const body = Buffer.concat([integer(signature.subarray(0, 32)), integer(signature.subarray(32))])
  return Buffer.concat([Buffer.of(0x30, body.length), body])
}

describe.each(['k256', 'p256'] as const)('%s signatures', (curve) => {
  const make = () => (curve === 'k256' ? Secp256k1Keypair.create() : P256Keypair.create())

  async function bothAgree(didKey: string, bytes: Uint8Array, signature: Uint8Array) {
    const ours = createSignatureVerifier()(didKey, bytes, signature)
    const theirs = await verifySignature(didKey, bytes, signature).catch(() => false)
    expect(ours).toBe(theirs)
    return ours
  }

  it('are accepted when good, by us and by the library', async () => {
    const key = await make()
    for (let i = 0; i < 8; i++) {
      const bytes = Buffer.from(`commit ${i}`)
      expect(await bothAgree(key.did(), bytes, await key.sign(bytes))).toBe(true)
    }
  })

  it('are refused when anything differs, by us and by the library', async () => {
    const key = await make()
    const signature = await key.sign(message)
    const other = await (await make()).sign(message)
    const flipped = Uint8Array.from(signature, (byte, i) => (i === 5 ? byte ^ 1 : byte))
    const cases = [
      flipped,
      other,
      withS(signature, ORDERS[curve] - sOf(signature)),
      withS(signature, 0n),
      withS(signature, ORDERS[curve]),
      new Uint8Array(64),
      new Uint8Array(0),
      signature.subarray(0, 63),
      Buffer.concat([signature, Buffer.of(0)]),
      der(signature),
    ]
    for (const bad of cases) expect(await bothAgree(key.did(), message, bad)).toBe(false)
    expect(await bothAgree(key.did(), Buffer.from('another'), signature)).toBe(false)
  })

  it('throws on a key that is none', () => {
    expect(() => createSignatureVerifier()('did:key:zNone', message, new Uint8Array(64))).toThrow()
  })
})
