import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GuardClient, bootMs } from '../../src/guard/guard-client.ts'
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
/** Requests to the engine, which has one running container. */
let asked: string[]
let guards: ChildProcess[]
let client: GuardClient

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'guard-'))
  asked = []
  guards = []
  engine = createServer((request, response) => {
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
  const program = [PROGRAM, `--did=${DID}`, `--state-dir=${folder}`]
  const moved = ['--time', '--boottime', String(aheadS), process.execPath, ...program]
  const [command, args] = aheadS === 0 ? [process.execPath, program] : ['unshare', moved]
  client = new GuardClient({
    stateDir: folder,
    clock: realClock,
    log: silentLog,
    spawn: () => {
      const env = { ...process.env, DOCKER_HOST: `unix://${folder}/engine.sock` }
      guards.push(spawn(command, args, { env, stdio: 'ignore' }))
    },
  })
  return client
}

async function untilKilled(): Promise<void> {
  await expect
    .poll(() => asked.filter((one) => one.startsWith('POST')), { timeout: 15_000 })
    .toContain('POST /containers/c1/kill')
}

describe('the guard process', () => {
  test('asks the engine for nothing before the deadline, and kills by label after it', async () => {
    await open(0).set(DB, bootMs() + 1_500)
    expect(asked).toEqual([])
    await untilKilled()
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

  test('is started again when it was killed, and told what it has to know', async () => {
    await open(0).set(DB, bootMs() + 4_000)
    guards[0]?.kill('SIGKILL')
    await expect.poll(() => client.problem, { timeout: 5_000 }).toBeDefined()
    await expect.poll(() => client.problem, { timeout: 15_000 }).toBeUndefined()
    expect(guards).toHaveLength(2)
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
