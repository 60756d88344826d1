import { Secp256k1Keypair } from '@atproto/crypto'
import fc from 'fast-check'
import { createServiceAuth } from '../../../src/atproto/service-auth.ts'
import { METHOD } from '../../../src/model/nsid.ts'
import type { Did } from '../../../src/model/records.ts'
import { hostileText, mutatedText } from '../arbitraries/hostile-text.ts'
import { hostileValue, mutatedValue } from '../arbitraries/hostile-value.ts'
import { jsonText } from '../arbitraries/yaml-text.ts'
import { expectThat, type Surface } from '../surface.ts'

const own: Did = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const caller: Did = 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb'
const nowSeconds = 1_795_255_000

interface TokenInput {
  readonly header: unknown
  readonly claims: unknown
  readonly isSigned: boolean
  /** What the finished header is changed to, where it is. */
  readonly text: string | null
}

const claims = fc.record({
  iss: fc.oneof(fc.constant(caller), hostileText),
  aud: fc.constantFrom(own, `${own}#meshlet`),
  lxm: fc.constant(METHOD.getCapacity),
  iat: fc.integer({ min: nowSeconds - 40, max: nowSeconds + 40 }),
  exp: fc.integer({ min: nowSeconds - 10, max: nowSeconds + 130 }),
  jti: fc.oneof(fc.string({ minLength: 16, maxLength: 20 }), fc.constant('0123456789abcdef')),
})
const header = fc.record(
  {
    typ: fc.constant('JWT'),
    alg: fc.constantFrom('ES256K', 'ES256', 'none', 'HS256'),
    kid: hostileText,
    crit: hostileValue,
  },
  { requiredKeys: ['typ', 'alg'] },
)

const inputs: fc.Arbitrary<TokenInput> = fc.record({
  header: mutatedValue(header, 1),
  claims: mutatedValue(claims, 1),
  isSigned: fc.boolean(),
  text: fc.option(
    mutatedText(fc.constantFrom('Bearer a.b.c', 'Basic a', 'Bearer'), ['.', 'Bearer ', '=', ',']),
  ),
})

/** The `authorization` header of a call. */
export const tokenSurface: Surface = { name: 'token', inputs, open: openAuth }

async function openAuth() {
  const key = await Secp256k1Keypair.create()
  const auth = createServiceAuth({
    ownDid: own,
    nowMs: () => nowSeconds * 1000,
    startedAtMs: 0,
    isKnown: (issuer) => issuer === caller,
    resolveKey: (issuer) => {
      expectThat(issuer === caller, 'nothing is looked up for a stranger')
      return Promise.resolve(key.did())
    },
    heartbeatKey: () => undefined,
  })
  const feed = async (input: unknown) => {
    const { header, claims, isSigned, text } = input as TokenInput
    const signed = `${encode(header)}.${encode(claims)}`
    const signature = isSigned ? await key.sign(Buffer.from(signed)) : new Uint8Array(64)
    const bearer = `Bearer ${signed}.${Buffer.from(signature).toString('base64url')}`
    const verdict = await auth.verify(text ?? bearer, METHOD.getCapacity)
    expectThat(!verdict.ok || (isSigned && text === null), 'only what is signed is taken')
    if (verdict.ok || text !== null) return
    const again = await auth.verify(bearer, METHOD.getCapacity)
    expectThat(!again.ok, 'what was refused stays refused')
  }
  return { feed, [Symbol.asyncDispose]: () => Promise.resolve() }
}

function encode(value: unknown): string {
  return Buffer.from(jsonText(value)).toString('base64url')
}
