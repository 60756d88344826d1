import { once } from 'node:events'
import { Frame } from '@atproto/xrpc-server'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { resolveEverythingTo } from '../../test/support/lying-dns.ts'
import { METHOD } from '../model/nsid.ts'
import type { LogLine } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { StandingRole } from './access.ts'
import { subscribeLogs } from './log-subscription.ts'
import type { XrpcServerLimits } from './server.ts'
import { TestCaller, startTestServer, type TestServer } from './test-server.ts'

let owner: TestCaller
let member: TestCaller
let stranger: TestCaller
let server: TestServer
let stopped = 0

beforeAll(async () => {
  ;[owner, member, stranger] = (await Promise.all(
    ['b', 'c', 'd'].map((letter) => TestCaller.create(letter)),
  )) as [TestCaller, TestCaller, TestCaller]
})
afterEach(() => server?.[Symbol.asyncDispose]())

/** Two lines, and then nothing until the caller leaves. */
async function* lines(signal: AbortSignal): AsyncGenerator<LogLine> {
  yield { line: 'one', replica: 0 }
  yield { line: 'two', replica: 1 }
  await new Promise<void>((done) => signal.addEventListener('abort', () => done()))
  stopped += 1
}

async function start(limits: Partial<XrpcServerLimits> = {}): Promise<void> {
  stopped = 0
  server = await startTestServer({
    api: { subscribeLogs: ({ signal }) => lines(signal) },
    callers: new Map<TestCaller, readonly StandingRole[] | undefined>([
      [owner, ['member']],
      [member, ['member']],
      [stranger, undefined],
    ]),
    limits,
  })
}

async function follow(caller: TestCaller, signal = AbortSignal.timeout(20_000)) {
  return subscribeLogs({
    endpoint: server.url,
    token: await caller.token(METHOD.subscribeLogs),
    params: { workload: workloadUri(owner.did, 'web') },
    allowPrivateAddresses: true,
    signal,
  })
}

function open(
  path: string = METHOD.subscribeLogs,
  headers: Record<string, string> = {},
): WebSocket {
  const query = new URLSearchParams({ workload: workloadUri(owner.did, 'web') }).toString()
  return new WebSocket(`${server.url.replace('http', 'ws')}/xrpc/${path}?${query}`, { headers })
}

async function authorized(): Promise<Record<string, string>> {
  return { authorization: `Bearer ${await owner.token(METHOD.subscribeLogs)}` }
}

async function statusOfRefusal(socket: WebSocket): Promise<number | undefined> {
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    { readonly statusCode?: number },
  ]
  socket.on('error', () => undefined)
  socket.terminate()
  return response.statusCode
}

describe('a stream of log lines', () => {
  it('brings them as they come, and tells the other side when the caller leaves', async () => {
    await start()
    const seen: string[] = []
    for await (const { line } of await follow(owner)) {
      seen.push(line)
      if (seen.length === 2) break
    }
    expect(seen).toEqual(['one', 'two'])
    await expect.poll(() => stopped).toBe(1)
  })

  it.each([
    ['a member who does not own the workload', () => member, 'forbidden'],
    ['a stranger', () => stranger, 'unauthorized'],
  ])('is nothing for %s', async (_, caller, code) => {
    await start()
    const reading = (await follow(caller())).next()
    await expect(reading).rejects.toMatchObject({ code })
  })

  it('ends with a name for what is wrong, without a token too', async () => {
    await start()
    const socket = open()
    const [data] = (await once(socket, 'message')) as [Buffer]
    const frame = Frame.fromBytes(data)
    expect(frame.isError() && frame.code).toBe('MissingToken')
    await once(socket, 'close')
  })

  it('ends when the server stops', async () => {
    await start()
    const reading = await follow(owner)
    await reading.next()
    await reading.next()
    const next = reading.next()
    await server[Symbol.asyncDispose]()
    await expect(next).rejects.toMatchObject({ code: 'unreachable', retry: true })
  })
})

describe('an address in somebody else’s record', () => {
  const read = (endpoint: string) =>
    subscribeLogs({
      endpoint,
      token: 'token',
      params: { workload: workloadUri(owner.did, 'web') },
      allowPrivateAddresses: false,
      signal: AbortSignal.timeout(20_000),
    }).next()

  it.each(['http://10.0.0.1', 'https://127.0.0.1:1', 'https://localhost', 'wss://a.dev', 'x'])(
    '#17 is not called when it is %s',
    async (endpoint) => {
      await expect(read(endpoint)).rejects.toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining('not a public https address') as string,
      })
    },
  )

  it('#18 is not called when its name resolves to this machine', async () => {
    await start()
    using dns = resolveEverythingTo('127.0.0.1')
    await expect(read(`https://rebinding.commune.dev:${server.port}`)).rejects.toThrow(
      /non-unicast/,
    )
    expect(dns.asked).toEqual(['rebinding.commune.dev'])
  })
})

describe('limits of streams', () => {
  it('refuse what is no stream', async () => {
    await start()
    expect(await statusOfRefusal(open(METHOD.getHealth))).toBe(404)
    expect(await statusOfRefusal(open(`${METHOD.subscribeLogs}/${'x'.repeat(5_000)}`))).toBe(404)
  })

  it('refuse more than are allowed at once, and let in again when one ends', async () => {
    await start({ streamsMax: 1 })
    const first = open(undefined, await authorized())
    await once(first, 'message')
    expect(await statusOfRefusal(open(undefined, await authorized()))).toBe(503)
    first.close()
    await once(first, 'close')
    await expect
      .poll(async () => {
        const next = open(undefined, await authorized())
        next.on('error', () => undefined)
        const [is] = await Promise.race([
          once(next, 'message').then(() => ['open']),
          once(next, 'close').then(() => ['closed']),
        ])
        next.terminate()
        return is
      })
      .toBe('open')
  })

  it('refuse one caller more than her part', async () => {
    await start({ streamsPerCallerMax: 2 })
    const first = await Promise.all([follow(owner), follow(owner)])
    for (const one of first) await one.next()
    await expect((await follow(owner)).next()).rejects.toMatchObject({ code: 'rate-limited' })
    await first[0]?.return(undefined)
    await expect
      .poll(async () => (await follow(owner)).next().catch(() => undefined))
      .toMatchObject({ value: { line: 'one' } })
  })

  it('make who writes lines wait for who reads them', async () => {
    let written = 0
    const line = 'x'.repeat(10_000)
    async function* many(): AsyncGenerator<LogLine> {
      for (; written < 5_000; written += 1) yield { line, replica: 0 }
    }
    server = await startTestServer({
      api: { subscribeLogs: many },
      callers: new Map([[owner, ['member']]]),
    })
    const reading = await follow(owner)
    await reading.next()
    let before = -1
    // What is under way fills the buffers of both sides, and then it stands still.
    await expect
      .poll(() => [before === written, (before = written)][0], { interval: 200, timeout: 20_000 })
      .toBe(true)
    expect(written).toBeLessThan(5_000)
    await reading.return(undefined)
  })

  it('refuse an address that tries too often', async () => {
    await start({ address: { burst: 1, perSecond: 0.001, callersMax: 10 } })
    const first = open(undefined, await authorized())
    await once(first, 'message')
    expect(await statusOfRefusal(open(undefined, await authorized()))).toBe(429)
    first.terminate()
  })

  it('end whoever sends much, or gives no sign of life', async () => {
    await start({ idleMsMax: 50 })
    const loud = open(undefined, await authorized())
    await once(loud, 'message')
    loud.send('x'.repeat(2_000))
    await once(loud, 'close')
    const silent = open(undefined, await authorized())
    silent.on('open', () => silent.pause())
    silent.on('error', () => undefined)
    await expect.poll(() => stopped, { timeout: 10_000 }).toBe(2)
    silent.terminate()
  })
})
