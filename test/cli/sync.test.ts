import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Drivers } from '../../src/cli/drivers.ts'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { runCli, type CliOptions, type CliResult } from './run-cli.ts'

const DIGEST = `sha256:${'1'.repeat(64)}`

let network: TestNetwork
let folder: string
let owners = 0

beforeAll(async () => {
  network = await startTestNetwork([
    'alice',
    'bobby',
    'carol',
    'dave',
    'erin',
    'frank',
    'grace',
    'heidi',
    'ivan',
  ])
})
afterAll(() => network[Symbol.asyncDispose]())

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'commune-cli-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** An owner of her own for each test: repos are not emptied in between. */
function newOwner(): Commune {
  const account = network.accounts.filter(({ name }) => !name.endsWith('-mesh'))[owners++]
  if (account === undefined) throw new Error('the network needs more owners')
  const env = environmentOf(account)
  const commune =
    (options: CliOptions) =>
    (...args: string[]) =>
      runCli(args, { ...options, env })
  return Object.assign(commune({}), { with: commune })
}

interface Commune {
  (...args: string[]): Promise<CliResult>
  /** The same with other options. */
  with(options: CliOptions): (...args: string[]) => Promise<CliResult>
}

function environmentOf(account: { handle: string; password: string }): Record<string, string> {
  return {
    COMMUNE_SERVICE: network.pdsUrl,
    COMMUNE_PLC_URL: network.plcUrl,
    COMMUNE_IDENTIFIER: account.handle,
    COMMUNE_PASSWORD: account.password,
    XDG_CONFIG_HOME: join(network.dir, 'config'),
  }
}

function write(name: string, changes: Record<string, unknown> = {}, file = `${name}.yaml`): void {
  const fields = {
    kind: 'Workload',
    name,
    image: `registry.example/app:1@${DIGEST}`,
    resources: { cpu: '100m', memory: '64Mi' },
    ...changes,
  }
  // JSON is YAML.
  writeFileSync(join(folder, file), `${JSON.stringify(fields, null, 2)}\n`)
}

describe('a folder becomes records', () => {
  it('creates, changes, keeps, prunes, and writes nothing the second time', async () => {
    const commune = newOwner()
    write('hello')
    write('worker')
    expect(await commune('validate', folder)).toMatchObject({ code: 0 })

    const before = await commune('diff', folder, '--set', 'test')
    expect(before.code).toBe(1)
    expect(before.out).toContain('2 to create')

    const first = await commune('sync', folder, '--set', 'test')
    expect(first).toMatchObject({ code: 0 })
    expect(first.out).toContain('2 created')

    expect(await commune('diff', folder, '--set', 'test')).toMatchObject({ code: 0 })
    const revision = await headOf(commune)
    // Her own records are all that it takes to see that there is nothing to do.
    const alone = { readRepos: () => Promise.reject(new Error('read the repos of others')) }
    const second = await commune.with({ drivers: alone })('sync', folder, '--set', 'test')
    expect(second.out).toMatch(/^Nothing to do: 2 workloads/)
    expect(await headOf(commune)).toBe(revision)

    write('hello', { replicas: 3 })
    rmSync(join(folder, 'worker.yaml'))
    const dry = await commune('sync', folder, '--set', 'test', '--dry-run')
    expect(dry).toMatchObject({ code: 0 })
    expect(await headOf(commune)).toBe(revision)

    const third = await commune('sync', folder, '--set', 'test')
    expect(third.out).toContain('replicas: ')
    expect(third.out).toContain('1 changed, 1 kept')
    expect(await namesOf(commune)).toEqual(['hello', 'worker'])
    expect(await commune('diff', folder, '--set', 'test')).toMatchObject({ code: 1 })

    const pruned = await commune('sync', folder, '--set', 'test', '--prune')
    expect(pruned.out).toContain('1 deleted')
    expect(await namesOf(commune)).toEqual(['hello'])
    expect(await commune('diff', folder, '--set', 'test', '--prune')).toMatchObject({ code: 0 })

    expect(await commune('delete', 'hello', '--yes')).toMatchObject({ code: 0 })
    expect(await namesOf(commune)).toEqual([])
  })

  it('publishes, without a forecast, while the records of others do not come', async () => {
    const commune = newOwner()
    write('hello')
    const clock = new ManualClock()
    const readRepos: Drivers['readRepos'] = ({ signal }) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('given up')))
        clock.advance(10_000)
      })
    const io = { clock }
    const result = await commune.with({ drivers: { readRepos }, io })('sync', folder)
    expect(result).toMatchObject({ code: 0 })
    expect(result.out).toContain('1 created')
    expect(result.out).not.toContain('likely')
    expect(result.err).toContain('going on without a forecast')
  })

  it('publishes the rest beside a broken file, prunes nothing, and fails', async () => {
    const commune = newOwner()
    write('one')
    write('two')
    await commune('sync', folder, '--set', 'test')
    rmSync(join(folder, 'two.yaml'))
    write('three')
    writeFileSync(join(folder, 'bad.yaml'), 'kind: Workload\nname: bad\nimag: x\n')
    const result = await commune('sync', folder, '--set', 'test', '--prune')
    expect(result.code).toBe(2)
    expect(result.err).toContain('bad.yaml:')
    expect(result.out).toContain('nothing is pruned')
    expect(await namesOf(commune)).toEqual(['one', 'three', 'two'])
    expect(await commune('diff', folder, '--set', 'test')).toMatchObject({ code: 2 })
  })

  it('never prunes because of an empty or missing folder', async () => {
    const commune = newOwner()
    write('one')
    await commune('sync', folder, '--set', 'test')
    rmSync(join(folder, 'one.yaml'))
    expect(await commune('sync', folder, '--set', 'test', '--prune', '--yes')).toMatchObject({
      code: 2,
    })
    const missing = join(folder, 'missing')
    const result = await commune('sync', missing, '--set', 'test', '--prune', '--yes')
    expect(result.code).toBe(2)
    expect(result.err).toContain('missing')
    expect(await namesOf(commune)).toEqual(['one'])
  })

  it('keeps two sets apart and names both', async () => {
    const commune = newOwner()
    write('shared')
    await commune('sync', folder, '--set', 'first')
    const result = await commune('sync', folder, '--set', 'second', '--prune')
    expect(result.code).toBe(1)
    expect(result.out).toContain('"first"')
    expect(result.out).toContain('"second"')
    expect(await commune('sync', folder, '--set', 'second', '--adopt')).toMatchObject({ code: 0 })
    expect(await commune('diff', folder, '--set', 'second')).toMatchObject({ code: 0 })
  })

  it('asks before most of a set goes, or wants a flag', async () => {
    const commune = newOwner()
    for (const name of ['a', 'b', 'c']) write(name)
    await commune('sync', folder, '--set', 'test')
    rmSync(join(folder, 'a.yaml'))
    rmSync(join(folder, 'b.yaml'))
    const refused = await commune('sync', folder, '--set', 'test', '--prune')
    expect(refused).toMatchObject({ code: 2 })
    expect(refused.err).toContain('--yes')
    expect(await namesOf(commune)).toEqual(['a', 'b', 'c'])
    expect(await commune('sync', folder, '--set', 'test', '--prune', '--yes')).toMatchObject({
      code: 0,
    })
    expect(await namesOf(commune)).toEqual(['c'])
  })

  it('lets two syncs at once both arrive', async () => {
    const commune = newOwner()
    const other = mkdtempSync(join(tmpdir(), 'commune-cli-other-'))
    try {
      write('left')
      const left = folder
      folder = other
      write('right')
      folder = left
      const results = await Promise.all([
        commune('sync', left, '--set', 'left'),
        commune('sync', other, '--set', 'right'),
      ])
      expect(results.map(({ code }) => code)).toEqual([0, 0])
      expect(await namesOf(commune)).toEqual(['left', 'right'])
    } finally {
      rmSync(other, { recursive: true, force: true })
    }
  })

  it('prints the plan and the records as data', async () => {
    const commune = newOwner()
    write('hello', { env: { GREETING: 'hi' } })
    const dry = await commune('sync', folder, '--set', 'test', '--dry-run', '-o', 'json')
    const plan = JSON.parse(dry.out) as { set: string; items: unknown[] }
    expect(plan).toMatchObject({ set: 'test', items: [{ action: 'create', name: 'hello' }] })
    await commune('sync', folder, '--set', 'test')
    const listed = await commune('get', 'workloads', '-o', 'json')
    expect(JSON.parse(listed.out)).toMatchObject([
      {
        name: 'hello',
        wanted: 1,
        ready: 0,
        status: 'waiting for bids',
        record: {
          env: [{ name: 'GREETING', value: 'hi' }],
          source: { set: 'test', path: 'hello.yaml' },
        },
      },
    ])
    expect(await commune('get', 'workloads', '-o', 'name')).toMatchObject({ out: 'hello\n' })
    const table = await commune('get', 'workloads')
    expect(table.out).toMatch(/^NAME +READY +STATUS/)
    const explained = await commune('explain', 'hello')
    expect(explained.out).toContain('Nobody: no machine of yours')
    expect(await commune('describe', 'hello')).toMatchObject({ code: 0 })
    expect(await commune('explain', 'nothing')).toMatchObject({ code: 1 })
  })

  it('waits, and says at once that nobody can take it', async () => {
    const commune = newOwner()
    write('hello')
    const result = await commune('sync', folder, '--set', 'test', '--wait', '--timeout', '1m')
    expect(result.code).toBe(3)
    expect(result.err).toContain('no machine may run it')
  })
})

describe('what is wrong is said, with the right code', () => {
  const account = () => network.account('alice')
  const run = (args: readonly string[], options: CliOptions = {}) =>
    runCli(args, { ...options, env: { ...environmentOf(account()), ...options.env } })

  it('a wrong password', async () => {
    write('hello')
    const result = await run(['sync', folder], { env: { COMMUNE_PASSWORD: 'wrong' } })
    expect(result.code).toBe(1)
    expect(result.err).toContain('does not accept the credentials')
    expect(await run(['diff', folder], { env: { COMMUNE_PASSWORD: 'wrong' } })).toMatchObject({
      code: 2,
    })
  })

  it('nobody is logged in', async () => {
    write('hello')
    const env = { XDG_CONFIG_HOME: join(folder, 'config') }
    const result = await runCli(['sync', folder], { env })
    expect(result.code).toBe(1)
    expect(result.err).toContain('commune login')
  })

  it.each([
    [['sync', '--timeout', 'soon', '.']],
    [['get', 'nothing']],
    [['get', 'workloads', '-o', 'xml']],
    [['nothing']],
    [['sync']],
    [['sync', '.', '--nothing']],
    [['sync', '.', '--watch', '--dry-run']],
  ])('usage: %j', async (args) => {
    const result = await run(args)
    expect(result.code).toBe(2)
    expect(result.out).toBe('')
    expect(result.err).not.toContain(' at ')
  })
})

async function namesOf(commune: (...args: string[]) => Promise<CliResult>): Promise<string[]> {
  const { out } = await commune('get', 'workloads', '-o', 'name')
  return out.split('\n').filter((line) => line !== '')
}

/** Revision of the owner's repo: it grows with every commit. */
async function headOf(commune: (...args: string[]) => Promise<CliResult>): Promise<string> {
  const { did } = JSON.parse((await commune('whoami', '-o', 'json')).out) as { did: string }
  const response = await fetch(`${network.pdsUrl}/xrpc/com.atproto.sync.getLatestCommit?did=${did}`)
  return ((await response.json()) as { rev: string }).rev
}
