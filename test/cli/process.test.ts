import { execFile } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Program, PROGRAM } from './real-program.ts'

// A busy computer is no failure: what is waited for are conditions.
vi.setConfig({ testTimeout: 90_000 })

let folder: string
const running: Program[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'commune-process-'))
})
afterEach(async () => {
  for (const program of running.splice(0)) await program.end('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Program {
  const program = new Program(args, env)
  running.push(program)
  return program
}

interface Ready {
  readonly pdsUrl: string
  readonly plcUrl: string
  readonly accounts: readonly { name: string; did: string; handle: string; password: string }[]
}

async function startNetwork(): Promise<{ program: Program; ready: Ready }> {
  const program = start(['dev', '--json', '--data', join(folder, 'data'), '--members', 'alice'])
  const [line] = await program.sees(/^\{.*\}$/m)
  return { program, ready: JSON.parse(line) as Ready }
}

function environmentOf({ pdsUrl, plcUrl, accounts }: Ready): Record<string, string> {
  return {
    COMMUNE_SERVICE: pdsUrl,
    COMMUNE_PLC_URL: plcUrl,
    COMMUNE_IDENTIFIER: accounts[0]?.handle ?? '',
    COMMUNE_PASSWORD: accounts[0]?.password ?? '',
    XDG_CONFIG_HOME: folder,
    NO_COLOR: '1',
  }
}

it('runs a network until it is told to stop, and finds it again', async () => {
  const first = await startNetwork()
  expect(Object.keys(first.ready).toSorted()).toEqual(['accounts', 'pdsUrl', 'plcUrl'])
  expect(first.ready.accounts.map(({ name }) => name)).toEqual(['alice', 'alice-mesh'])
  expect(await first.program.end('SIGTERM')).toBe(0)
  const second = await startNetwork()
  expect(second.ready).toEqual(first.ready)
  expect(await second.program.end('SIGINT')).toBe(0)
})

it('syncs whenever a file changes, however it is written', async () => {
  const { ready } = await startNetwork()
  const file = join(folder, 'workloads.yaml')
  const write = (path: string, replicas: number) =>
    writeFileSync(
      path,
      `kind: Workload\nname: hello\nreplicas: ${replicas}\nimage: registry.example/app:1@sha256:${'1'.repeat(64)}\n`,
    )
  write(file, 1)
  const watch = start(['sync', file, '--set', 'test', '--watch'], environmentOf(ready))
  await watch.sees(/1 created/)
  await watch.sees(/Watching/)
  write(file, 2)
  await watch.sees(/replicas: 1 → 2/)
  // Editors write a new file beside the old one and rename it.
  write(`${file}.new`, 3)
  renameSync(`${file}.new`, file)
  await watch.sees(/replicas: 2 → 3/)
  writeFileSync(file, 'kind: Workl')
  await watch.sees(/workloads\.yaml:1/)
  write(file, 4)
  await watch.sees(/replicas: 3 → 4/)
  expect(await watch.end('SIGINT')).toBe(130)
})

it('keeps a session after login, readable by nobody else, until logout', async () => {
  const { ready } = await startNetwork()
  const { COMMUNE_PASSWORD, ...withoutPassword } = environmentOf(ready)
  const env = { ...withoutPassword, COMMUNE_PASSWORD: COMMUNE_PASSWORD ?? '' }
  expect(await run(['login'], env)).toMatchObject({ code: 0 })
  expect(await run(['whoami'], { XDG_CONFIG_HOME: folder })).toMatchObject({ code: 0 })
  const mode = await run(['-c', 'stat -c %a "$0"/commune/session.json', folder], {}, 'sh')
  expect(mode.out.trim()).toBe('600')
  expect(await run(['logout'], { XDG_CONFIG_HOME: folder })).toMatchObject({ code: 0 })
  const after = await run(['whoami'], { XDG_CONFIG_HOME: folder })
  expect(after.code).toBe(1)
  expect(after.err).toContain('commune login')
})

it('does not mind a reader that goes away', async () => {
  const result = await run(
    ['-c', `"${process.execPath}" "${PROGRAM}" --help | head -1; exit`],
    {},
    'sh',
  )
  expect(result).toMatchObject({ code: 0, out: 'Usage: commune [options] [command]\n', err: '' })
})

function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  program = process.execPath,
): Promise<{ code: number; out: string; err: string }> {
  const all = program === process.execPath ? [PROGRAM, ...args] : args
  const { PATH, HOME } = process.env
  return new Promise((done) => {
    execFile(program, all, { env: { PATH, HOME, ...env } }, (error, out, err) => {
      done({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1,
        out,
        err,
      })
    })
  })
}
