import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest'
import { LABEL } from '../../src/model/nsid.ts'
import type { InteractInput, InteractOptions } from '../../src/ports/engine.ts'
import { dockerHarness, type EngineHarness } from './engine-harness.ts'

/** Commands inside of a running container, on the real engine. */

let harness: EngineHarness
let did: string
let id: string
let count = 0

beforeAll(async () => {
  harness = await dockerHarness()
  did = `did:web:${harness.prefix}.interact.test`
  const network = { name: `${harness.prefix}-interact`, labels: labels(), egress: 'none' } as const
  await harness.engine.ensureNetwork(network)
  await harness.engine.pullImage(harness.image)
})

beforeEach(async () => {
  count += 1
  id = await harness.engine.createContainer({
    name: `${harness.prefix}-interact-${count}`,
    image: harness.image,
    labels: labels(),
    network: `${harness.prefix}-interact`,
    security: 'restricted',
    user: '65532',
    command: ['/bin/sh', '-c', 'sleep 3600'],
    env: { GREETING: 'hi' },
    stopGracePeriodMs: 1_000,
    readOnly: true,
    capAdd: [],
    tmpfs: [],
    memoryBytes: 64 * 1024 ** 2,
    cpuMilli: 500,
  })
  await harness.engine.startContainer(id)
})

afterEach(() => harness.engine.removeContainer(id))

afterAll(async () => {
  await harness.engine.removeNetwork(`${harness.prefix}-interact`)
  await harness.engine.removeImage(harness.image)
  await harness[Symbol.asyncDispose]()
})

const labels = () => ({ [LABEL.meshletDid]: did })
const never = new AbortController().signal

async function* typed(...texts: readonly string[]): AsyncGenerator<InteractInput> {
  for (const text of texts) yield { kind: 'data', data: Buffer.from(text) }
}

function shell(script: string, options: Partial<InteractOptions> = {}) {
  const command = ['/bin/sh', '-c', script]
  return harness.engine.interact(id, { command, input: typed(), signal: never, ...options })
}

async function run(script: string, options: Partial<InteractOptions> = {}) {
  const result = { stdout: '', stderr: '', exitCode: undefined as number | undefined }
  for await (const item of shell(script, options)) {
    if (item.kind === 'data') result[item.stream] += Buffer.from(item.data).toString()
    else result.exitCode = item.exitCode
  }
  return result
}

describe('a command inside of a container', () => {
  test('passes on what it writes, by stream, and how it ends', async () => {
    expect(await run('echo out; echo err >&2; exit 7')).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 7,
    })
  })

  test('has the user, the environment and the walls of the container, and nothing more', async () => {
    const { stdout } = await run('id -u; echo $GREETING; grep CapEff /proc/self/status; touch /x')
    expect(stdout).toMatch(/^65532\nhi\nCapEff:\s+0{16}\n$/)
  })

  test('reads what it is given, to its end', async () => {
    const input = typed('one\n', 'x'.repeat(300_000), '\n')
    expect((await run('read first; echo $first; wc -c', { input })).stdout).toMatch(
      /^one\n300001\n$/,
    )
  })

  test('writes no faster than it is read, and all of it comes', async () => {
    let bytes = 0
    for await (const item of shell('head -c 30000000 /dev/zero')) {
      if (item.kind === 'data') bytes += item.data.length
      if (bytes < 200_000) await delay(10)
    }
    expect(bytes).toBe(30_000_000)
  })

  test('gets a terminal of the size that it is told', async () => {
    const terminal = { columns: 90, rows: 30 }
    async function* input(): AsyncGenerator<InteractInput> {
      yield { kind: 'data', data: Buffer.from('stty size\n') }
      yield { kind: 'resize', size: { columns: 70, rows: 20 } }
      yield { kind: 'data', data: Buffer.from('stty size; exit 3\n') }
    }
    const result = await run('sh', { terminal, input: input() })
    expect(result.stdout).toContain('20 70')
    expect(result).toMatchObject({ stderr: '', exitCode: 3 })
  })

  test.each([
    'sleep 1234',
    'sleep 1234 & sleep 1234; true',
    'trap "" TERM HUP; sleep 1234; sleep 1234',
  ])('is killed with all that it started when nobody listens any more: %s', async (script) => {
    const leave = new AbortController()
    const reading = run(`echo here; ${script}`, { signal: leave.signal })
    await until(async () => (await sleepers()) > 0)
    leave.abort(new Error('gone'))
    await expect(reading).rejects.toThrow('gone')
    await until(async () => (await sleepers()) === 0)
  })

  test('is killed when its reader stops reading', async () => {
    for await (const item of shell('while true; do echo more; done'))
      if (item.kind === 'data') break
    await until(async () => (await run('ps | grep -c "[e]cho more"')).stdout === '0\n')
  })

  test('says that the container does not run', async () => {
    await harness.engine.stopContainer(id, 0)
    await expect(run('true')).rejects.toMatchObject({ code: 'not-found' })
  })
})

async function sleepers(): Promise<number> {
  return Number((await run('ps | grep -c "[s]leep 1234"')).stdout)
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let step = 0; step < 500; step += 1) {
    if (await condition()) return
    await delay(20)
  }
  throw new Error('waited in vain')
}
