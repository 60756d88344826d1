import { Secp256k1Keypair } from '@atproto/crypto'
import * as plc from '@did-plc/lib'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../dev/loopback.ts'
import { startLyingServer } from '../dev/lying-server.ts'
import type { Lie, LyingServer } from '../dev/lying-server.ts'
import { startPlc } from '../dev/plc.ts'
import type { RunningPlc } from '../dev/plc.ts'
import { createIdentity } from './identity.ts'
import type { Identity } from './identity.ts'

const pds = 'http://localhost:2583'
const unknown = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'

let dir: string
let directory: RunningPlc
let client: plc.Client
const key = await Secp256k1Keypair.create()
let server: LyingServer
let identity: Identity

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'commune-identity-'))
  directory = await startPlc({ dir })
  client = new plc.Client(directory.url)
  server = await startLyingServer()
})

afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
})

beforeEach(() => {
  server.requests.length = 0
  identity = createIdentity({ plcUrl: directory.url, allowPrivateAddresses: true })
})

let registered = 0

/** Signatures are deterministic, so the handle makes the difference between two DIDs of one key. */
function register(): Promise<string> {
  registered += 1
  return client.createDid({
    signingKey: key.did(),
    handle: `Alice${registered}.Test`,
    pds,
    rotationKeys: [key.did()],
    signer: key,
  })
}

const liar = (lie: (url: string) => Lie) => {
  server.lie = (request) => lie(request.url)
  return createIdentity({ plcUrl: server.url, allowPrivateAddresses: true })
}

const documentOf = (did: string, changes: object = {}) => ({
  '@context': ['https://www.w3.org/ns/did/v1'],
  id: did,
  alsoKnownAs: ['at://alice.test'],
  verificationMethod: [
    {
      id: `${did}#atproto`,
      type: 'Multikey',
      controller: did,
      publicKeyMultibase: key.did().slice(8),
    },
  ],
  service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: `${pds}/` }],
  ...changes,
})

describe('resolving a did:plc', () => {
  it('gives key, PDS and handle', async () => {
    const did = await register()
    expect(await identity.resolve(did)).toEqual({
      did,
      handle: `alice${registered}.test`,
      pdsUrl: pds,
      signingKey: key.did(),
    })
  })

  it('gives the key of a labeler, when it has one that can be read', async () => {
    const methodOf = (did: string, name: string, publicKeyMultibase: string) => ({
      ...{ id: `${did}#${name}`, type: 'Multikey', controller: did },
      publicKeyMultibase,
    })
    const multibase = key.did().slice(8)
    const resolved = async (labelKey: string) => {
      const lying = liar((url) => {
        const did = decodeURIComponent(url.slice(1))
        const keys = [methodOf(did, 'atproto', multibase), methodOf(did, 'atproto_label', labelKey)]
        return { status: 200, body: JSON.stringify(documentOf(did, { verificationMethod: keys })) }
      })
      return lying.resolve(unknown)
    }
    expect(await resolved(multibase)).toMatchObject({ labelKey: key.did() })
    expect(await resolved('zNonsense')).not.toHaveProperty('labelKey')
  })

  it('says that it is not registered', async () => {
    await expect(identity.resolve(unknown)).rejects.toMatchObject({
      code: 'identity',
      message: `${unknown} is not registered in the PLC directory.`,
      retry: false,
    })
  })

  it('says that it was deleted', async () => {
    const did = await register()
    await client.tombstone(did, key)
    await expect(identity.resolve(did)).rejects.toMatchObject({
      code: 'identity',
      message: expect.stringContaining('was deleted') as string,
    })
  })

  it('uses what it knows, and asks again when forced', async () => {
    const did = await register()
    await identity.resolve(did)
    await client.updatePds(did, key, 'http://localhost:9999')
    expect((await identity.resolve(did)).pdsUrl).toBe(pds)
    expect((await identity.resolve(did, { force: true })).pdsUrl).toBe('http://localhost:9999')
    expect((await identity.resolve(did)).pdsUrl).toBe('http://localhost:9999')
  })

  it('asks once for all who want the same', async () => {
    const lying = liar(() => ({ body: documentOf(unknown) }))
    await Promise.all([1, 2, 3].map(() => lying.resolve(unknown)))
    expect(server.requests).toHaveLength(1)
  })

  it('does not make the others wait for nothing when one gives up', async () => {
    const gate = Promise.withResolvers<Lie>()
    server.lie = () => gate.promise
    const lying = createIdentity({ plcUrl: server.url, allowPrivateAddresses: true })
    const controller = new AbortController()
    const one = lying.resolve(unknown, { signal: controller.signal })
    const other = lying.resolve(unknown)
    controller.abort(new Error('gave up'))
    await expect(one).rejects.toThrow('gave up')
    gate.resolve({ body: documentOf(unknown) })
    expect((await other).did).toBe(unknown)
  })

  it.each([
    ['410', { status: 410 }, /was deleted|not registered/, false],
    ['500', { status: 500 }, /can't be looked up/, true],
    ['a web page', { headers: { 'content-type': 'text/html' }, body: '<html>' }, /not JSON/, true],
    ['a cut connection', 'cut', /can't be looked up/, true],
    [
      'a redirect',
      { status: 302, headers: { location: 'http://169.254.169.254/' } },
      /can't be looked up/,
      true,
    ],
    ['a list', { body: [] }, /malformed/, false],
    [
      'the document of another',
      { body: documentOf('did:plc:bbbbbbbbbbbbbbbbbbbbbbbb') },
      /malformed/,
      false,
    ],
    ['no PDS', { body: documentOf(unknown, { service: [] }) }, /names no PDS/, false],
    [
      'no key',
      { body: documentOf(unknown, { verificationMethod: [] }) },
      /no usable signing key/,
      false,
    ],
    [
      'a key of another kind',
      {
        body: documentOf(unknown, {
          verificationMethod: [
            { id: '#atproto', type: 'Multikey', controller: unknown, publicKeyMultibase: 'z6Mk' },
          ],
        }),
      },
      /no usable signing key/,
      false,
    ],
  ] as readonly [string, Lie, RegExp, boolean][])('explains %s', async (_, lie, message, retry) => {
    await expect(liar(() => lie).resolve(unknown)).rejects.toMatchObject({
      code: 'identity',
      message: expect.stringMatching(message) as string,
      retry,
    })
  })

  it('#21 gives up on a document of 10 MB', async () => {
    const lying = liar(() => ({ body: 'x'.repeat(10_000_000) }))
    await expect(lying.resolve(unknown)).rejects.toMatchObject({
      code: 'identity',
      message: expect.stringContaining("can't be looked up") as string,
      retry: true,
    })
  })

  it('#21 gives up on a document that does not come', async () => {
    server.lie = () => 'hang'
    const given = { plcUrl: server.url, allowPrivateAddresses: true, timeoutMs: 50 }
    await expect(createIdentity(given).resolve(unknown)).rejects.toMatchObject({
      code: 'identity',
      message: expect.stringContaining("can't be looked up") as string,
      retry: true,
    })
  })

  it('says that the directory can not be reached', async () => {
    const plcUrl = `http://127.0.0.1:${await freePort()}`
    await expect(
      createIdentity({ plcUrl, allowPrivateAddresses: true }).resolve(unknown),
    ).rejects.toMatchObject({
      code: 'identity',
      message: expect.stringContaining('refused') as string,
      retry: true,
    })
  })

  it('ignores a handle that can be none', async () => {
    const document = documentOf(unknown, { alsoKnownAs: ['at://no handle'] })
    expect(await liar(() => ({ body: document })).resolve(unknown)).not.toHaveProperty('handle')
  })
})

describe('resolving a did:web', () => {
  it('reads the document from its host', async () => {
    const did = `did:web:localhost%3A${new URL(server.url).port}`
    const lying = liar(() => ({ body: documentOf(did) }))
    expect((await lying.resolve(did)).signingKey).toBe(key.did())
    expect(server.requests.map((request) => request.url)).toEqual(['/.well-known/did.json'])
  })

  it('says that there is none', async () => {
    const did = `did:web:localhost%3A${new URL(server.url).port}`
    await expect(liar(() => ({ status: 404 })).resolve(did)).rejects.toMatchObject({
      code: 'identity',
      message: expect.stringContaining('no DID document') as string,
    })
  })
})

describe('without private addresses', () => {
  const port = () => new URL(server.url).port
  it.each([
    ['#15', () => 'did:web:localhost'],
    ['#15', () => `did:web:localhost%3A${port()}`],
    ['#15', () => `did:web:127.0.0.1%3A${port()}`],
    ['#16', () => 'did:web:example.com%2Fpath'],
    ['#16', () => `did:web:localhost%3A${port()}%2Fpath`],
    ['-', () => 'did:key:z'],
    ['-', () => 'alice'],
  ])('%s refuses a DID that leads to this machine, unseen', async (_, did) => {
    await expect(createIdentity({ plcUrl: server.url }).resolve(did())).rejects.toMatchObject({
      code: 'identity',
    })
    expect(server.requests).toEqual([])
  })

  it('#15 does not call a directory on loopback', async () => {
    await expect(createIdentity({ plcUrl: server.url }).resolve(unknown)).rejects.toMatchObject({
      code: 'identity',
    })
    expect(server.requests).toEqual([])
  })
})

describe('resolving a handle', () => {
  it.each(['', 'alice', 'alice..test', '-.test', 'a b.test'])(
    'refuses %j unseen',
    async (handle) => {
      await expect(identity.resolveHandle(handle)).rejects.toMatchObject({
        code: 'identity',
        message: expect.stringContaining('is not a handle') as string,
      })
    },
  )

  it('says that it does not resolve', async () => {
    await expect(identity.resolveHandle('@nobody.invalid')).rejects.toMatchObject({
      code: 'identity',
      message: 'The handle nobody.invalid does not resolve to a DID.',
    })
  })
})
