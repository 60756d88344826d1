import { Readable } from 'node:stream'
import { WebSocket } from 'ws'
import { logLines } from '../../src/engine/logs.ts'
import { METHOD } from '../../src/model/nsid.ts'
import { TestCaller, startTestServer, type TestServer } from '../../src/xrpc/test-server.ts'

const CALLS = 100
const SOCKETS = 20
/** Output of a container that writes without end. */
const LOG_BYTES = 8 * 1024 * 1024
const FREE = { burst: 1e9, perSecond: 1e9, callersMax: 1_000 }

/** A server that anybody may call as often as she likes. */
export function startFloodedServer(): Promise<TestServer> {
  return startTestServer({
    api: {},
    callers: new Map(),
    limits: { address: FREE, caller: FREE, idleMsMax: 1_000 },
  })
}

/** What strangers can send to a machine, and what a container can write. */
export async function floodServer({ url, port }: TestServer): Promise<void> {
  const strangers = await Promise.all(
    Array.from({ length: 4 }, (_, i) => TestCaller.create('cdef'.charAt(i))),
  )
  for (let call = 0; call < CALLS; call++) {
    const stranger = strangers[call % strangers.length] as TestCaller
    const token = await stranger.token(METHOD.heartbeat)
    await post(url, `Bearer ${token}`, '{"epoch":1}')
    await post(url, `Bearer ${'a'.repeat(call * 50)}.b.c`, '{"'.repeat(call))
  }
  await Promise.all(Array.from({ length: SOCKETS }, () => connectAndLeave(port)))
  await readFloodOfLogs()
}

async function post(url: string, authorization: string, body: string): Promise<void> {
  const headers = { authorization, 'content-type': 'application/json' }
  const answer = await fetch(`${url}/xrpc/${METHOD.heartbeat}`, { method: 'POST', headers, body })
  await answer.text()
}

function connectAndLeave(port: number): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/xrpc/${METHOD.subscribeLogs}?workload=a`)
  socket.on('error', () => undefined)
  socket.on('message', () => socket.close())
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

async function readFloodOfLogs(): Promise<void> {
  const payload = Buffer.alloc(64 * 1024, 'x')
  const head = Buffer.from([1, 0, 0, 0, 0, 1, 0, 0])
  const frames = LOG_BYTES / payload.length
  const stream = Readable.from(
    (function* () {
      for (let frame = 0; frame < frames; frame++) yield Buffer.concat([head, payload])
    })(),
  )
  for await (const { line } of logLines(stream))
    if (line.length > payload.length) throw new Error('a line has no limit')
}
