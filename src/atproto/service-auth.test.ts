import { P256Keypair, Secp256k1Keypair } from '@atproto/crypto'
import type { Keypair } from '@atproto/crypto'
import { createServiceJwt } from '@atproto/xrpc-server'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { METHOD } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { signHeartbeatToken } from './heartbeat-key.ts'
import { createServiceAuth } from './service-auth.ts'
import type { ServiceAuth, ServiceAuthOptions } from './service-auth.ts'

const own: Did = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const caller: Did = 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb'
const stranger: Did = 'did:plc:cccccccccccccccccccccccc'
const lxm = METHOD.getCapacity
const nowSeconds = 1_795_255_000

const key = await Secp256k1Keypair.create()
const otherKey = await Secp256k1Keypair.create()
const p256 = await P256Keypair.create()

let nowMs: number
let resolved: [string, boolean][]
let resolveKey: (issuer: string, force: boolean) => Promise<string>
let auth: ServiceAuth

beforeEach(() => {
  nowMs = nowSeconds * 1000
  resolved = []
  resolveKey = () => Promise.resolve(key.did())
  auth = newAuth()
})

function newAuth(changes: Partial<ServiceAuthOptions> = {}): ServiceAuth {
  return createServiceAuth({
    ownDid: own,
    nowMs: () => nowMs,
    startedAtMs: (nowSeconds - 1000) * 1000,
    isKnown: (issuer) => issuer === caller,
    resolveKey: (issuer, force) => {
      resolved.push([issuer, force])
      return resolveKey(issuer, force)
    },
    heartbeatKey: (issuer) => (issuer === caller ? p256.did() : undefined),
    ...changes,
  })
}

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

const claims = (changes: object = {}) => ({
  iss: caller,
  aud: own,
  lxm,
  iat: nowSeconds,
  exp: nowSeconds + 60,
  jti: '0123456789abcdef',
  ...changes,
})

async function token(
  changes: object | string = {},
  options: { header?: object; by?: Keypair } = {},
): Promise<string> {
  const header = { typ: 'JWT', alg: 'ES256K', ...options.header }
  const body = typeof changes === 'string' ? changes : claims(changes)
  const signed = `${encode(header)}.${encode(body)}`
  const signature = await (options.by ?? key).sign(Buffer.from(signed))
  return `Bearer ${signed}.${Buffer.from(signature).toString('base64url')}`
}

/** The other half of the signature: as valid as the first where nobody looks. */
function withHighS(bearer: string): string {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const parts = bearer.split('.')
  const signature = Buffer.from(parts[2] ?? '', 'base64url')
  const s = order - BigInt(`0x${signature.subarray(32).toString('hex')}`)
  const high = Buffer.concat([
    signature.subarray(0, 32),
    Buffer.from(s.toString(16).padStart(64, '0'), 'hex'),
  ])
  return `${parts[0]}.${parts[1]}.${high.toString('base64url')}`
}

describe('a good token', () => {
  it('as the library makes it is taken', async () => {
    const jwt = await createServiceJwt({
      iss: caller,
      aud: own,
      lxm,
      keypair: key,
      iat: nowSeconds,
      exp: nowSeconds + 60,
    })
    expect(await auth.verify(`Bearer ${jwt}`, lxm)).toEqual({ ok: true, issuer: caller })
  })

  it.each([
    ['for the fragment of the service', { aud: `${own}#meshlet` }, {}],
    ['half a minute old', { iat: nowSeconds - 30, exp: nowSeconds + 30 }, {}],
    ['half a minute ahead', { iat: nowSeconds + 30, exp: nowSeconds + 90 }, {}],
    ['with a long id', { jti: 'x'.repeat(64) }, {}],
    ['that names its key', {}, { kid: '#atproto' }],
    ['without a type', {}, { typ: undefined }],
  ])('%s is taken', async (_, changes, header) => {
    expect(await auth.verify(await token(changes, { header }), lxm)).toMatchObject({ ok: true })
  })

  it('by a P-256 key is taken', async () => {
    resolveKey = () => Promise.resolve(p256.did())
    const bearer = await token({}, { header: { alg: 'ES256' }, by: p256 })
    expect(await auth.verify(bearer, lxm)).toMatchObject({ ok: true })
  })
})

describe('a hostile token', () => {
  it('#1 the same token twice, and the same id in another token', async () => {
    const bearer = await token()
    expect(await auth.verify(bearer, lxm)).toMatchObject({ ok: true })
    expect(await auth.verify(bearer, lxm)).toMatchObject({ ok: false, reason: 'TokenUsed' })
    expect(await auth.verify(await token({ exp: nowSeconds + 61 }), lxm)).toMatchObject({
      reason: 'TokenUsed',
    })
  })

  const raw = (changes: string) =>
    JSON.stringify(claims()).replace(`"exp":${nowSeconds + 60}`, changes)
  it.each([
    ['#2 ten years', { exp: nowSeconds + 315_360_000 }, 'LivesTooLong'],
    ['#2 a second too long', { exp: nowSeconds + 121 }, 'LivesTooLong'],
    ['#3 infinity', raw('"exp":1e400'), 'MalformedToken'],
    ['#3 no number', { exp: '1795255060' }, 'MalformedToken'],
    ['#3 a fraction', { iat: nowSeconds + 0.5 }, 'MalformedToken'],
    ['#3 negative', { iat: -1 }, 'MalformedToken'],
    ['#4 issued in the future', { iat: nowSeconds + 31, exp: nowSeconds + 60 }, 'WrongTime'],
    ['#4 issued too long ago', { iat: nowSeconds - 31, exp: nowSeconds + 60 }, 'WrongTime'],
    ['#4 expired', { iat: nowSeconds - 20, exp: nowSeconds }, 'WrongTime'],
    ['#4 no iat', { iat: undefined }, 'MalformedToken'],
    ['#5 no jti', { jti: undefined }, 'BadTokenId'],
    ['#5 a short jti', { jti: 'x'.repeat(15) }, 'BadTokenId'],
    ['#5 a long jti', { jti: 'x'.repeat(65) }, 'BadTokenId'],
    ['#5 a jti that is no text', { jti: ['0123456789abcdef'] }, 'BadTokenId'],
    ['#6 for another', { aud: stranger }, 'WrongAudience'],
    ['#6 for another service', { aud: `${own}#atproto_pds` }, 'WrongAudience'],
    ['#6 for several', { aud: [own] }, 'WrongAudience'],
    ['#7 for another method', { lxm: METHOD.deleteWorkload }, 'WrongMethod'],
    ['#7 for any method', { lxm: undefined }, 'WrongMethod'],
    ['#10 by a stranger', { iss: stranger }, 'UnknownIssuer'],
    ['#11 by a fragment of a member', { iss: `${caller}#atproto` }, 'UnknownIssuer'],
    ['#11 by something else', { iss: { toString: caller } }, 'UnknownIssuer'],
  ] as const)('%s', async (_, changes, reason) => {
    expect(await auth.verify(await token(changes), lxm)).toMatchObject({ ok: false, reason })
    expect(resolved).toEqual([])
  })

  it.each([
    ['#8 no algorithm', { alg: 'none' }, 'WrongAlgorithm'],
    ['#8 a shared secret', { alg: 'HS256' }, 'WrongAlgorithm'],
    ['#8 an access token', { typ: 'at+jwt' }, 'MalformedToken'],
    ['#8 another key', { kid: '#evil' }, 'MalformedToken'],
    ['#8 an extension', { crit: ['exp'] }, 'MalformedToken'],
  ])('%s', async (_, header, reason) => {
    expect(await auth.verify(await token({}, { header }), lxm)).toMatchObject({ ok: false, reason })
    expect(resolved).toEqual([])
  })

  it.each([
    ['#9 nothing', undefined, 'MissingToken'],
    ['#9 empty', '', 'MalformedToken'],
    ['#9 another scheme', 'Basic YTpi', 'MalformedToken'],
    ['#9 junk', 'Bearer !!!.???.***', 'MalformedToken'],
    ['#9 two parts', 'Bearer e30.e30', 'MalformedToken'],
    ['#9 four parts', 'Bearer e30.e30.e30.e30', 'MalformedToken'],
    ['#9 no JSON', `Bearer ${encode('{')}.${encode('{')}.AA`, 'MalformedToken'],
    ['#9 null', `Bearer ${encode('null')}.${encode('null')}.AA`, 'MalformedToken'],
    ['#9 lists', `Bearer ${encode('[]')}.${encode('[]')}.AA`, 'MalformedToken'],
    ['#9 empty objects', `Bearer ${encode('{}')}.${encode('{}')}.AA`, 'MalformedToken'],
    ['#13 20 KiB', `Bearer ${'a'.repeat(20_480)}`, 'TokenTooLarge'],
  ])('%s', async (_, header, reason) => {
    expect(await auth.verify(header, lxm)).toMatchObject({ ok: false, reason })
    expect(resolved).toEqual([])
  })

  it('#12 the other spelling of a signature, used or not', async () => {
    const bearer = await token()
    expect(await auth.verify(withHighS(bearer), lxm)).toMatchObject({ reason: 'BadSignature' })
    expect(await auth.verify(bearer, lxm)).toMatchObject({ ok: true })
    expect((await auth.verify(withHighS(bearer), lxm)).ok).toBe(false)
  })

  it.each([0, 1, 63, 65])('#9 a signature of %i bytes', async (length) => {
    const [head, body] = (await token()).split('.')
    const signature = Buffer.alloc(length, 1).toString('base64url')
    expect((await auth.verify(`${head}.${body}.${signature}`, lxm)).ok).toBe(false)
  })
})

describe('the checker', () => {
  it('survives anything', async () => {
    const part = fc.oneof(fc.base64String(), fc.string(), fc.jsonValue().map(encode))
    const header = fc.oneof(
      fc.string(),
      fc.tuple(part, part, part).map((parts) => `Bearer ${parts.join('.')}`),
    )
    await fc.assert(
      fc.asyncProperty(header, async (text) => {
        expect((await auth.verify(text, lxm)).ok).toBe(false)
      }),
    )
  })

  it('survives any claims, and takes none of them for good', async () => {
    const some = fc.record(
      {
        iss: fc.constantFrom(caller, stranger),
        aud: fc.jsonValue(),
        lxm: fc.jsonValue(),
        iat: fc.jsonValue(),
        exp: fc.jsonValue(),
        jti: fc.jsonValue(),
      },
      { noNullPrototype: true },
    )
    await fc.assert(
      fc.asyncProperty(some, async (body) => {
        expect((await auth.verify(await token(JSON.stringify(body)), lxm)).ok).toBe(false)
      }),
      { numRuns: 50 },
    )
  })

  it('asks once a minute whether the key was changed', async () => {
    const forged = (jti: string) => token({ jti }, { by: otherKey })
    expect(await auth.verify(await forged('1'.repeat(16)), lxm)).toMatchObject({
      reason: 'BadSignature',
    })
    expect(await auth.verify(await forged('2'.repeat(16)), lxm)).toMatchObject({
      reason: 'BadSignature',
    })
    expect(resolved.filter(([, force]) => force)).toHaveLength(1)
    nowMs += 60_000
    const changed = await token({ iat: nowMs / 1000, exp: nowMs / 1000 + 60 }, { by: otherKey })
    resolveKey = (_, force) => Promise.resolve((force ? otherKey : key).did())
    expect(await auth.verify(changed, lxm)).toMatchObject({ ok: true })
  })

  it.each([
    ['can not be looked up', () => Promise.reject(new Error('down')), 'KeyUnavailable'],
    ['is none', () => Promise.resolve('did:key:z6Mk'), 'BadSignature'],
    ['is of another kind', () => Promise.resolve(p256.did()), 'BadSignature'],
  ])('refuses when the key %s', async (_, resolve, reason) => {
    resolveKey = resolve
    expect(await auth.verify(await token(), lxm)).toMatchObject({ ok: false, reason })
  })

  it('does not spend a token id on a bad signature', async () => {
    await auth.verify(await token({}, { by: otherKey }), lxm)
    expect(await auth.verify(await token(), lxm)).toMatchObject({ ok: true })
  })

  it('refuses what was issued before it started, since it may have been used before', async () => {
    auth = newAuth({ startedAtMs: nowMs })
    const old = await token({ iat: nowSeconds - 1, exp: nowSeconds + 59 })
    expect(await auth.verify(old, lxm)).toMatchObject({ reason: 'WrongTime' })
    expect(await auth.verify(await token(), lxm)).toMatchObject({ ok: true })
  })

  it('keeps one issuer from filling its memory, and lets her in again later', async () => {
    resolveKey = () => Promise.resolve(key.did())
    const verdicts = new Map<string, number>()
    for (let index = 0; index < 2_001; index += 1) {
      const verdict = await auth.verify(await token({ jti: String(index).padStart(16, '0') }), lxm)
      const name = verdict.ok ? 'ok' : verdict.reason
      verdicts.set(name, (verdicts.get(name) ?? 0) + 1)
    }
    expect([...verdicts]).toEqual([
      ['ok', 2000],
      ['TooManyTokens', 1],
    ])
    nowMs += 61_000
    expect(
      await auth.verify(await token({ iat: nowMs / 1000, exp: nowMs / 1000 + 60 }), lxm),
    ).toMatchObject({ ok: true })
  })
})

describe('a token by a heartbeat key', () => {
  const heartbeatKey = { publicKey: p256.did(), sign: (message: Uint8Array) => p256.sign(message) }
  const signed = async (from: Did = caller, to: Did = own) =>
    `Bearer ${await signHeartbeatToken(heartbeatKey, from, to, nowMs)}`

  it('is good for a heartbeat, once, and asks nobody', async () => {
    const bearer = await signed()
    expect(await auth.verify(bearer, METHOD.heartbeat)).toEqual({ ok: true, issuer: caller })
    expect(await auth.verify(bearer, METHOD.heartbeat)).toMatchObject({ reason: 'TokenUsed' })
    expect(resolved).toEqual([])
  })

  it('is good for nothing else', async () => {
    expect(await auth.verify(await signed(), METHOD.deleteWorkload)).toMatchObject({
      reason: 'WrongMethod',
    })
    const forged = await token({ lxm }, { header: { alg: 'ES256', kid: '#heartbeat' }, by: p256 })
    expect(await auth.verify(forged, lxm)).toMatchObject({ reason: 'MalformedToken' })
  })

  it('is refused by strangers, for others, by other keys, and without a known key', async () => {
    expect(await auth.verify(await signed(stranger), METHOD.heartbeat)).toMatchObject({
      reason: 'UnknownIssuer',
    })
    expect(await auth.verify(await signed(caller, stranger), METHOD.heartbeat)).toMatchObject({
      reason: 'WrongAudience',
    })
    const bearer = await signed()
    auth = newAuth({ heartbeatKey: () => otherKey.did() })
    expect(await auth.verify(bearer, METHOD.heartbeat)).toMatchObject({ reason: 'BadSignature' })
    auth = newAuth({ heartbeatKey: () => undefined })
    expect(await auth.verify(bearer, METHOD.heartbeat)).toMatchObject({ reason: 'KeyUnavailable' })
  })
})
