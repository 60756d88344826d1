import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { GitOrigin, workloadText } from './git-origin.ts'
import { runCli } from './run-cli.ts'

// A busy computer is no failure: what is waited for are conditions.
vi.setConfig({ testTimeout: 90_000 })

let network: TestNetwork
let base: string

beforeAll(async () => {
  network = await startTestNetwork(['alice'])
  base = mkdtempSync(join(tmpdir(), 'commune-watch-'))
})
afterAll(async () => {
  await network[Symbol.asyncDispose]()
  rmSync(base, { recursive: true, force: true })
})

function environment(): Record<string, string> {
  const { handle, password } = network.account('alice')
  return {
    COMMUNE_SERVICE: network.pdsUrl,
    COMMUNE_PLC_URL: network.plcUrl,
    COMMUNE_IDENTIFIER: handle,
    COMMUNE_PASSWORD: password,
    HOME: base,
  }
}

/** A command that goes on, and what it has said so far. */
function start(...args: string[]) {
  const stop = new AbortController()
  let text = ''
  let wake = () => {}
  const print = (more: string) => {
    text += more
    wake()
  }
  const ended = runCli(args, {
    env: environment(),
    signal: stop.signal,
    io: { out: print, note: print },
  })
  return {
    async sees(pattern: RegExp): Promise<void> {
      while (!pattern.test(text)) {
        const printed = new Promise<undefined>((resolve) => {
          wake = () => resolve(undefined)
        })
        const end = await Promise.race([printed, ended])
        if (end !== undefined) throw new Error(`ended with ${end.code}, and only said:\n${text}`)
      }
    },
    async end(): Promise<number> {
      stop.abort()
      return (await ended).code
    },
  }
}

it('notices drift, a checkout, and a folder that is replaced by another', async () => {
  const origin = new GitOrigin(join(base, 'git'))
  origin.write('work/hello.yaml', workloadText('hello', 1))
  origin.push('First')
  const work = join(origin.copy, 'work')
  const watch = start('sync', work, '--set', 'test', '--watch', '--interval', '1s')
  await watch.sees(/1 created/)
  await watch.sees(/Watching/)

  // Something else changes the record, and no file changes.
  const elsewhere = join(base, 'elsewhere.yaml')
  writeFileSync(elsewhere, workloadText('hello', 5))
  const other = await runCli(['sync', elsewhere, '--set', 'test'], { env: environment() })
  expect(other).toMatchObject({ code: 0 })
  await watch.sees(/replicas: 5 → 1/)

  origin.git('checkout', '--quiet', '-b', 'other')
  origin.write('work/hello.yaml', workloadText('hello', 2))
  origin.push('Second', '--force')
  await watch.sees(/replicas: 1 → 2/)
  origin.git('checkout', '--quiet', 'main')
  await watch.sees(/replicas: 2 → 1/)

  renameSync(work, `${work}.old`)
  await watch.sees(/does not exist/)
  origin.write('work.new/hello.yaml', workloadText('hello', 3))
  renameSync(`${work}.new`, work)
  await watch.sees(/replicas: 1 → 3/)
  origin.write('work/hello.yaml', workloadText('hello', 4))
  await watch.sees(/replicas: 3 → 4/)
  expect(await watch.end()).toBe(130)
})
