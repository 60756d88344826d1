import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openSession } from '../atproto/session.ts'
import type { Session } from '../atproto/session.ts'
import { createIdentity } from '../atproto/identity.ts'
import { freePort } from '../dev/loopback.ts'
import { startLyingServer } from '../dev/lying-server.ts'
import type { Lie, LyingServer } from '../dev/lying-server.ts'
import { startTestNetwork } from '../dev/test-network.ts'
import type { TestNetwork } from '../dev/test-network.ts'
import { METHOD } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { silentLog } from '../ports/log.ts'
import { callMeshlet, createMeshletClient } from './client.ts'
import { createXrpcServer } from './server.ts'
import type { XrpcServer } from './server.ts'
import { TestClock, apiWith } from './test-server.ts'

const did: Did = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const target = { did, method: METHOD.getHealth, token: 'token', allowPrivateAddresses: true }

describe('calling a meshlet that is not well', () => {
  let server: LyingServer

  beforeAll(async () => {
    server = await startLyingServer()
  })

  beforeEach(() => {
    server.requests.length = 0
  })

  afterAll(() => server[Symbol.asyncDispose]())

  it.each([
    [
      '401',
      { status: 401, body: { error: 'WrongAudience', message: 'not you' } },
      { code: 'unauthorized', reason: 'WrongAudience' },
    ],
    [
      '401 with its time',
      {
        status: 401,
        headers: { 'meshlet-time': '2026-11-21T10:00:00.000Z' },
        body: { error: 'WrongTime' },
      },
      { code: 'unauthorized', theirTimeMs: Date.parse('2026-11-21T10:00:00.000Z') },
    ],
    ['403', { status: 403, body: { error: 'NotAllowed' } }, { code: 'forbidden' }],
    ['400 not found', { status: 400, body: { error: 'WorkloadNotFound' } }, { code: 'not-found' }],
    ['400 changed', { status: 400, body: { error: 'RevisionMismatch' } }, { code: 'conflict' }],
    ['400', { status: 400, body: { error: 'InvalidRequest' } }, { code: 'invalid-input' }],
    [
      '429',
      { status: 429, headers: { 'retry-after': '3' }, body: { error: 'RateLimitExceeded' } },
      { code: 'rate-limited', retry: true, retryAfterMs: 3000 },
    ],
    ['501', { status: 501, body: { error: 'MethodNotImplemented' } }, { code: 'unsupported' }],
    [
      '502 as a web page',
      { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>' },
      { code: 'unavailable', retry: true },
    ],
    [
      'a web page',
      { headers: { 'content-type': 'text/html' }, body: '<html>' },
      { code: 'bad-answer' },
    ],
    ['nothing', { body: undefined }, { code: 'bad-answer' }],
    ['broken JSON', { body: '{' }, { code: 'bad-answer' }],
    ['something else', { body: { ok: 'yes' } }, { code: 'bad-answer' }],
    [
      'a redirect',
      { status: 302, headers: { location: 'http://169.254.169.254/' } },
      { code: 'unreachable' },
    ],
    ['a flood', { body: 'x'.repeat(5_000_000) }, { name: 'CommuneError' }],
    ['a cut connection', 'cut', { code: 'unreachable', retry: true }],
  ] as readonly [string, Lie, object][])('%s', async (_, lie, expected) => {
    server.lie = () => lie
    await expect(callMeshlet({ ...target, endpoint: server.url })).rejects.toMatchObject(expected)
    expect(server.requests).toMatchObject([
      { url: `/xrpc/${METHOD.getHealth}`, headers: { authorization: 'Bearer token' } },
    ])
  })

  it('never answers', async () => {
    server.lie = () => 'hang'
    await expect(
      callMeshlet({ ...target, endpoint: server.url, timeoutMs: 30 }),
    ).rejects.toMatchObject({ code: 'timeout' })
  })

  it('is not there', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`
    await expect(callMeshlet({ ...target, endpoint })).rejects.toMatchObject({
      code: 'unreachable',
      retry: true,
    })
  })

  it('is given up by its caller', async () => {
    const controller = new AbortController()
    server.lie = () => {
      controller.abort()
      return 'hang'
    }
    const { signal } = controller
    await expect(callMeshlet({ ...target, endpoint: server.url, signal })).rejects.toMatchObject({
      code: 'interrupted',
    })
  })

  it.each([
    'http://127.0.0.1:1',
    'https://127.0.0.1',
    'https://10.0.0.1',
    'https://localhost',
    'http://meshlet.example.dev',
    'file:///etc/passwd',
    'x',
  ])('#17 names the address %s, which is not called', async (endpoint) => {
    const call = { did, method: METHOD.getHealth, token: 'token', endpoint }
    await expect(createMeshletClient().call(call)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('not a public https address') as string,
    })
  })

  it('says nothing that could harm a terminal', async () => {
    server.lie = () => ({ status: 400, body: { error: 'X', message: '\u001b[2J\u202e' } })
    const error: unknown = await callMeshlet({ ...target, endpoint: server.url }).catch(
      (reason: unknown) => reason,
    )
    expect((error as Error).message).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})

describe('with the real PDS', () => {
  let network: TestNetwork
  let owner: Session
  let server: XrpcServer
  let endpoint: string
  let meshlet: Did

  beforeAll(async () => {
    network = await startTestNetwork(['alice'])
    meshlet = network.account('alice-mesh').did
    const { did: identifier, password } = network.account('alice')
    // Without an address of the PDS: it is looked up.
    owner = await openSession({
      identifier,
      password,
      plcUrl: network.plcUrl,
      allowPrivateAddresses: true,
    })
    const identity = createIdentity({ plcUrl: network.plcUrl, allowPrivateAddresses: true })
    server = createXrpcServer({
      did: meshlet,
      api: apiWith({
        getHealth: () => Promise.resolve({ ok: true, version: '0.1.0' }),
        getLogs: ({ params, caller }) =>
          Promise.resolve({ lines: [{ line: `${params.workload} ${caller.roles.join()}` }] }),
      }),
      rolesOf: (caller) => (caller === owner.did ? ['meshletOwner'] : undefined),
      resolveKey: async (caller, force) => (await identity.resolve(caller, { force })).signingKey,
      heartbeatKey: () => undefined,
      clock: new TestClock(),
      log: silentLog,
      startedAtMs: 0,
    })
    endpoint = (await server.listen('127.0.0.1', 0)).url
  })

  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await owner[Symbol.asyncDispose]()
    await network[Symbol.asyncDispose]()
  })

  it('knows where the account lives', () => {
    expect([owner.pdsUrl, owner.handle]).toEqual([network.pdsUrl, 'alice.test'])
  })

  it.each(['', '#meshlet'])(
    'a token of the PDS for did%s opens the door once',
    async (fragment) => {
      const method = METHOD.getHealth
      const token = await owner.getServiceAuth({ aud: `${meshlet}${fragment}`, lxm: method })
      const call = { did: meshlet, endpoint, method, token, allowPrivateAddresses: true }
      expect(await callMeshlet(call)).toEqual({ ok: true, version: '0.1.0' })
      await expect(callMeshlet(call)).rejects.toMatchObject({
        code: 'unauthorized',
        reason: 'TokenUsed',
      })
    },
  )

  it('a token of the PDS that lives for an hour does not', async () => {
    const method = METHOD.getHealth
    const token = await owner.getServiceAuth({ aud: meshlet, lxm: method, lifetimeSeconds: 3000 })
    await expect(
      callMeshlet({ did: meshlet, endpoint, method, token, allowPrivateAddresses: true }),
    ).rejects.toMatchObject({ code: 'unauthorized', reason: 'LivesTooLong' })
  })

  it('parameters arrive', async () => {
    const method = METHOD.getLogs
    const workload = workloadUri(owner.did, 'web')
    const token = await owner.getServiceAuth({ aud: meshlet, lxm: method })
    const answer = await callMeshlet({
      did: meshlet,
      endpoint,
      method,
      token,
      params: { workload },
      allowPrivateAddresses: true,
    })
    expect(answer.lines).toEqual([{ line: `${workload} meshletOwner,workloadOwner` }])
  })

  it('a meshlet that nobody knows here is refused', async () => {
    const { handle, password } = network.account('alice-mesh')
    await using other = await openSession({ service: network.pdsUrl, identifier: handle, password })
    const token = await other.getServiceAuth({ aud: meshlet, lxm: METHOD.getHealth })
    await expect(
      callMeshlet({
        did: meshlet,
        endpoint,
        method: METHOD.getHealth,
        token,
        allowPrivateAddresses: true,
      }),
    ).rejects.toMatchObject({ reason: 'UnknownIssuer' })
  })
})
