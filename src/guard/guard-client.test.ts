import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silentLog } from '../ports/log.ts'
import { eventually } from '../../test/support/eventually.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { GuardClient } from './guard-client.ts'
import { createLineReader, GUARD_SOCKET, type GuardRequest } from './guard-messages.ts'

/** A guard that does what it is told, and can be told to keep its answers back. */
class ScriptedGuard {
  readonly deadlines: Map<string, number>
  readonly asked: GuardRequest['kind'][] = []
  answersHello = true
  readonly #server: Server
  readonly #sockets: Socket[] = []
  #heldBack: (() => void)[] = []

  constructor(path: string, deadlines: ReadonlyMap<string, number>) {
    this.deadlines = new Map(deadlines)
    this.#server = createServer((socket) => {
      this.#sockets.push(socket)
      const read = createLineReader((message) => this.#carryOut(message as GuardRequest, socket))
      socket
        .setEncoding('utf8')
        .on('data', read)
        .on('error', () => socket.destroy())
    }).listen(path)
  }

  /** Answers what it kept back, and from now on at once. */
  answer(): void {
    this.answersHello = true
    for (const held of this.#heldBack.splice(0)) held()
  }

  kill(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #carryOut(request: GuardRequest, socket: Socket): void {
    this.asked.push(request.kind)
    if (request.kind === 'set') this.deadlines.set(request.uri, request.deadlineMs)
    if (request.kind === 'clear') this.deadlines.delete(request.uri)
    const answer = () => {
      const deadlines = Object.fromEntries(this.deadlines)
      socket.write(`${JSON.stringify({ id: request.id, pid: 1, deadlines })}\n`)
    }
    if (request.kind === 'hello' && !this.answersHello) this.#heldBack.push(answer)
    else answer()
  }
}

let folder: string
let client: GuardClient
let clock: ManualClock
let guards: ScriptedGuard[]
/** What becomes of a guard that was just started. */
let onSpawn: (guard: ScriptedGuard) => void

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guard-'))
  guards = []
  onSpawn = () => undefined
  clock = new ManualClock()
  client = new GuardClient({
    stateDir: folder,
    clock,
    log: silentLog,
    spawn: (deadlines) => {
      const guard = new ScriptedGuard(join(folder, GUARD_SOCKET), deadlines)
      onSpawn(guard)
      guards.push(guard)
    },
  })
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  for (const guard of guards) guard.kill()
  rmSync(folder, { recursive: true, force: true })
})

test('a guard that is started in place of another knows all deadlines from its first moment on', async () => {
  await client.set('db', 5_000)
  await client.set('web', 6_000)
  let first: ReadonlyMap<string, number> | undefined
  onSpawn = (guard) => (first = new Map(guard.deadlines))
  guards[0]?.kill()
  await eventually('another guard is started', () => first !== undefined, clock)
  // The daemon may be killed before it says another word.
  expect(first).toEqual(client.deadlines)
})

test('telling it the same for days leaves nothing behind', async () => {
  const warnings: string[] = []
  const note = (warning: Error) => warnings.push(warning.message)
  process.on('warning', note)
  for (let i = 0; i < 50; i++) await client.set('db', 5_000 + i)
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', note)
  expect(warnings).toEqual([])
})

test('what is set while a new guard is greeted holds, and not what held before', async () => {
  await client.set('db', 5_000)
  onSpawn = (guard) => (guard.answersHello = false)
  guards[0]?.kill()
  await eventually(
    'the new guard is greeted',
    () => guards[1]?.asked.includes('hello') === true,
    clock,
  )
  const renewed = client.set('db', 9_000)
  guards[1]?.answer()
  await renewed
  await eventually('the greeting is over', () => client.problem === undefined)
  expect(guards[1]?.deadlines).toEqual(new Map([['db', 9_000]]))
  expect(client.deadlines).toEqual(new Map([['db', 9_000]]))
})
