import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GuardClient, bootMs } from '../../src/guard/guard-client.ts'
import { deadlineFlags } from '../../src/guard/guard-messages.ts'
import { silentLog } from '../../src/ports/log.ts'
import { realClock } from '../support/real-clock.ts'

const PROGRAM = fileURLToPath(new URL('../../src/bin/meshlet-guard.ts', import.meta.url))
const DID = 'did:plc:machine'
const DB = 'at://did:plc:alice/commune.scheduler.workload/db'
const HOUR_S = 3_600
/** The kernel lets this program move the boot clock for a child. */
const canMoveClock = spawnSync('unshare', ['--time', '--boottime', '1', 'true']).status === 0

let folder: string
let engine: Server
/** Requests to the engine, which has one running container, and when the first one came. */
let asked: string[]
let firstAskedMs: number
let guards: ChildProcess[]
let client: GuardClient

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'guard-'))
  asked = []
  firstAskedMs = Infinity
  guards = []
  engine = createServer((request, response) => {
    firstAskedMs = Math.min(firstAskedMs, bootMs())
    asked.push(`${request.method} ${decodeURIComponent(request.url ?? '')}`)
    response.end(request.method === 'GET' ? JSON.stringify([{ Id: 'c1', State: 'running' }]) : '')
  })
  await new Promise<void>((resolve) => engine.listen(join(folder, 'engine.sock'), resolve))
})
afterEach(async () => {
  await client[Symbol.asyncDispose]()
  for (const guard of guards) guard.kill('SIGKILL')
  engine.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A client whose guard runs `aheadS` seconds ahead. */
function open(aheadS: number): GuardClient {
  const program = [process.execPath, PROGRAM, `--did=${DID}`, `--state-dir=${folder}`]
  const moved = aheadS === 0 ? [] : ['unshare', '--time', '--boottime', String(aheadS)]
  const [command = '', ...args] = [...moved, ...program]
  client = new GuardClient({
    stateDir: folder,
    clock: realClock,
    log: silentLog,
    spawn: (deadlines) => {
      const env = { ...process.env, DOCKER_HOST: `unix://${folder}/engine.sock` }
      guards.push(spawn(command, [...args, ...deadlineFlags(deadlines)], { env, stdio: 'ignore' }))
    },
  })
  return client
}

async function untilKilled(): Promise<void> {
  await expect
    .poll(() => asked.filter((one) => one.startsWith('POST')), { timeout: 60_000 })
    .toContain('POST /containers/c1/kill')
}

describe('the guard process', () => {
  test('asks the engine for nothing before the deadline, and kills by label after it', async () => {
    const deadlineMs = bootMs() + 1_500
    await open(0).set(DB, deadlineMs)
    await untilKilled()
    expect(firstAskedMs).toBeGreaterThanOrEqual(deadlineMs)
    const [list = ''] = asked
    for (const word of [DID, DB, 'running', 'paused']) expect(list).toContain(word)
  })

  test('is taken over with what it was told by an earlier daemon', async () => {
    const deadlineMs = bootMs() + 3_600_000
    await open(0).set(DB, deadlineMs)
    await client[Symbol.asyncDispose]()
    const next = open(0)
    await next.takeOver()
    expect(next.deadlines.get(DB)).toBe(deadlineMs)
    expect(guards).toHaveLength(1)
    expect(asked).toEqual([])
  })

  test('is started again when it was killed, and knows what it has to know', async () => {
    await open(0).set(DB, bootMs() + 1_500)
    guards[0]?.kill('SIGKILL')
    await expect.poll(() => guards.length, { timeout: 60_000 }).toBe(2)
    // The daemon dies before it can say a word to it.
    await client[Symbol.asyncDispose]()
    await untilKilled()
  })

  test.runIf(canMoveClock)(
    'goes by the boot clock: an hour of sleep is past the deadline',
    async () => {
      await open(HOUR_S).set(DB, bootMs() + 1_800_000)
      await untilKilled()
    },
  )
})
