import { connect } from 'node:net'
import fc from 'fast-check'
import { createMeshletApi } from '../../../src/meshlet/api.ts'
import { METHOD } from '../../../src/model/nsid.ts'
import { STANDARD_POLICY } from '../../../src/policy/standard-policy.ts'
import { silentLog } from '../../../src/ports/log.ts'
import { TestCaller, startTestServer } from '../../../src/xrpc/test-server.ts'
import { VirtualCommune } from '../../support/virtual-commune.ts'
import { hostileText, mutatedText } from '../arbitraries/hostile-text.ts'
import { mutatedValue } from '../arbitraries/hostile-value.ts'
import { LexiconValues } from '../arbitraries/lexicon-values.ts'
import { jsonText } from '../arbitraries/yaml-text.ts'
import { expectThat, type Surface } from '../surface.ts'

const OWNER = 'b'.repeat(24)
const MACHINE = 'a'.repeat(24)
/** Calls that wait for something are given up by the server after this. */
const CALL_MS_MAX = 500
const FREE = { burst: 1e9, perSecond: 1e9, callersMax: 10 }
/** A fault of ours, or an answer of nobody. 501 is for a stream that is asked for as a call. */
const BAD_STATUS = [500, 502]

const lexicons = new LexiconValues()
const methods = Object.values(METHOD)

interface HttpInput {
  readonly method: string
  readonly isPost: boolean
  readonly given: unknown
  readonly headers: readonly (readonly [string, string])[]
  readonly isSigned: boolean
}

const header = fc.tuple(
  fc.constantFrom(
    'content-type',
    'content-encoding',
    'accept',
    'accept-encoding',
    'atproto-proxy',
    'x-forwarded-for',
    'content-length',
    'expect',
    'host',
    'origin',
    'cookie',
    'dpop',
  ),
  fc.oneof(
    fc.constantFrom(
      'application/json',
      'text/plain',
      'gzip',
      'br',
      'deflate',
      '*/*',
      '100-continue',
      '0',
      '-1',
      'multipart/form-data; boundary=x',
    ),
    hostileText,
  ),
)

const httpInputs: fc.Arbitrary<HttpInput> = fc.constantFrom(...methods).chain((id) =>
  fc.record({
    method: fc.oneof(
      { weight: 6, arbitrary: fc.constant(id) },
      mutatedText(fc.constant(id), ['/', '.', '%', '..']),
    ),
    isPost: fc.boolean(),
    given: mutatedValue(lexicons.input(id), 2),
    headers: fc.array(header, { maxLength: 2 }),
    isSigned: fc.constantFrom(true, true, true, false),
  }),
)

const REQUEST = `POST /xrpc/${METHOD.pause} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`
const rawInputs = mutatedText(
  fc.constantFrom(
    REQUEST,
    `GET /xrpc/${METHOD.getHealth} HTTP/1.1\r\nHost: a\r\n\r\n`,
    `GET /xrpc/${METHOD.subscribeLogs} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  ),
  [
    '\r\n',
    '\n',
    ': ',
    'Transfer-Encoding: chunked\r\n',
    'Content-Length: 5\r\n',
    '\0',
    'HTTP/1.0',
    'HTTP/2.0',
    '%',
    '?',
    '#',
    '//',
    'Expect: 100-continue\r\n',
    'Upgrade: h2c\r\n',
  ],
)

/** Calls of every method by an owner of a machine, with the server and what stands behind it. */
export const xrpcSurfaces: readonly Surface[] = [
  { name: 'xrpc-calls', inputs: httpInputs, open: () => openServer(call) },
  { name: 'xrpc-bytes', inputs: rawInputs, open: () => openServer(sendBytes) },
]

interface Served {
  readonly port: number
  readonly owner: TestCaller
  readonly world: VirtualCommune
}

async function openServer(feed: (served: Served, input: unknown) => Promise<void>) {
  const world = new VirtualCommune()
  world.owner(OWNER)
  world.addMachine(MACHINE, { owner: OWNER })
  await world.start()
  world.owner(OWNER).publish('web')
  await world.settle()
  const { meshlet, engine } = world.machine(MACHINE)
  const owner = await TestCaller.create('b')
  const server = await startTestServer({
    api: createMeshletApi({
      meshlet,
      engine,
      clock: world.clock,
      policy: () => STANDARD_POLICY,
      log: silentLog,
    }),
    callers: new Map([[owner, ['meshletOwner', 'member']]]),
    limits: { callMsMax: CALL_MS_MAX, address: FREE, caller: FREE },
  })
  return {
    feed: (input: unknown) => feed({ port: server.port, owner, world }, input),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function call({ port, owner, world }: Served, input: unknown): Promise<void> {
  const { method, isPost, given, headers, isSigned } = input as HttpInput
  const url = new URL(
    `http://127.0.0.1:${port}/xrpc/${encodeURI(method.toWellFormed())}${isPost ? '' : `?${queryOf(given)}`}`,
  )
  const token = isSigned ? [['authorization', `Bearer ${await owner.token(method)}`]] : []
  const all = [['content-type', 'application/json'], ...token, ...headers]
  const usable = all.filter(([name = '', value = '']) => isHeader(name, value))
  const answered = fetch(url, {
    method: isPost ? 'POST' : 'GET',
    headers: new Headers(usable as [string, string][]),
    ...(isPost && { body: jsonText(given) }),
  }).catch((error: unknown) => refusedByFetch(error))
  let isPending = true
  void answered.then(() => (isPending = false))
  // What the machine waits for takes virtual time, and the answer takes real time.
  while (isPending) {
    await world.advance(100)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const response = await answered
  if (response === undefined) return
  const text = await response.text()
  expectThat(
    !BAD_STATUS.includes(response.status),
    `${response.status} for ${method}: ${text.slice(0, 500)}`,
  )
  expectThat(!/\n\s+at /.test(text), 'an answer holds no stack')
}

/** Some requests are refused by our own client, or the server hangs up on them; both are answers. */
function refusedByFetch(error: unknown): undefined {
  const isClients = error instanceof TypeError
  if (!isClients) throw error
  return undefined
}

function queryOf(given: unknown): string {
  const entries = typeof given === 'object' && given !== null ? Object.entries(given) : []
  const query = new URLSearchParams()
  for (const [name, value] of entries.slice(0, 20)) query.append(name, jsonOrText(value))
  return query.toString().slice(0, 8_000)
}

function jsonOrText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

function isHeader(name: string, value: string): boolean {
  try {
    return new Headers([[name, value]]).has(name)
  } catch {
    return false
  }
}

/** Bytes on a connection, to its end. */
async function sendBytes({ port }: Served, input: unknown): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.end(Buffer.from(String(input), 'latin1'))
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve())
    setTimeout(resolve, 50)
  })
  socket.destroy()
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(Buffer.concat(chunks).toString('latin1')) ?? []
  expectThat(!BAD_STATUS.includes(Number(status)), `answered ${status}`)
}
