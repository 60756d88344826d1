import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { freePort } from '../dev/loopback.ts'
import { startLyingServer } from '../dev/lying-server.ts'
import type { Lie, LyingServer, SeenRequest } from '../dev/lying-server.ts'
import { latestCommit, listRecords } from './call-pds.ts'
import { openSession } from './session.ts'
import type { SessionOptions } from './session.ts'

const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const tokens = (name: string) => ({
  did,
  handle: 'alice.test',
  accessJwt: `${name}-access`,
  refreshJwt: `${name}-refresh`,
})

let server: LyingServer
let dir: string
let options: SessionOptions

beforeEach(async () => {
  server = await startLyingServer()
  dir = await mkdtemp(path.join(tmpdir(), 'commune-session-'))
  options = {
    service: server.url,
    identifier: 'alice.test',
    password: 'secret',
    sessionFile: path.join(dir, 'sessions', 'alice.json'),
    now: () => 0,
  }
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
})

/** Answers by the method's last name; everything else is a bug of the test. */
function answers(table: Record<string, (request: SeenRequest) => Lie>): void {
  server.lie = (request) => {
    const name = /\/xrpc\/com\.atproto\.\w+\.(\w+)/.exec(request.url)?.[1] ?? ''
    return table[name]?.(request) ?? { status: 599, body: `no answer for ${request.url}` }
  }
}

const called = (name: string) =>
  server.requests.filter((request) => request.url.includes(`.${name}`))
const wrong = {
  status: 401,
  body: { error: 'AuthenticationRequired', message: 'Invalid identifier or password' },
}

describe('openSession against a PDS that is not well', () => {
  const html = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>hello</html>' }
  it.each([
    ['401', wrong, { code: 'unauthorized', retry: false }],
    [
      'a second factor',
      { status: 401, body: { error: 'AuthFactorTokenRequired' } },
      { code: 'unauthorized' },
    ],
    [
      '429 with retry-after',
      { status: 429, headers: { 'retry-after': '42' }, body: { error: 'RateLimitExceeded' } },
      { code: 'rate-limited', retry: true, retryAfterMs: 42_000 },
    ],
    [
      '429 with ratelimit-reset',
      {
        status: 429,
        headers: { 'ratelimit-reset': '1795255166', date: new Date(1795255106_000).toUTCString() },
        body: {},
      },
      { code: 'rate-limited', retry: true, retryAfterMs: 60_000 },
    ],
    [
      '429 with nothing',
      { status: 429, body: '' },
      { code: 'rate-limited', retryAfterMs: undefined },
    ],
    [
      '500',
      { status: 500, body: { error: 'InternalServerError' } },
      { code: 'unavailable', retry: true },
    ],
    ['502 as a web page', { ...html, status: 502 }, { code: 'unavailable', retry: true }],
    [
      '503 with retry-after',
      { status: 503, headers: { 'retry-after': '7' }, body: '' },
      { code: 'unavailable', retryAfterMs: 7000 },
    ],
    ['404 as a web page', { ...html, status: 404 }, { code: 'bad-answer' }],
    ['a web page', html, { code: 'bad-answer' }],
    ['nothing', { status: 200 }, { code: 'bad-answer' }],
    ['broken JSON', { status: 200, body: '{"did":' }, { code: 'bad-answer' }],
    ['JSON of something else', { status: 200, body: { hello: 'world' } }, { code: 'bad-answer' }],
    [
      'a taken-down account',
      { status: 400, body: { error: 'AccountTakedown' } },
      { code: 'forbidden' },
    ],
    ['a cut connection', 'cut', { code: 'unreachable', retry: true }],
    [
      'half an answer',
      { status: 200, body: 'x'.repeat(2000), cutAfterBytes: 1000 },
      { retry: true },
    ],
    ['a redirect', { status: 302, headers: { location: '/elsewhere' } }, { code: 'unreachable' }],
    ['a flood', { status: 200, body: 'x'.repeat(9_000_000) }, { retry: true }],
  ] as readonly [string, Lie, object][])('%s', async (_, lie, expected) => {
    server.lie = () => lie
    const error: unknown = await openSession(options).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ name: 'CommuneError', ...expected })
    const { message } = error as Error
    expect(message).not.toContain('<html>')
    expect(message).toContain(server.url)
  })

  it('says whose credentials were refused, and what to do, without the password', async () => {
    server.lie = () => wrong
    const error: unknown = await openSession(options).catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      message: expect.stringContaining('alice.test') as string,
      hint: expect.stringContaining('COMMUNE_PASSWORD') as string,
    })
    expect(JSON.stringify([String(error), error])).not.toContain('secret')
  })

  it('that refuses connections', async () => {
    const service = `http://127.0.0.1:${await freePort()}`
    await expect(openSession({ ...options, service })).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('nothing listens there') as string,
    })
  })

  it('whose name does not resolve', async () => {
    const service = 'http://pds.invalid'
    await expect(openSession({ ...options, service })).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('does not resolve') as string,
    })
  })

  it('that never answers', async () => {
    server.lie = () => 'hang'
    await expect(openSession({ ...options, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'timeout',
      retry: true,
    })
  })

  it('whose address is none', async () => {
    await expect(openSession({ ...options, service: 'pds' })).rejects.toMatchObject({
      code: 'usage',
    })
  })
})

describe('the session', () => {
  const refresh = (request: SeenRequest): Lie => ({
    status: 200,
    body: tokens(`${request.headers.authorization?.slice(7, -8)}+`),
  })
  const head = {
    cid: 'bafyreigl7nzbd6vcupj7slwm35svlrywlvv6ysonwttcyi6cbjwintjtaa',
    rev: '3n2stgelaz225',
  }

  it('is kept in a file of its user alone, and taken up without a call', async () => {
    answers({ createSession: () => ({ body: tokens('first') }) })
    await using first = await openSession(options)
    expect([first.did, first.handle, first.pdsUrl]).toEqual([did, 'alice.test', server.url])
    const file = options.sessionFile ?? ''
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect((await stat(path.dirname(file))).mode & 0o777).toBe(0o700)
    expect(await readFile(file, 'utf8')).not.toContain('secret')

    server.lie = () => 'cut'
    await using second = await openSession(options)
    expect(second.did).toBe(did)
    expect(server.requests).toHaveLength(1)
  })

  it('of another account or service is not taken up', async () => {
    answers({ createSession: () => ({ body: tokens('first') }) })
    await using first = await openSession(options)
    await using second = await openSession({ ...options, identifier: 'bob.test' })
    expect([first.did, second.did]).toEqual([did, did])
    expect(called('createSession')).toHaveLength(2)
  })

  it('is renewed once for all calls that find it expired, and kept anew', async () => {
    answers({
      createSession: () => ({ body: tokens('first') }),
      refreshSession: refresh,
      getSession: () => ({ status: 500 }),
      getServiceAuth: (request) =>
        request.headers.authorization === 'Bearer first+-access'
          ? { body: { token: 'token' } }
          : { status: 400, body: { error: 'ExpiredToken' } },
    })
    await using session = await openSession(options)
    const request = { aud: did, lxm: 'a.b.c' }
    expect(
      await Promise.all([session.getServiceAuth(request), session.getServiceAuth(request)]),
    ).toEqual(['token', 'token'])
    await session[Symbol.asyncDispose]()
    expect(called('refreshSession')).toHaveLength(1)
    expect(await readFile(options.sessionFile ?? '', 'utf8')).toContain('first+-refresh')
  })

  it('is made anew with the password when it can no longer be renewed', async () => {
    let made = 0
    answers({
      createSession: () => ({ body: tokens(String((made += 1))) }),
      refreshSession: () => ({ status: 401, body: { error: 'ExpiredToken' } }),
      getLatestCommit: (request) =>
        request.headers.authorization === 'Bearer 2-access'
          ? { body: head }
          : { status: 400, body: { error: 'ExpiredToken' } },
    })
    await using session = await openSession(options)
    expect(await latestCommit(session.agent, did, undefined)).toEqual(head)
    expect(called('createSession')).toHaveLength(2)
  })

  it('ends, without a password, when it can no longer be renewed', async () => {
    answers({
      createSession: () => ({ body: tokens('first') }),
      refreshSession: () => ({ status: 401, body: { error: 'ExpiredToken' } }),
      getServiceAuth: () => ({ status: 400, body: { error: 'ExpiredToken' } }),
    })
    await (await openSession(options))[Symbol.asyncDispose]()
    await using session = await openSession({ ...options, password: '' })
    await expect(session.getServiceAuth({ aud: did, lxm: 'a.b.c' })).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('has ended'),
      hint: expect.stringContaining('commune login'),
    })
    expect(called('createSession')).toHaveLength(1)
  })

  it('takes no tokens of another account at a renewal', async () => {
    const other = 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb'
    answers({
      createSession: () => ({ body: tokens(String(called('createSession').length)) }),
      refreshSession: () => ({ body: { ...tokens('other'), did: other } }),
      getServiceAuth: (request) =>
        request.headers.authorization === 'Bearer 2-access'
          ? { body: { token: 'token' } }
          : { status: 400, body: { error: 'ExpiredToken' } },
    })
    await using session = await openSession(options)
    expect(await session.getServiceAuth({ aud: did, lxm: 'a.b.c' })).toBe('token')
    expect(called('createSession')).toHaveLength(2)
  })

  it('lists what a PDS has, also when a record holds what records may not', async () => {
    const uri = `at://${did}/a.b.c/1`
    const value = { half: 0.5 }
    answers({
      createSession: () => ({ body: tokens('first') }),
      listRecords: () => ({ body: { records: [{ uri, cid: head.cid, value }] } }),
    })
    await using session = await openSession(options)
    const query = { repo: did, collection: 'a.b.c' } as const
    const { records } = await listRecords(session.agent, query, AbortSignal.timeout(5_000))
    expect(records).toEqual([{ uri, cid: head.cid, value }])
    answers({ listRecords: () => ({ body: { records: [{ uri }] } }) })
    const broken = listRecords(session.agent, query, AbortSignal.timeout(5_000))
    await expect(broken).rejects.toMatchObject({ code: 'bad-answer' })
  })

  it('survives a PDS that can not renew it for the moment', async () => {
    answers({
      createSession: () => ({ body: tokens('first') }),
      refreshSession: () => ({ status: 503 }),
      getServiceAuth: () => ({ status: 400, body: { error: 'ExpiredToken' } }),
    })
    await using session = await openSession(options)
    await expect(session.getServiceAuth({ aud: did, lxm: 'a.b.c' })).rejects.toMatchObject({
      code: 'unavailable',
      retry: true,
    })
    expect(called('createSession')).toHaveLength(1)
  })

  it('does not use up the sign-ins of an account whose password was changed', async () => {
    let now = 0
    answers({
      createSession: () =>
        called('createSession').length === 1 ? { body: tokens('first') } : wrong,
      refreshSession: () => ({ status: 401, body: { error: 'ExpiredToken' } }),
      getServiceAuth: () => ({ status: 401, body: { error: 'InvalidToken' } }),
    })
    await using session = await openSession({ ...options, now: () => now })
    for (let call = 0; call < 3; call += 1) {
      await expect(session.getServiceAuth({ aud: did, lxm: 'a.b.c' })).rejects.toMatchObject({
        code: 'unauthorized',
      })
    }
    expect(called('createSession')).toHaveLength(2)
    now = 5 * 60_000
    await expect(session.getServiceAuth({ aud: did, lxm: 'a.b.c' })).rejects.toMatchObject({
      code: 'unauthorized',
    })
    expect(called('createSession')).toHaveLength(3)
  })

  it('does not go on as another account when a PDS was set up anew', async () => {
    const other = 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb'
    answers({
      createSession: () => ({
        body: { ...tokens('x'), did: called('createSession').length === 1 ? did : other },
      }),
      refreshSession: () => ({ status: 400, body: { error: 'InvalidToken' } }),
      getServiceAuth: () => ({ status: 400, body: { error: 'ExpiredToken' } }),
    })
    await using session = await openSession(options)
    for (let call = 0; call < 2; call += 1) {
      const calling = session.getServiceAuth({ aud: did, lxm: 'a.b.c' })
      await expect(calling).rejects.toMatchObject({
        code: 'unauthorized',
        message: expect.stringContaining(other) as string,
      })
    }
    await session[Symbol.asyncDispose]()
    await using again = await openSession(options)
    expect(again.did).toBe(other)
  })

  it('gives up a call when its caller does', async () => {
    answers({ createSession: () => ({ body: tokens('first') }), getServiceAuth: () => 'hang' })
    await using session = await openSession(options)
    const controller = new AbortController()
    const token = session.getServiceAuth({ aud: did, lxm: 'a.b.c', signal: controller.signal })
    controller.abort()
    await expect(token).rejects.toMatchObject({ code: 'interrupted' })
  })
})
