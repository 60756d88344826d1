import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createEngineClient } from './client.ts'
import { createDockerEngine } from './docker.ts'

let folder: string
let socket: string
const closing: (() => Promise<void>)[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'commune-engine-'))
  socket = join(folder, 's')
})

afterEach(async () => {
  for (const close of closing.splice(0)) await close()
  await rm(folder, { recursive: true })
})

async function listen(handler: RequestListener): Promise<Server> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  )
  return server
}

function engine() {
  const made = createDockerEngine({ dockerHost: `unix://${socket}` })
  closing.unshift(() => made.close())
  return made
}

const PIECE = Buffer.alloc(256 * 1024, 32)

const unreachable = (message: RegExp) =>
  expect.objectContaining({
    code: 'engine-unreachable',
    retry: true,
    message: expect.stringMatching(message),
    hint: expect.any(String),
  })

describe('an engine that', () => {
  test('is not there', async () => {
    await expect(engine().info()).rejects.toEqual(unreachable(/^No container engine listens at/))
  })

  test('left its socket behind', async () => {
    const server = createTcpServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    await new Promise((resolve) => server.close(resolve))
    const made = createDockerEngine({ dockerHost: `tcp://127.0.0.1:${port}` })
    closing.push(() => made.close())
    await expect(made.listContainers('did:web:a')).rejects.toEqual(unreachable(/refuses/))
  })

  test('dies half-way through an answer', async () => {
    await listen((_, response) => {
      response.writeHead(200, { 'content-length': 1000 })
      response.write('[')
      setImmediate(() => response.destroy())
    })
    await expect(engine().listContainers('did:web:a')).rejects.toEqual(unreachable(/closed|answer/))
  })

  test('hangs', async () => {
    await listen(() => {})
    const client = createEngineClient({ options: { socketPath: socket }, address: socket })
    const asked = client.call({ doing: 'asking', timeoutMs: 50 }, (docker) => docker.version())
    await expect(asked).rejects.toEqual(unreachable(/did not finish asking within 0.05 s/))
    client.close()
  })

  test('hangs until the caller gives up', async () => {
    const stop = new AbortController()
    const reason = new Error('enough')
    await listen(() => stop.abort(reason))
    await expect(engine().listContainers('did:web:a', stop.signal)).rejects.toBe(reason)
  })

  test('fails', async () => {
    await listen((_, response) => {
      response.writeHead(500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ message: 'no space\u001b[31m left\non device' }))
    })
    await expect(engine().listNetworks('did:web:a')).rejects.toMatchObject({
      code: 'engine',
      retry: true,
      message: 'The engine failed at listing networks: no space [31m left on device',
    })
  })

  test('is none', async () => {
    await listen((_, response) => void response.writeHead(200).end('<html>hello</html>'))
    await expect(engine().info()).rejects.toMatchObject({ code: 'engine' })
  })

  test.each([200, 500])('answers without end, with status %i', async (status) => {
    let sent = 0
    await listen((_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      const more = () => {
        while (!response.destroyed && response.write(PIECE)) sent += PIECE.length
        sent += PIECE.length
        response.once('drain', more)
      }
      more()
    })
    await expect(engine().listContainers('did:web:a')).rejects.toMatchObject({
      code: 'engine',
      message: 'The engine’s answer is longer than 64 MiB',
    })
    expect(sent).toBeLessThan(2 * 64 * 1024 * 1024)
  })

  test('ends while its events are watched', async () => {
    const server = await listen((_, response) => {
      response.writeHead(200)
      response.write('{"Action":"start","Actor":{"ID":"1","Attributes":{}}}\n')
      setImmediate(() => server.closeAllConnections())
    })
    const actions: string[] = []
    const watching = (async () => {
      const { signal } = new AbortController()
      for await (const { action } of engine().events('did:web:a', signal)) actions.push(action)
    })()
    await expect(watching).rejects.toMatchObject({ code: 'engine-unreachable' })
    expect(actions).toEqual(['start'])
  })
})

test('a description of the connections, which is made for each request, stays short', async () => {
  await listen((_, response) => response.end('[]'))
  const client = createEngineClient({ address: socket, options: { socketPath: socket } })
  const { docker } = client
  const list = () =>
    client.call({ doing: 'listing', timeoutMs: 10_000 }, () => docker.listContainers())
  await Promise.all(Array.from({ length: 5 }, list))
  const { agent } = docker.modem as { agent?: unknown }
  expect(agent).toBeDefined()
  expect(inspect(agent, { showHidden: true, depth: null }).length).toBeLessThan(100)
  client.close()
})

test('what is not on the allow-list never leaves the process, whatever asks for it', async () => {
  const asked: string[] = []
  await listen((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.end('{}')
  })
  const client = createEngineClient({ address: socket, options: { socketPath: socket } })
  const options = { doing: 'trying', timeoutMs: 10_000 }
  const one = client.docker.getContainer('abc')
  const forbidden: readonly (() => Promise<unknown>)[] = [
    () => client.docker.createContainer({ Image: 'x', HostConfig: { Privileged: true } }),
    () => client.docker.createVolume({ Name: 'x' }),
    () => client.docker.pull('x:latest'),
    () => client.docker.loadImage(Readable.from(['x'])),
    () => client.docker.createNetwork({ Name: 'x' }),
    () => client.docker.pruneContainers(),
    () => one.exec({ Cmd: ['true'], Privileged: true }),
    () => one.putArchive(Readable.from(['x']), { path: '/' }),
    () => one.update({ Memory: 0 }),
    () => one.commit(),
    () => one.attach({ stream: true }),
  ]
  for (const attempt of forbidden) {
    await expect(client.call(options, attempt)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(/^Not sent to the engine: /),
      hint: expect.stringContaining('docs/security.md'),
    })
  }
  expect(asked).toEqual([])
  await client.call(options, () => one.start())
  expect(asked).toEqual(['POST /containers/abc/start'])
  client.close()
})
