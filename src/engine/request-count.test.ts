import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LABEL } from '../model/nsid.ts'
import type { Engine, EngineEvent } from '../ports/engine.ts'
import { createDockerEngine } from './docker.ts'

const IMAGE = `registry.example/web@sha256:${'a'.repeat(64)}`
const NETWORK = 'commune-web'
const DID = 'did:plc:me'
const labels = { [LABEL.meshletDid]: DID, [LABEL.workload]: 'at://did:plc:me/w/web' }

const INSPECTED = {
  Id: 'c1',
  Name: '/commune-web-0',
  Created: '2026-01-01T00:00:00Z',
  State: { Status: 'running', StartedAt: '2026-01-01T00:00:01Z', OOMKilled: false, Error: '' },
  Config: { Image: IMAGE, Labels: labels },
  HostConfig: {},
}

/** Answers as Docker does, and writes down what it was asked. */
const answers: readonly (readonly [request: RegExp, status: number, body: unknown])[] = [
  [/^GET \/version/, 200, { Version: '20.10.24', ApiVersion: '1.41', Os: 'linux', Arch: 'amd64' }],
  [/^GET \/info/, 200, { NCPU: 2, MemTotal: 2 ** 32, OSType: 'linux' }],
  [/^GET \/containers\/json/, 200, [{ Id: 'c1' }, { Id: 'c2' }]],
  [/^GET \/containers\/c\d\/json/, 200, INSPECTED],
  [/^GET \/networks/, 200, []],
  [/^GET \/images\//, 200, { Id: 'sha256:1', Size: 1, Architecture: 'amd64', Os: 'linux' }],
  [/^POST \/networks\/create/, 201, { Id: 'n1' }],
  [/^POST \/containers\/create/, 201, { Id: 'c1' }],
  [/^POST \/containers\/c1\/start/, 204, undefined],
]

let folder: string
let server: Server
let engine: Engine
let asked: string[]
/** The stream of events that the engine tells, while somebody listens. */
let happened: ServerResponse | undefined

beforeEach(async () => {
  asked = []
  folder = await mkdtemp(join(tmpdir(), 'commune-engine-'))
  happened = undefined
  server = createServer((request, response) => {
    const said = `${request.method} ${request.url?.replace(/^\/v[\d.]+/, '')}`
    asked.push(said.replace(/\?.*/, ''))
    if (said.startsWith('GET /events')) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.flushHeaders()
      happened = response
      return
    }
    const [, status, body] = answers.find(([pattern]) => pattern.test(said)) ?? [/x/, 500, {}]
    request.resume()
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(join(folder, 's'), resolve))
  engine = createDockerEngine({ dockerHost: `unix://${join(folder, 's')}` })
})

afterEach(async () => {
  await engine.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(folder, { recursive: true })
})

test('a first start asks the engine four things, each once', async () => {
  await engine.info()
  asked = []
  await Promise.all([
    engine.inspectImage(IMAGE),
    engine.ensureNetwork({ name: NETWORK, labels, egress: 'none' }),
  ])
  const id = await engine.createContainer({
    name: 'commune-web-0',
    image: IMAGE,
    labels,
    network: NETWORK,
    security: 'restricted',
    user: '65532',
    env: {},
    stopGracePeriodMs: 1_000,
    readOnly: true,
    capAdd: [],
    tmpfs: [],
    memoryBytes: 2 ** 26,
    cpuMilli: 100,
  })
  await engine.startContainer(id)
  expect(asked.toSorted()).toEqual([
    `GET /images/${IMAGE}/json`,
    'POST /containers/c1/start',
    'POST /containers/create',
    'POST /networks/create',
  ])
})

test('a look at all that runs, the first, is one list of containers and one of networks, and each container once', async () => {
  await Promise.all([engine.listContainers('did:plc:me'), engine.listNetworks('did:plc:me')])
  expect(asked.toSorted()).toEqual([
    'GET /containers/c1/json',
    'GET /containers/c2/json',
    'GET /containers/json',
    'GET /networks',
  ])
})

describe('while its events are listened to', () => {
  let stop: AbortController
  let events: AsyncIterator<EngineEvent>
  let next: Promise<IteratorResult<EngineEvent>>

  beforeEach(async () => {
    stop = new AbortController()
    events = engine.events(DID, stop.signal)[Symbol.asyncIterator]()
    next = events.next()
    // It is known to listen when nothing is asked twice.
    await expect.poll(async () => [await look(), await look()][1]).toEqual([LIST])
  })

  afterEach(async () => {
    stop.abort()
    await next.catch(() => undefined)
  })

  const LIST = 'GET /containers/json'
  const look = async () => {
    asked = []
    await engine.listContainers(DID)
    return asked.toSorted()
  }

  test('a look at what was seen already is the list alone', async () => {
    expect(await look()).toEqual([LIST])
  })

  test('a container that an event names is asked for once more', async () => {
    const update = { Action: 'update', Actor: { ID: 'c2', Attributes: labels } }
    happened?.write(`${JSON.stringify(update)}\n`)
    expect((await next).value).toMatchObject({ containerId: 'c2', action: 'update' })
    next = events.next()
    expect(await look()).toEqual(['GET /containers/c2/json', LIST])
    expect(await look()).toEqual([LIST])
  })

  test('one that we start is asked for once more', async () => {
    await engine.startContainer('c1')
    expect(await look()).toEqual(['GET /containers/c1/json', LIST])
  })

  test('all are asked for after a break', async () => {
    happened?.destroy()
    await next.catch(() => undefined)
    expect(await look()).toEqual(['GET /containers/c1/json', 'GET /containers/c2/json', LIST])
  })
})
