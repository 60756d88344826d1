import { once } from 'node:events'
import { Frame } from '@atproto/xrpc-server'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { CommuneError } from '../model/errors.ts'
import { METHOD } from '../model/nsid.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { InteractInput } from '../ports/engine.ts'
import type { ExecCall, ExecOutput, MeshletApi } from './api.ts'
import { runCommand, type ExecSession } from './exec-session.ts'
import { TestCaller, startTestServer, type TestServer } from './test-server.ts'

const LARGE = 20_000_000

let owner: TestCaller
let server: TestServer
let ended: number
let sent: number

beforeAll(async () => {
  owner = await TestCaller.create('b')
})
afterEach(() => server?.[Symbol.asyncDispose]())

/** Gives back what it reads; `flood` writes much, `hang` writes once and waits. */
async function* program({
  command,
  input,
  signal,
  terminal,
}: ExecCall): AsyncGenerator<ExecOutput> {
  const say = (text: string) =>
    ({ kind: 'data', stream: 'stdout', data: Buffer.from(text) }) as const
  try {
    if (terminal) yield say(`${terminal.columns}x${terminal.rows}`)
    if (command[0] === 'hang') {
      yield say('begun')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
    if (command[0] === 'flood')
      for (; sent < LARGE; sent += 32_768)
        yield { kind: 'data', stream: 'stderr', data: Buffer.alloc(32_768) }
    if (command[0] === 'refused') throw new CommuneError('forbidden', 'not granted (rule “x”)')
    for await (const item of input)
      yield item.kind === 'data'
        ? { kind: 'data', stream: 'stdout', data: item.data }
        : say(`${item.size.columns}x${item.size.rows}`)
    yield { kind: 'end', exitCode: 42 }
  } finally {
    ended += 1
  }
}

async function start(limits: Parameters<typeof startTestServer>[0]['limits'] = {}): Promise<void> {
  ended = 0
  sent = 0
  const exec: MeshletApi['exec'] = (call) => program(call)
  server = await startTestServer({ api: { exec }, callers: new Map([[owner, ['member']]]), limits })
}

async function* typed(
  ...items: readonly (string | InteractInput)[]
): AsyncGenerator<InteractInput> {
  for (const item of items)
    yield typeof item === 'string' ? { kind: 'data', data: Buffer.from(item) } : item
}

async function run(session: Partial<ExecSession>): Promise<AsyncGenerator<ExecOutput>> {
  return runCommand({
    endpoint: server.url,
    token: await owner.token(METHOD.exec),
    params: { workload: workloadUri(owner.did, 'web') },
    allowPrivateAddresses: true,
    command: ['cat'],
    input: typed(),
    signal: AbortSignal.timeout(60_000),
    ...session,
  })
}

async function gather(output: AsyncGenerator<ExecOutput>) {
  let text = ''
  let bytes = 0
  for await (const item of output) {
    if (item.kind === 'end') return { text, bytes, exitCode: item.exitCode }
    bytes += item.data.length
    if (bytes < 1_000) text += Buffer.from(item.data).toString()
  }
  return { text, bytes }
}

describe('a command over a stream', () => {
  it('reads what is sent, and gives back what it writes and how it ended', async () => {
    await start()
    expect(await gather(await run({ input: typed('one ', 'two') }))).toEqual({
      text: 'one two',
      bytes: 7,
      exitCode: 42,
    })
  })

  it('is told the size of the terminal, and when it changes', async () => {
    await start()
    const terminal = { columns: 80, rows: 24 }
    const input = typed({ kind: 'resize', size: { columns: 90, rows: 30 } })
    expect((await gather(await run({ terminal, input }))).text).toBe('80x2490x30')
  })

  it('takes input of any size', async () => {
    await start()
    const { bytes } = await gather(await run({ input: typed('x'.repeat(1_000_000)) }))
    expect(bytes).toBe(1_000_000)
  })

  it('writes no more than is taken, however much it could', async () => {
    await start()
    const output = await run({ command: ['flood'] })
    await output.next()
    let before = -1
    // What is under way fills the buffers of both sides, and then it stands still.
    await expect
      .poll(() => [before === sent, (before = sent)][0], { interval: 200, timeout: 20_000 })
      .toBe(true)
    expect(sent).toBeLessThan(LARGE)
    expect((await gather(output)).bytes).toBeGreaterThan(LARGE - 65_536)
  })

  it('ends when its caller leaves', async () => {
    await start()
    const leave = new AbortController()
    const output = await run({ command: ['hang'], signal: leave.signal })
    await output.next()
    leave.abort()
    await output.next().catch(() => undefined)
    await expect.poll(() => ended).toBe(1)
  })

  it('ends when its caller stops reading, and when the server stops', async () => {
    await start()
    for await (const item of await run({ command: ['hang'] })) if (item.kind === 'data') break
    await expect.poll(() => ended).toBe(1)
    const output = await run({ command: ['hang'] })
    await output.next()
    await server[Symbol.asyncDispose]()
    await expect(output.next()).rejects.toMatchObject({ code: 'unreachable' })
    await expect.poll(() => ended).toBe(2)
  })

  it('is refused in the words of the machine', async () => {
    await start()
    await expect(gather(await run({ command: ['refused'] }))).rejects.toMatchObject({
      code: 'forbidden',
      message: 'not granted (rule “x”)',
    })
  })
})

describe('what is no command', () => {
  async function send(...messages: readonly Uint8Array[]): Promise<string> {
    const query = new URLSearchParams({ workload: workloadUri(owner.did, 'web') }).toString()
    const url = `${server.url.replace('http', 'ws')}/xrpc/${METHOD.exec}?${query}`
    const authorization = `Bearer ${await owner.token(METHOD.exec)}`
    const socket = new WebSocket(url, { headers: { authorization } })
    socket.on('open', () => messages.forEach((message) => socket.send(message)))
    const first = once(socket, 'message').then(([data]) => Frame.fromBytes(data as Buffer))
    const closed = once(socket, 'close').then(() => 'closed')
    const frame = await Promise.race([first, closed])
    socket.terminate()
    return typeof frame === 'string' ? frame : frame.isError() ? frame.code : 'a message'
  }

  it.each([
    ['junk', [Uint8Array.from([7, 7])], 'InvalidRequest'],
    ['input before it', [Uint8Array.from([2, 65])], 'InvalidRequest'],
    ['a command of no words', [Buffer.from('\u0001{"command":[]}')], 'InvalidRequest'],
    ['a message of 100 KB', [Buffer.alloc(100_000, 1)], 'closed'],
  ])('is refused: %s', async (_, messages, outcome) => {
    await start()
    expect(await send(...messages)).toBe(outcome)
    expect(ended).toBe(0)
  })
})
