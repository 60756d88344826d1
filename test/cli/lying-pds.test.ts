import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startLyingServer, type Lie, type LyingServer } from '../../src/dev/lying-server.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import { runCli } from './run-cli.ts'

let pds: LyingServer
let folder: string

beforeEach(async () => {
  pds = await startLyingServer()
  folder = mkdtempSync(join(tmpdir(), 'commune-lying-'))
  writeFileSync(
    join(folder, 'hello.yaml'),
    `kind: Workload\nname: hello\nimage: registry.example/app:1@sha256:${'1'.repeat(64)}\n`,
  )
})
afterEach(async () => {
  await pds[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function environment(): Record<string, string> {
  return {
    COMMUNE_SERVICE: pds.url,
    COMMUNE_PLC_URL: pds.url,
    COMMUNE_IDENTIFIER: 'alice.test',
    COMMUNE_PASSWORD: 'secret-password',
    XDG_CONFIG_HOME: join(folder, 'config'),
  }
}

const SESSION = {
  did: 'did:plc:aliceaaaaaaaaaaaaaaaaaaa',
  handle: 'alice.test',
  accessJwt: 'a.b.c',
  refreshJwt: 'd.e.f',
  active: true,
}

const COMMIT = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'

const FAULTS: readonly (readonly [string, Lie, RegExp])[] = [
  [
    '401',
    { status: 401, body: { error: 'AuthenticationRequired', message: 'no' } },
    /does not accept the credentials/,
  ],
  ['429', { status: 429, body: { error: 'RateLimitExceeded', message: 'slow' } }, /had enough/],
  ['500', { status: 500, body: { error: 'InternalServerError', message: 'x' } }, /in trouble/],
  [
    'HTML',
    { headers: { 'content-type': 'text/html' }, body: '<html>hello</html>' },
    /does not answer like a PDS/,
  ],
  ['a cut connection', 'cut', /can't be reached|broke off/],
]

it.each(FAULTS)(
  'says what is wrong when the PDS answers the sign-in with %s',
  async (_, lie, text) => {
    pds.lie = () => lie
    const result = await runCli(['sync', folder], { env: environment() })
    expect(result).toMatchObject({ code: 1, out: '' })
    expect(result.err).toMatch(text)
    expect(result.err).not.toMatch(/secret-password|XRPC|com\.atproto| {4}at /)
    expect(await runCli(['diff', folder], { env: environment() })).toMatchObject({ code: 2 })
  },
)

it.each(FAULTS)('and when it answers what follows with %s', async (_, lie, text) => {
  pds.lie = ({ url }) => (url.includes('createSession') ? { body: SESSION } : lie)
  const result = await runCli(['sync', folder, '--prune', '--yes'], { env: environment() })
  expect(result).toMatchObject({ code: 1, out: '' })
  expect(result.err).toMatch(text)
  expect(
    pds.requests.some(({ url }) => url.includes('applyWrites') || url.includes('putRecord')),
  ).toBe(false)
})

it('gives up on a PDS that says nothing, when interrupted', async () => {
  const stop = new AbortController()
  pds.lie = ({ url }) => {
    if (url.includes('createSession')) return { body: SESSION }
    stop.abort()
    return 'hang'
  }
  const result = await runCli(['sync', folder], { env: environment(), signal: stop.signal })
  expect(result.code).toBe(130)
})

it('does not believe a listing that never ends', async () => {
  const asked: string[] = []
  pds.lie = ({ url }) => {
    if (url.includes('createSession')) return { body: SESSION }
    if (url.includes('getLatestCommit')) return { body: { cid: COMMIT, rev: '3jzfcijpj2z2a' } }
    if (!url.includes('listRecords')) return { status: 404 }
    asked.push(/collection=([\w.]+)/.exec(url)?.[1] ?? '')
    return { body: { records: [], cursor: `page-${asked.length}` } }
  }
  await runCli(['diff', folder], { env: environment() })
  expect(asked).toContain(COLLECTION.workload)
  expect(new Set(asked).size).toBe(asked.length)
})

it('reports through doctor what does not answer, and how to mend it', async () => {
  pds.lie = () => ({ status: 500 })
  const result = await runCli(['doctor', '-o', 'json'], {
    env: { ...environment(), DOCKER_HOST: 'unix:///nowhere' },
  })
  expect(result.code).toBe(1)
  const findings = JSON.parse(result.out) as { check: string; state: string; fix?: string }[]
  const states = Object.fromEntries(findings.map(({ check, state }) => [check, state]))
  expect(states).toMatchObject({
    Node: 'ok',
    PDS: 'fail',
    Login: 'fail',
    'Container engine': 'warn',
  })
  for (const { state, fix } of findings) if (state !== 'ok') expect(fix).toBeTruthy()
})
