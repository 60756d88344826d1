import { P256Keypair, Secp256k1Keypair } from '@atproto/crypto'
import { beforeAll, expect, test } from 'vitest'
import { CommuneError } from '../model/errors.ts'
import { dagCbor } from './dag-cbor.ts'
import type { Identity } from './identity.ts'
import { LabelChecker, type SignedLabel } from './label-signature.ts'

const SRC = 'did:plc:labeler'
const LABEL = {
  ver: 1,
  src: SRC,
  uri: 'did:plc:alice',
  val: 'spam',
  cts: '2026-11-01T00:00:00.000Z',
} as const
let [key, oldKey]: Secp256k1Keypair[] = []

beforeAll(async () => {
  key = await Secp256k1Keypair.create()
  oldKey = await Secp256k1Keypair.create()
})

async function signed(
  label: Parameters<typeof dagCbor>[0] & object,
  by: Pick<Secp256k1Keypair, 'sign'> = key!,
): Promise<SignedLabel> {
  const sig = await by.sign(dagCbor(label))
  const $bytes = Buffer.from(sig).toString('base64').replace(/=+$/, '')
  return { ...(label as unknown as SignedLabel), sig: { $bytes } }
}

/** A directory that first answers with one key and, asked anew, with another. */
function checker(known: string | undefined, renewed = known) {
  const asked: boolean[] = []
  const resolve: Identity['resolve'] = (_did, { force = false } = {}) => {
    asked.push(force)
    const labelKey = force ? renewed : known
    if (labelKey === undefined) throw new CommuneError('identity', 'nobody answers')
    const base = { did: SRC, pdsUrl: 'https://pds.example', signingKey: 'did:key:z' } as const
    return Promise.resolve({ ...base, labelKey })
  }
  return { asked, labels: new LabelChecker({ resolve }, new AbortController().signal) }
}

test('what is signed is the label without its signature, in DAG-CBOR', async () => {
  const bytes = dagCbor({ val: 'a', ver: 1, src: 'b' })
  expect(Buffer.from(bytes).toString('hex')).toBe('a36373726361626376616c61616376657201')
  expect(await checker(key!.did()).labels.check(await signed(LABEL))).toBe('valid')
})

test('with both curves, with padding, and with fields that nobody here knows', async () => {
  const p256 = await P256Keypair.create()
  expect(await checker(p256.did()).labels.check(await signed(LABEL, p256))).toBe('valid')
  const more = { ...LABEL, neg: true, exp: '2027-01-01T00:00:00Z', cid: 'bafy', future: [1] }
  expect(await checker(key!.did()).labels.check(await signed(more))).toBe('valid')
})

test.each([
  ['another value', { val: 'good' }],
  ['another account', { uri: 'did:plc:bob' }],
  ['taken back', { neg: true }],
  ['no end', { exp: undefined }],
  ['a fraction', { weight: 0.5 }],
])('a label that was changed to say %s is wrongly signed', async (_, change) => {
  const label = { ...(await signed({ ...LABEL, exp: '2027-01-01T00:00:00Z' })), ...change }
  expect(await checker(key!.did()).labels.check(label)).toBe('wrong')
})

test.each([
  [undefined, 'missing'],
  [null, 'missing'],
  ['AAAA', 'wrong'],
  [{ $bytes: 4 }, 'wrong'],
  [{ $bytes: '' }, 'wrong'],
  [{ $bytes: '%%%%' }, 'wrong'],
  [{ $bytes: 'A'.repeat(86) }, 'wrong'],
  [{ $bytes: 'A'.repeat(10_000) }, 'wrong'],
])('a signature like %j is %s', async (sig, expected) => {
  expect(await checker(key!.did()).labels.check({ ...LABEL, sig })).toBe(expected)
})

test('a version that nobody knows, or a labeler whom nobody knows, can’t be checked', async () => {
  const next = await signed({ ...LABEL, ver: 2 })
  expect(await checker(key!.did()).labels.check(next)).toBe('unknown')
  const { ver: _, ...old } = LABEL
  expect(await checker(key!.did()).labels.check(await signed(old))).toBe('unknown')
  expect(await checker(undefined).labels.check(await signed(LABEL))).toBe('unknown')
})

test('a labeler that changed its key is looked up anew, once', async () => {
  const { labels, asked } = checker(oldKey!.did(), key!.did())
  expect(await labels.check(await signed(LABEL))).toBe('valid')
  // Whatever only the old key has signed was signed by somebody who may have stolen it.
  expect(await labels.check(await signed(LABEL, oldKey))).toBe('wrong')
  expect(await labels.check(await signed({ ...LABEL, val: 'rude' }))).toBe('valid')
  expect(asked).toEqual([false, true])
})

test('an answer full of names does not look them all up', async () => {
  const { labels, asked } = checker(key!.did())
  for (let i = 0; i < 100; i++)
    await labels.check(await signed({ ...LABEL, src: `did:plc:labeler${i}` }))
  expect(asked).toHaveLength(16)
})
