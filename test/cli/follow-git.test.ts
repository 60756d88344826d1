import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { GitOrigin, workloadText } from './git-origin.ts'
import { runCli, type CliOptions, type CliResult } from './run-cli.ts'

// A busy computer is no failure: what is waited for are conditions.
vi.setConfig({ testTimeout: 90_000 })

const NAMES = ['alice', 'bobby', 'carol', 'dave', 'erin', 'frank']

let network: TestNetwork
let base: string
let origin: GitOrigin
let owner = -1

beforeAll(async () => {
  network = await startTestNetwork(NAMES)
})
afterAll(() => network[Symbol.asyncDispose]())
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'commune-follow-'))
  origin = new GitOrigin(base)
  owner += 1
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

function commune(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { handle, password } = network.account(NAMES[Math.min(owner, NAMES.length - 1)] ?? '')
  return runCli(args, {
    ...options,
    env: {
      COMMUNE_SERVICE: network.pdsUrl,
      COMMUNE_PLC_URL: network.plcUrl,
      COMMUNE_IDENTIFIER: handle,
      COMMUNE_PASSWORD: password,
      HOME: base,
    },
  })
}

function follow(...more: string[]): Promise<CliResult> {
  return commune(['sync', '--git', origin.url, '--path', 'work', '--set', 'test', ...more])
}

interface Published {
  readonly name: string
  readonly record: {
    readonly replicas?: number
    readonly source: { readonly revision: string; readonly path: string; readonly set: string }
  }
}

async function published(): Promise<readonly Published[]> {
  return JSON.parse((await commune(['get', 'workloads', '-o', 'json'])).out) as Published[]
}

it('publishes a branch without a working copy, under the name that a working copy would have', async () => {
  origin.write('work/hello.yaml', workloadText('hello', 1))
  origin.write('other/not-meant.yaml', workloadText('other', 1))
  const commit = origin.push('Say hello')
  const result = await commune(['sync', '--git', origin.url, '--path', 'work/'])
  expect(result).toMatchObject({ code: 0 })
  expect(result.err).toContain(`${commit.slice(0, 12)} of `)
  expect(result.err).toContain('by Alice: Say hello')
  expect(await published()).toMatchObject([
    { name: 'hello', record: { source: { revision: commit, path: 'hello.yaml' } } },
  ])
  expect(await commune(['diff', join(origin.copy, 'work')])).toMatchObject({ code: 0 })
  const again = await commune(['sync', '--git', origin.url, '--path', 'work'])
  expect(again.out).toContain('Nothing to do')
})

it('keeps the last good commit while a newer one is broken, and still corrects drift', async () => {
  origin.write('work/hello.yaml', workloadText('hello', 1))
  origin.write('work/worker.yaml', workloadText('worker', 1))
  const good = origin.push('Good')
  expect(await follow()).toMatchObject({ code: 0 })

  origin.write('work/hello.yaml', workloadText('hello', 2))
  origin.write('work/worker.yaml', 'kind: Workload\nname: worker\nimag: x\n')
  origin.push('Bad')
  // Something else changes a record meanwhile.
  const drifted = join(base, 'drift.yaml')
  writeFileSync(drifted, workloadText('worker', 7))
  await commune(['sync', drifted, '--set', 'test'])
  const refused = await follow()
  expect(refused.code).toBe(2)
  expect(refused.err).toContain('work/worker.yaml:3:1')
  expect(refused.err).toContain('Nothing of it is published')
  expect(refused.err).toContain(`${good.slice(0, 12)} stays in force`)
  const replicas = (await published()).map(({ name, record }) => [name, record.replicas])
  expect(replicas).toEqual([
    ['hello', 1],
    ['worker', 1],
  ])

  origin.write('work/worker.yaml', workloadText('worker', 3))
  origin.push('Mended')
  expect(await follow()).toMatchObject({ code: 0 })
  expect((await published()).map(({ record }) => record.replicas)).toEqual([2, 3])
})

it('follows a rewritten history only when told', async () => {
  origin.write('work/hello.yaml', workloadText('hello', 1))
  origin.push('First')
  await follow()
  origin.write('work/hello.yaml', workloadText('hello', 9))
  origin.git('add', '--all')
  origin.git('commit', '--quiet', '--amend', '-m', 'Rewritten')
  origin.git('push', '--quiet', '--force', 'origin', 'HEAD:main')
  const refused = await follow()
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('the history was rewritten')
  expect(refused.err).toContain('--allow-rewrites')
  expect((await published())[0]?.record.replicas).toBe(1)
  expect(await follow('--allow-rewrites')).toMatchObject({ code: 0 })
  expect((await published())[0]?.record.replicas).toBe(9)
})

it('publishes only what is signed by those who count', async () => {
  const key = join(base, 'key')
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  const signers = join(base, 'signers')
  writeFileSync(signers, `alice@example.org ${readFileSync(`${key}.pub`, 'utf8')}`)
  origin.write('work/hello.yaml', workloadText('hello', 1))
  origin.push('Not signed')
  const refused = await follow('--signers', signers)
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('it is not signed')
  expect(await published()).toEqual([])

  origin.git('config', 'gpg.format', 'ssh')
  origin.git('config', 'user.signingkey', key)
  origin.git('config', 'commit.gpgsign', 'true')
  origin.push('Signed')
  expect(await follow('--signers', signers)).toMatchObject({ code: 0 })
  expect(await published()).toHaveLength(1)
  writeFileSync(signers, 'nobody@example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA\n')
  const stranger = await follow('--signers', signers, '--require-signed')
  expect(stranger.code).toBe(1)
  expect(stranger.err).toContain('no good signature')
})

it('says what is missing, in the words of whoever asked', async () => {
  origin.write('work/hello.yaml', workloadText('hello', 1))
  origin.push('First')
  const branch = await commune(['sync', '--git', origin.url, '--branch', 'nope'])
  expect(branch).toMatchObject({ code: 1 })
  expect(branch.err).toContain('has no branch "nope"')
  const path = await commune(['sync', '--git', origin.url, '--path', 'nope'])
  expect(path).toMatchObject({ code: 2 })
  expect(path.err).toContain('There is no folder "nope"')
  const url = await commune(['sync', '--git', 'https://me:token@127.0.0.1:1/app.git'])
  expect(url).toMatchObject({ code: 1 })
  expect(url.err).toContain("127.0.0.1/app can't be fetched")
  expect(url.err).not.toContain('token@')
})

it('goes on: publishes each push and says each thing once, until it is ended', async () => {
  origin.write('work/hello.yaml', workloadText('hello', 1))
  origin.push('First')
  const stop = new AbortController()
  const done: string[] = []
  let said = ''
  const steps: readonly (readonly [RegExp, () => void])[] = [
    [/1 created/, () => done.push('created')],
    [
      /Nothing to do/,
      () => {
        origin.write('work/hello.yaml', workloadText('hello', 2))
        origin.push('Second')
      },
    ],
    [/by Alice: Second[^]*replicas: 1 → 2/, () => stop.abort()],
  ]
  const onText = (text: string) => {
    said += text
    const [pattern, act] = steps[done.length] ?? []
    if (pattern?.test(said) !== true) return
    if (done.length > 0) done.push('next')
    act?.()
  }
  const result = await commune(
    ['sync', '--git', origin.url, '--path', 'work', '--set', 'test', '--interval', '1s'],
    { signal: stop.signal, io: { out: onText, note: onText } },
  )
  expect(result.code).toBe(130)
  expect(said.match(/by Alice: First/g)?.length).toBeLessThanOrEqual(2)
  expect((await published())[0]?.record.replicas).toBe(2)
})

it.each([
  [['--watch']],
  [['folder']],
  [['--interval', '0s']],
  [['--interval', '1m', '--dry-run']],
  [['--path', '../x']],
])('refuses what makes no sense together: %j', async (more) => {
  expect(await commune(['sync', '--git', origin.url, ...more])).toMatchObject({ code: 2, out: '' })
})
