import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  addBundles,
  newKeyPair,
  signWithKey,
  startAuthority,
} from '../../test/support/signatures.ts'
import { startRegistry, type LocalRegistry } from '../dev/registry.ts'
import { buildImage } from '../dev/stand-in.ts'
import { findSignature, type FindSignatureOptions } from './find-signature.ts'

const ISSUER = 'https://token.actions.githubusercontent.com'
const SUBJECT = 'https://github.com/alice/app/.github/workflows/release.yaml@refs/tags/v1'
const key = newKeyPair()
const authority = await startAuthority()
const trust = { trustedRoot: authority.trustedRoot }
let registry: LocalRegistry
let count = 0

beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry.close())

/** What is found of an image beside which these bundles lie. */
async function found(
  bundlesFor: (digest: string) => Promise<readonly string[]>,
  options: Partial<FindSignatureOptions> = {},
) {
  const image = await buildImage({ files: { '/number': String(++count) } })
  const reference = registry.add(`app-${count}`, image)
  const bundles = await bundlesFor(image.digest)
  if (bundles.length > 0) addBundles(registry, `app-${count}`, image.digest, bundles)
  return findSignature(reference, {
    ...{ auth: undefined, keys: [], isWanted: () => false, trustedRoot: undefined },
    ...options,
  })
}

describe('by key', () => {
  test('of the one that is named', async () => {
    const bundles = async (digest: string) => [signWithKey({ digest }, key.privateKey)]
    expect(await found(bundles, { keys: [newKeyPair().pem, key.pem] })).toEqual({
      kind: 'signed',
      by: 'a key',
    })
  })

  test.each<[string, (digest: string) => string, string]>([
    [
      'of another key',
      (digest) => signWithKey({ digest }, newKeyPair().privateKey),
      'none of the keys fits',
    ],
    [
      'of another image',
      () => signWithKey({ digest: `sha256:${'a'.repeat(64)}` }, key.privateKey),
      'it speaks of another image',
    ],
    [
      'that says something else',
      (digest) =>
        signWithKey({ digest, predicateType: 'https://cyclonedx.org/bom' }, key.privateKey),
      'it says something else of the image',
    ],
    [
      'whose text was changed afterwards',
      (digest) => {
        const bundle = JSON.parse(signWithKey({ digest }, key.privateKey)) as {
          dsseEnvelope: { payload: string }
        }
        const text = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString()
        const changed = text.replace('"app"', '"ape"')
        bundle.dsseEnvelope.payload = Buffer.from(changed).toString('base64')
        return JSON.stringify(bundle)
      },
      'none of the keys fits',
    ],
  ])('not %s', async (_, bundle, why) => {
    expect(await found(async (digest) => [bundle(digest)], { keys: [key.pem] })).toEqual({
      kind: 'unsigned',
      why,
    })
  })
})

describe('by identity', () => {
  const isWanted: FindSignatureOptions['isWanted'] = ({ issuer, subject }) =>
    issuer === ISSUER && subject === SUBJECT
  const signed = async (digest: string) => [await authority.sign({ digest }, ISSUER, SUBJECT)]

  test('that the trusted root vouches for', async () => {
    expect(await found(signed, { ...trust, isWanted })).toEqual({ kind: 'signed', by: SUBJECT })
  })

  test('among others, whoever put them there', async () => {
    const both = async (digest: string) => [
      signWithKey({ digest }, newKeyPair().privateKey),
      'no bundle at all',
      ...(await signed(digest)),
    ]
    expect(await found(both, { ...trust, isWanted })).toMatchObject({ kind: 'signed' })
  })

  test('not of somebody else, who is named', async () => {
    const other = async (digest: string) => [
      await authority.sign({ digest }, ISSUER, 'https://github.com/mallory/app'),
    ]
    expect(await found(other, { ...trust, isWanted })).toEqual({
      kind: 'unsigned',
      why: `it is by https://github.com/mallory/app (${ISSUER})`,
    })
  })

  test('not by an authority that is not trusted, and not without a trusted root', async () => {
    const mallory = await startAuthority()
    const forged = async (digest: string) => [await mallory.sign({ digest }, ISSUER, SUBJECT)]
    expect(await found(forged, { ...trust, isWanted })).toMatchObject({ kind: 'unsigned' })
    expect(await found(signed, { isWanted })).toEqual({
      kind: 'unsigned',
      why: 'there is no trusted root (meshlet --trusted-root)',
    })
  })
})

test('what is broken among the entries keeps nobody from finding the right one', async () => {
  const image = await buildImage({ files: { '/number': 'broken' } })
  const reference = registry.add('broken', image)
  const bundles = [signWithKey({ digest: image.digest }, key.privateKey)]
  addBundles(registry, 'broken', image.digest, bundles, [`sha256:${'f'.repeat(64)}`, '../../x'])
  const options = { auth: undefined, keys: [key.pem], isWanted: () => false }
  expect(await findSignature(reference, { ...options, trustedRoot: undefined })).toMatchObject({
    kind: 'signed',
  })
})

test('an image with nothing beside it has no signature', async () => {
  expect(await found(async () => [])).toEqual({
    kind: 'unsigned',
    why: 'there is none beside it',
  })
})

test('a registry that does not answer is no missing signature', async () => {
  const gone = await startRegistry()
  const reference = gone.add('app', await buildImage({}))
  await gone.close()
  const options = { auth: undefined, keys: [], isWanted: () => false, trustedRoot: undefined }
  await expect(findSignature(reference, options)).rejects.toMatchObject({
    code: 'registry-unreachable',
  })
})
