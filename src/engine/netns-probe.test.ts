import { createServer, Socket, type AddressInfo, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { runProbe } from './netns-probe.ts'
import type { Namespace } from './netns-socket.ts'

// No namespace has to be entered to see what answers do: the loopback of the test stands in for it.
const namespace: Namespace = {
  addresses: [],
  alive: () => true,
  socket: () => new Socket(),
  inside: (act) => act(),
  close: () => {},
}
const TIMEOUT_MS = 250
/** A generous bound: far beyond the timeout, far below that of a test. */
const SLOW_MS = 4_000

const servers: Server[] = []
let sent = 0
let asked: string[] = []

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
  sent = 0
  asked = []
})

/** A program that answers in its own way. */
async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => asked.push(chunk.toString('latin1')))
    onConnection(socket)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function ask(onConnection: (socket: Socket) => void, path = '/up') {
  const port = await listen(onConnection)
  const began = performance.now()
  const result = await runProbe(namespace, { kind: 'http', port, path }, TIMEOUT_MS)
  return { result, ms: performance.now() - began, port }
}

/** Writes for as long as anybody reads. */
function pour(socket: Socket, chunk: string): void {
  if (socket.destroyed) return
  sent += chunk.length
  if (socket.write(chunk)) setImmediate(() => pour(socket, chunk))
  else socket.once('drain', () => pour(socket, chunk))
}

describe('a program that means ill', () => {
  test.each<[string, (socket: Socket) => void, RegExp]>([
    ['never answers', () => {}, /did not answer in time/],
    ['hangs up', (socket) => socket.end(), /socket hang up/],
    ['answers nonsense', (socket) => socket.end('hello\r\n\r\n'), /Parse Error/],
    ['answers byte by byte', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\n'), /in time/],
    ['sends a header without end', (socket) => endlessHeader(socket), /overflow|in time/],
    [
      'says for ever that it goes on',
      (socket) => pour(socket, 'HTTP/1.1 102 Processing\r\n\r\n'),
      /in time/,
    ],
    [
      'wants to speak another protocol',
      (socket) =>
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
        ),
      /answered 101/,
    ],
  ])('%s: it is not well, and that is known in time', async (_, onConnection, message) => {
    const { result, ms } = await ask(onConnection)
    expect(result).toEqual({ ok: false, message: expect.stringMatching(message) })
    expect(ms).toBeLessThan(SLOW_MS)
  })

  test('answers without end: its status counts, and little of the rest is read', async () => {
    const { result, ms } = await ask((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      pour(socket, 'x'.repeat(64 * 1024))
    })
    expect(result).toEqual({ ok: true })
    expect(ms).toBeLessThan(SLOW_MS)
    const [server] = servers
    await new Promise<void>((resolve) => server?.close(() => resolve()))
    // What stands in the buffers of two sockets, and not gigabytes.
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })

  test('redirects to the metadata address: nobody goes there, and nobody else is asked', async () => {
    const other = await listen(() => {})
    const { result } = await ask((socket) =>
      socket.once('data', () =>
        socket.end(
          `HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:${other}/latest/meta-data/\r\ncontent-length: 0\r\n\r\n`,
        ),
      ),
    )
    expect(result).toEqual({ ok: true })
    expect(asked.join('')).toMatch(/^GET \/up HTTP\/1\.1\r\n/)
    expect(asked.join('')).not.toContain('meta-data')
  })
})

test('a path that no request can carry is a failure, not a bug', async () => {
  const { result } = await ask(() => {}, '/a b\r\nx: y')
  expect(result).toMatchObject({ ok: false })
  expect(asked).toEqual([])
})

test.each([
  ['200 OK', true],
  ['301 Moved', true],
  ['399 Odd', true],
  ['400 Bad', false],
  ['503 Busy', false],
])('%s counts as well: %s', async (status, ok) => {
  const { result } = await ask((socket) => socket.end(`HTTP/1.1 ${status}\r\n\r\n`))
  expect(result.ok).toBe(ok)
})

function drip(socket: Socket, text: string, at = 0): void {
  if (socket.destroyed || at >= text.length) return
  socket.write(text.slice(at, at + 1), () => setTimeout(() => drip(socket, text, at + 1), 50))
}

function endlessHeader(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\n')
  pour(socket, 'x-more: and more\r\n')
}
