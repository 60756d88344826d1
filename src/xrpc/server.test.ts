import fc from 'fast-check'
import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CommuneError } from '../model/errors.ts'
import { METHOD, type MethodName } from '../model/nsid.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { silentLog } from '../ports/log.ts'
import type { CalledMethod, StandingRole } from './access.ts'
import type { MeshletApi } from './api.ts'
import { TestCaller, TestClock, ownDid, startTestServer, validCalls } from './test-server.ts'
import type { TestServer, TestServerOptions } from './test-server.ts'

let owner: TestCaller
let member: TestCaller
let candidate: TestCaller
let suspended: TestCaller
let stranger: TestCaller
let server: TestServer

beforeAll(async () => {
  ;[owner, member, candidate, suspended, stranger] = (await Promise.all(
    ['b', 'c', 'd', 'e', 'f'].map((letter) => TestCaller.create(letter)),
  )) as [TestCaller, TestCaller, TestCaller, TestCaller, TestCaller]
})

afterEach(() => server?.[Symbol.asyncDispose]())

const status = {
  workload: workloadUri('did:plc:cccccccccccccccccccccccc', 'web'),
  phase: 'running',
}

const done = () => Promise.resolve({ state: 'active' })
const working: Partial<MeshletApi> = {
  getCapacity: () =>
    Promise.resolve({ capacity: { cpuMilli: 4000 }, available: {}, state: 'active' }),
  listWorkloads: ({ params }) => Promise.resolve({ workloads: [], cursor: String(params.limit) }),
  getWorkloadStatus: () => Promise.resolve(status),
  deleteWorkload: ({ input }) => Promise.resolve({ state: 'refused', message: input.workload }),
  getUsage: () => Promise.resolve({ measuredAt: '2026-11-21T10:00:00.000Z', replicas: [] }),
  getLogs: ({ params }) => Promise.resolve({ lines: [{ line: `${params.tail} lines` }] }),
  getHealth: () => Promise.resolve({ ok: true, version: '0.1.0' }),
  listEvents: () => Promise.resolve({ events: [] }),
  ...{ pause: done, resume: done, drain: done, shutdown: done, pauseWorkload: done },
  ...{ resumeWorkload: done, stopWorkload: done, restartWorkload: done },
  heartbeat: ({ caller }) =>
    Promise.resolve({
      epoch: 1,
      now: '2026-11-21T10:00:00.000Z',
      heard: [{ did: caller.did, agoMs: 0 }],
    }),
}

async function start(options: Partial<TestServerOptions> = {}): Promise<void> {
  server = await startTestServer({
    api: working,
    callers: new Map<TestCaller, readonly StandingRole[] | undefined>([
      [owner, ['meshletOwner', 'member']],
      [member, ['member']],
      [candidate, ['candidate']],
      [suspended, []],
      [stranger, undefined],
    ]),
    ...options,
  })
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown>
}

async function send(target: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(server.url + target, init)
  const text = await response.text()
  const json = response.headers.get('content-type')?.startsWith('application/json') ?? false
  return {
    status: response.status,
    headers: response.headers,
    body: json ? (JSON.parse(text) as Record<string, unknown>) : { text },
  }
}

async function call(
  caller: TestCaller,
  method: MethodName,
  options: { query?: Record<string, string>; body?: unknown; init?: RequestInit } = {},
): Promise<Answer> {
  const query = new URLSearchParams(options.query)
  const post = options.body !== undefined
  return send(`/xrpc/${METHOD[method]}?${query.toString()}`, {
    method: post ? 'POST' : 'GET',
    headers: {
      authorization: `Bearer ${await caller.token(METHOD[method])}`,
      ...(post && { 'content-type': 'application/json' }),
    },
    ...(post && {
      body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body),
    }),
    ...options.init,
  })
}

describe('answers', () => {
  it('pass parameters with their defaults, and who called', async () => {
    await start()
    expect((await call(member, 'listWorkloads')).body).toEqual({ workloads: [], cursor: '50' })
    expect((await call(candidate, 'heartbeat', { body: { epoch: 3 } })).body).toMatchObject({
      heard: [{ did: candidate.did }],
    })
  })

  it.each([
    ['not-found', 400, 'WorkloadNotFound'],
    ['conflict', 400, 'RevisionMismatch'],
    ['invalid-input', 400, 'InvalidRequest'],
    ['forbidden', 403, 'NotAllowed'],
    ['rate-limited', 429, 'RateLimitExceeded'],
    ['engine-unreachable', 503, 'Unavailable'],
    ['timeout', 504, 'UpstreamTimeout'],
  ] as const)('%s is %i %s with its message', async (code, httpStatus, error) => {
    await start({ api: { getCapacity: () => Promise.reject(new CommuneError(code, 'because')) } })
    const answer = await call(owner, 'getCapacity')
    expect([answer.status, answer.body]).toEqual([httpStatus, { error, message: 'because' }])
  })

  it.each([
    ['a bug', () => Promise.reject(new TypeError('secret detail of ours'))],
    [
      'an internal error',
      () => Promise.reject(new CommuneError('internal', 'secret detail of ours')),
    ],
    ['a thrown text', () => Promise.reject('secret detail of ours')],
    ['an invalid answer', () => Promise.resolve({ state: 'secret detail of ours' } as never)],
  ])('%s is an internal error without a word of it, and is logged', async (name, getCapacity) => {
    const logged: unknown[] = []
    await start({
      api: { getCapacity },
      log: { ...silentLog, error: (message, fields) => logged.push([message, fields]) },
    })
    const answer = await call(owner, 'getCapacity')
    expect(answer.status).toBe(500)
    expect(JSON.stringify(answer.body)).not.toContain('secret')
    expect(JSON.stringify(answer.body)).not.toMatch(/at .*\.ts/)
    if (name !== 'an invalid answer')
      expect(logged).toMatchObject([['call failed', { method: 'getCapacity', caller: owner.did }]])
  })

  it('end a call that takes too long', async () => {
    await start({
      limits: { callMsMax: 30 },
      api: {
        getCapacity: ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(new Error('gave up')))
          }),
      },
    })
    expect((await call(owner, 'getCapacity')).status).toBe(504)
  })

  it('end a call whose work goes on for ever', async () => {
    const forever = { getCapacity: () => new Promise<never>(() => {}) }
    await start({ limits: { callMsMax: 30 }, api: forever })
    expect((await call(owner, 'getCapacity')).status).toBe(504)
  })

  it('say that a method is not there', async () => {
    await start()
    const answer = await send('/xrpc/farm.meshlet.somethingElse', { method: 'POST' })
    expect([answer.status, answer.body['error']]).toEqual([501, 'MethodNotImplemented'])
  })

  it('tell people what this is', async () => {
    await start()
    for (const path of ['/', '/.well-known/']) {
      const answer = await send(path)
      expect([answer.status, String(answer.body['text'])]).toEqual([
        200,
        expect.stringContaining(ownDid),
      ])
    }
  })
})

describe('tokens', () => {
  it('are refused by name', async () => {
    await start()
    const bearer = `Bearer ${await owner.token(METHOD.getHealth)}`
    const authorized = (authorization: string) =>
      send(`/xrpc/${METHOD.getHealth}`, { headers: { authorization } })
    expect((await authorized(bearer)).status).toBe(200)
    expect(await authorized(bearer)).toMatchObject({ status: 401, body: { error: 'TokenUsed' } })
    expect(await authorized('Bearer junk')).toMatchObject({
      status: 401,
      body: { error: 'MalformedToken' },
    })
    expect(await authorized(`Bearer ${'a'.repeat(9000)}`)).toMatchObject({
      status: 401,
      body: { error: 'TokenTooLarge' },
    })
    expect(await send(`/xrpc/${METHOD.getHealth}`)).toMatchObject({
      status: 401,
      body: { error: 'MissingToken' },
    })
    const other = `Bearer ${await owner.token(METHOD.getCapacity)}`
    expect(await authorized(other)).toMatchObject({ status: 401, body: { error: 'WrongMethod' } })
  })

  it('refused for their time come back with the time here', async () => {
    const clock = new TestClock()
    clock.aheadMs = 120_000
    await start({ clock })
    const answer = await call(owner, 'getHealth')
    expect([answer.status, answer.body['error']]).toEqual([401, 'WrongTime'])
    const theirMs = Date.parse(answer.headers.get('meshlet-time') ?? '')
    expect(Math.abs(theirMs - clock.wallMs())).toBeLessThan(60_000)
  })
})

describe('bad input', () => {
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  it.each([
    ['no JSON', '{', 400],
    ['nothing', '', 400],
    ['a list', '[]', 400],
    ['a text', '"x"', 400],
    ['null', 'null', 400],
    ['a missing field', '{}', 400],
    ['a wrong type', '{"workload":5}', 400],
    ['no uri', '{"workload":"web"}', 400],
    [
      'the uri of something else',
      '{"workload":"at://did:plc:cccccccccccccccccccccccc/app.bsky.feed.post/web"}',
      400,
    ],
    ['a handle in the uri', '{"workload":"at://alice.test/commune.scheduler.workload/web"}', 400],
    ['a prototype', '{"__proto__":{"workload":"at://a.b/c.d.e/f"}}', 400],
    ['a deep list', deep, 400],
    [
      'a bad cid',
      '{"workload":"at://did:plc:cccccccccccccccccccccccc/commune.scheduler.workload/web","cid":"x"}',
      400,
    ],
    ['200 kB', JSON.stringify({ workload: 'x'.repeat(200_000) }), 413],
  ])('%s as a body', async (_, body, expected) => {
    await start()
    const answer = await call(member, 'deleteWorkload', { body })
    expect(answer.status).toBe(expected)
    expect(typeof answer.body['error']).toBe('string')
  })

  it.each([
    ['another type', { 'content-type': 'application/octet-stream' }, 'x', 400],
    ['no type', { 'content-type': '' }, '{}', 400],
    ['a form', { 'content-type': 'multipart/form-data; boundary=x' }, '--x--', 400],
    [
      'an unknown encoding',
      { 'content-type': 'application/json', 'content-encoding': 'zz' },
      '{}',
      415,
    ],
  ])('%s', async (_, headers, body, expected) => {
    await start()
    const authorization = `Bearer ${await member.token(METHOD.heartbeat)}`
    const init = { method: 'POST', headers: { ...headers, authorization }, body }
    expect((await send(`/xrpc/${METHOD.heartbeat}`, init)).status).toBe(expected)
  })

  it('#32 a gzip bomb', async () => {
    await start()
    const authorization = `Bearer ${await member.token(METHOD.heartbeat)}`
    const headers = {
      authorization,
      'content-type': 'application/json',
      'content-encoding': 'gzip',
    }
    const body = gzipSync(Buffer.alloc(20_000_000, 0x20))
    expect(
      (await send(`/xrpc/${METHOD.heartbeat}`, { method: 'POST', headers, body })).status,
    ).toBe(413)
  })

  it.each([
    ['GET', '/xrpc/%zz', 400],
    ['GET', '/xrpc/', 400],
    ['GET', '/xrpc/farm', 501],
    ['GET', '/xrpc//etc/passwd', 400],
    ['GET', '/elsewhere', 404],
    ['GET', `/xrpc/${'a'.repeat(5000)}`, 414],
    ['POST', `/xrpc/${METHOD.getHealth}`, 400],
    ['GET', `/xrpc/${METHOD.heartbeat}`, 400],
    ['PUT', `/xrpc/${METHOD.heartbeat}`, 405],
    ['OPTIONS', '/', 405],
    ['GET', `/xrpc/${METHOD.listWorkloads}?limit=0`, 400],
    ['GET', `/xrpc/${METHOD.listWorkloads}?limit=x`, 400],
    ['GET', `/xrpc/${METHOD.listWorkloads}?limit=1&limit=2`, 400],
    ['GET', `/xrpc/${METHOD.getLogs}`, 400],
    ['GET', `/xrpc/${METHOD.getLogs}?workload=%00`, 400],
  ])('%s %s', async (method, target, expected) => {
    await start()
    const answer = await send(target, { method })
    expect([answer.status, typeof answer.body['error']]).toEqual([expected, 'string'])
  })

  it('is never an internal error, whatever it is', async () => {
    await start({
      limits: {
        address: { burst: 10_000, perSecond: 1, callersMax: 10 },
        caller: { burst: 10_000, perSecond: 1, callersMax: 10 },
      },
    })
    const methods = Object.keys(validCalls(owner)) as CalledMethod[]
    const input = fc.record({
      method: fc.constantFrom(...methods),
      query: fc.dictionary(fc.string(), fc.string()),
      body: fc.option(fc.oneof(fc.json(), fc.string()), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(input, async ({ method, query, body }) => {
        const answer = await call(owner, method, { query, ...(body !== undefined && { body }) })
        expect(answer.status).not.toBe(500)
        expect(answer.body).not.toHaveProperty('stack')
      }),
      { numRuns: 150 },
    )
  })
})

describe('limits', () => {
  /** Everything that the server says on a raw connection until it closes it. */
  async function raw(lines: string): Promise<string> {
    const socket = connect(server.port, '127.0.0.1')
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(lines)
    await once(socket, 'close')
    return text
  }

  it('#13 a header of 20 KiB is 431', async () => {
    await start()
    const text = await raw(
      `GET / HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${'a'.repeat(20_480)}\r\n\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('a head that never ends is cut off', async () => {
    await start({ limits: { headMsMax: 50, requestMsMax: 100 } })
    expect(await raw('GET / HTTP/1.1\r\nhost: x\r\n')).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('a body that never ends is cut off', async () => {
    await start({ limits: { headMsMax: 50, requestMsMax: 100 } })
    const authorization = `Bearer ${await member.token(METHOD.heartbeat)}`
    const text = await raw(
      `POST /xrpc/${METHOD.heartbeat} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`,
    )
    expect(text === '' || /^HTTP\/1\.1 4\d\d /.test(text)).toBe(true)
  })

  it('a question with a body without end is refused at once', async () => {
    await start()
    const text = await raw(
      `GET /xrpc/${METHOD.getHealth} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('nonsense instead of http is refused', async () => {
    await start()
    expect(await raw('\u0016\u0003\u0001 hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
  })

  it('connections of one address, so that others still get through', async () => {
    await start({ limits: { connectionsPerAddressMax: 2 } })
    const open = [1, 2, 3].map(() => connect(server.port, '127.0.0.1'))
    const closed = await Promise.race(
      open.map((socket, index) => {
        socket.on('error', () => undefined)
        return once(socket, 'close').then(() => index)
      }),
    )
    const left = open.filter((_, index) => index !== closed)
    for (const socket of left) socket.destroy()
    await Promise.all(left.map((socket) => once(socket, 'close')))
    await expect.poll(async () => (await send('/').catch(() => undefined))?.status).toBe(200)
  })

  it('connections altogether', async () => {
    await start({ limits: { connectionsMax: 2 } })
    const open = [1, 2, 3].map(() => connect(server.port, '127.0.0.1'))
    for (const socket of open) socket.on('error', () => undefined)
    await Promise.race(open.map((socket) => once(socket, 'close')))
    for (const socket of open) socket.destroy()
  })

  it('calls by the client’s address, which only a trusted proxy may name', async () => {
    const address = { burst: 2, perSecond: 0.001, callersMax: 10 }
    const as = async (client: string) =>
      (await send('/', { headers: { 'x-forwarded-for': client } })).status
    await start({ limits: { address } })
    expect([await as('1.1.1.1'), await as('2.2.2.2'), await as('3.3.3.3')]).toEqual([200, 200, 429])
    await server[Symbol.asyncDispose]()
    await start({ limits: { address }, proxies: ['127.0.0.1'] })
    expect([await as('1.1.1.1'), await as('1.1.1.1'), await as('1.1.1.1')]).toEqual([200, 200, 429])
    expect(await as('2.2.2.2')).toBe(200)
    expect(await as('9.9.9.9, 1.1.1.1')).toBe(429)
  })

  it('calls by address and by DID', async () => {
    const few = { burst: 3, perSecond: 0.001, callersMax: 10 }
    await start({ limits: { caller: few } })
    const statuses = []
    for (let index = 0; index < 5; index += 1)
      statuses.push((await call(member, 'getHealth')).status)
    expect(statuses).toEqual([200, 200, 200, 429, 429])
    expect((await call(owner, 'getHealth')).status).toBe(200)
    await server[Symbol.asyncDispose]()

    await start({ limits: { address: few } })
    for (let index = 0; index < 3; index += 1) await send('/')
    const answer = await send('/')
    expect([
      answer.status,
      answer.body['error'],
      Number(answer.headers.get('retry-after')) > 0,
    ]).toEqual([429, 'RateLimitExceeded', true])
  })
})

describe('the server', () => {
  it('says which port it can not have', async () => {
    await start()
    const { createXrpcServer } = await import('./server.ts')
    const second = createXrpcServer({
      did: ownDid,
      api: {} as MeshletApi,
      rolesOf: () => undefined,
      resolveKey: () => Promise.reject(new Error()),
      heartbeatKey: () => undefined,
      clock: new TestClock(),
      log: silentLog,
    })
    await expect(second.listen('127.0.0.1', server.port)).rejects.toMatchObject({
      code: 'unavailable',
    })
    await second[Symbol.asyncDispose]()
  })

  it('stops although a call is under way, and tells the call', async () => {
    const asked = Promise.withResolvers<AbortSignal>()
    await start({
      api: {
        getCapacity: ({ signal }) => {
          asked.resolve(signal)
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason as Error))
          })
        },
      },
    })
    const answer = call(owner, 'getCapacity')
    const signal = await asked.promise
    await server[Symbol.asyncDispose]()
    expect([signal.aborted, (await answer).status]).toEqual([true, 504])
  })
})
