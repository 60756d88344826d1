import { createServer, type AddressInfo, type Server } from 'node:net'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Worker } from 'node:worker_threads'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CommuneError } from '../model/errors.ts'
import type { NetnsTarget } from './netns-messages.ts'
import { createNetns, startNetnsWorker, unsupportedNetns, type Netns } from './netns.ts'

// This process stands in for a container: its own namespace is entered, which takes the same rights.
// Control groups are paths, so a slash is part of the name of each.
const self: NetnsTarget = { containerId: '/', pid: process.pid, addresses: [] }
const locate = () => Promise.resolve(self)
const STEPS_MAX = 500

let netns: Netns
let server: Server
let port: number
const workers: Worker[] = []
const crashes: Error[] = []

beforeEach(async () => {
  workers.length = 0
  crashes.length = 0
  netns = createNetns({
    onCrash: (error) => crashes.push(error),
    startWorker: () => {
      const worker = startNetnsWorker()
      workers.push(worker)
      return worker
    },
  })
  server = createServer((socket) => {
    socket.on('error', () => {})
    socket.resume()
    socket.end('hello')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})

afterEach(async () => {
  await netns.close()
  await new Promise((resolve) => server.close(resolve))
})

async function read(at: number): Promise<string> {
  const socket = connect({ port: at, host: '127.0.0.1' })
  return text(socket)
}

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const found = await look()
    if (found) return found
    await delay(10)
  }
  throw new Error('what the test waits for did not happen')
}

test('is possible here, forwards and probes', async () => {
  expect(await netns.problem()).toBeUndefined()
  const forward = await netns.forward(locate, { containerPort: port, preferredPort: 0 })
  expect(await read(forward.port)).toBe('hello')
  expect(await netns.probe(self, { kind: 'tcp', port }, 2000)).toEqual({ ok: true })
  const http = await netns.probe(self, { kind: 'http', port, path: '/' }, 2000)
  expect(http).toEqual({ ok: false, message: expect.stringContaining(`GET / on port ${port}`) })
  await forward.close()
  await expect(read(forward.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('leads elsewhere when told, and leaves open connections where they are', async () => {
  const forward = await netns.forward(locate, { containerPort: port, preferredPort: 0 })
  const accepted = Promise.withResolvers<Socket>()
  server.removeAllListeners('connection')
  server.once('connection', accepted.resolve)
  const outer = connect({ port: forward.port, host: '127.0.0.1' })
  const inner = await accepted.promise
  await forward.moveTo(locate)
  inner.end('still here')
  expect(await text(outer)).toBe('still here')
  server.on('connection', (socket) => socket.end('after'))
  expect(await read(forward.port)).toBe('after')
  const gone = () => Promise.reject(new CommuneError('not-found', 'it does not run'))
  await expect(forward.moveTo(gone)).rejects.toMatchObject({ code: 'not-found' })
  expect(await read(forward.port)).toBe('after')
})

test('takes the next port when the preferred one is taken', async () => {
  const first = await netns.forward(locate, { containerPort: port, preferredPort: port })
  expect(first.port).toBeGreaterThan(port)
  expect(await read(first.port)).toBe('hello')
})

test('survives the death of its thread, at the same port', async () => {
  const forward = await netns.forward(locate, { containerPort: port, preferredPort: 0 })
  await workers[0]?.terminate()
  expect(await until(() => read(forward.port).catch(() => undefined))).toBe('hello')
  expect(workers).toHaveLength(2)
  expect(crashes).toHaveLength(1)
  await forward.close()
  await expect(read(forward.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('what was under way when the thread died fails, and can be tried again', async () => {
  const silent = createServer((socket) => void socket.on('error', () => {}).resume())
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const probe = { kind: 'http', port: (silent.address() as AddressInfo).port, path: '/' } as const
  const asked = netns.probe(self, probe, 60_000)
  const connected = new Promise((resolve) => silent.once('connection', resolve))
  await connected
  await Promise.all([
    expect(asked).rejects.toMatchObject({ code: 'unavailable', retry: true }),
    workers[0]?.terminate(),
  ])
  expect(await netns.probe(self, { kind: 'tcp', port }, 2000)).toEqual({ ok: true })
  await new Promise((resolve) => silent.close(resolve))
})

test('a process that is not the container’s is never entered', async () => {
  const stranger = { ...self, containerId: 'f'.repeat(64) }
  const gone = { ...self, pid: 2 ** 22 + 1 }
  for (const target of [stranger, gone]) {
    await expect(netns.probe(target, { kind: 'tcp', port }, 1000)).rejects.toMatchObject({
      code: 'not-found',
    })
  }
})

test('after it was closed it does nothing', async () => {
  await netns.close()
  await expect(netns.probe(self, { kind: 'tcp', port }, 1000)).rejects.toMatchObject({
    code: 'interrupted',
  })
})

test('where it can’t work it says so', async () => {
  const none = unsupportedNetns('not here')
  expect(await none.problem()).toBe('not here')
  await expect(none.forward(locate, { containerPort: 1, preferredPort: 0 })).rejects.toMatchObject({
    code: 'unsupported',
    message: 'not here',
    hint: expect.any(String),
  })
  await none.close()
})
