import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { METHOD } from '../model/nsid.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { TestCaller, startTestServer, type TestServer } from './test-server.ts'

/** Clients that take their time, on real connections. More than the buffers of both sides hold. */
const ANSWER_LINES = 10_000
const LINE = 'x'.repeat(2_000)

let server: TestServer
let owner: TestCaller

beforeEach(async () => {
  owner = await TestCaller.create('b')
  server = await startTestServer({
    api: {
      getLogs: () =>
        Promise.resolve({ lines: Array.from({ length: ANSWER_LINES }, () => ({ line: LINE })) }),
    },
    callers: new Map([[owner, ['member']]]),
    limits: { idleMsMax: 300, headMsMax: 300, requestMsMax: 600 },
  })
})
afterEach(() => server[Symbol.asyncDispose]())

function open(): Socket {
  const socket = connect(server.port, '127.0.0.1')
  socket.on('error', () => undefined)
  return socket
}

/** Bytes that come until the connection ends, be it with an error: who still writes then meets one. */
function rest(socket: Socket): Promise<number> {
  let bytes = 0
  socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
  return new Promise((resolve) => socket.once('close', () => resolve(bytes)))
}

it('who connects and says nothing is cut off', async () => {
  expect(await rest(open())).toBeLessThan(1_000)
})

it('who sends a byte now and then is cut off as well', async () => {
  const socket = open()
  const timer = setInterval(() => socket.write('x'), 20)
  socket.write('GET / HTTP/1.1\r\nx-slow: ')
  await rest(socket)
  clearInterval(timer)
})

it('who does not take the answer is cut off, and the rest of it is forgotten', async () => {
  const query = new URLSearchParams({ workload: workloadUri(owner.did, 'web') }).toString()
  const authorization = `Bearer ${await owner.token(METHOD.getLogs)}`
  const ask = (socket: Socket) =>
    socket.write(
      `GET /xrpc/${METHOD.getLogs}?${query} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\nconnection: close\r\n\r\n`,
    )
  const slow = open()
  ask(slow)
  await once(slow, 'readable')
  // By then three others have come, said nothing, and been cut off for it.
  for (let turn = 0; turn < 3; turn += 1) await rest(open())
  expect(await rest(slow)).toBeLessThan(ANSWER_LINES * LINE.length)
})
