import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startLyingServer, type LyingServer } from '../../src/dev/lying-server.ts'
import { runCli, type CliResult } from './run-cli.ts'

const GOOD = `kind: Workload\nname: good\nimage: registry.example/app:1@sha256:${'1'.repeat(64)}\n`
/** An id that is nobody's on most machines; what matters is that it is not root's. */
const NOBODY = 65_534

let pds: LyingServer
let folder: string

beforeEach(async () => {
  pds = await startLyingServer()
  folder = mkdtempSync(join(tmpdir(), 'commune-bad-input-'))
})
afterEach(async () => {
  await pds[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function commune(...args: string[]): Promise<CliResult> {
  return runCli(args, {
    env: {
      COMMUNE_SERVICE: pds.url,
      COMMUNE_PLC_URL: pds.url,
      COMMUNE_IDENTIFIER: 'alice.test',
      COMMUNE_PASSWORD: 'secret-password',
      XDG_CONFIG_HOME: join(folder, '.config'),
    },
  })
}

function write(file: string, text: string): string {
  const path = join(folder, file)
  writeFileSync(path, text)
  return path
}

const BOMB = `a: &a [x, x, x, x, x, x, x, x, x]
${'bcdefgh'
  .split('')
  .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(', ')}]`)
  .join('\n')}
`

describe('a file with nothing that can be published', () => {
  it.each<readonly [string, string, RegExp]>([
    ['nothing in it', '', /no workload/],
    ['nothing but a comment', '# later\n', /no workload/],
    ['megabytes', `${GOOD}# ${'x'.repeat(8 * 1024 * 1024)}\n`, /too large|bigger|at most|MiB/i],
    ['a tab', `kind: Workload\n\tname: good\n`, /tab/i],
    ['a key twice', `${GOOD}name: again\n`, /name.*(twice|already|duplicate|unique)/i],
    ['an alias bomb', BOMB, /alias|anchor/i],
    ['a wrong type', `${GOOD}replicas: many\n`, /replicas.*expected/s],
    ['a negative quantity', `${GOOD}resources: { memory: -64Mi }\n`, /memory/],
    ['an absurd quantity', `${GOOD}resources: { cpu: 1e30 }\n`, /cpu/],
    ['an unknown kind', 'kind: Deployment\nname: good\nimage: a:1\n', /kind/],
    ['a name that is no DNS label', GOOD.replace('name: good', 'name: Good_One'), /name/],
    ['an image that does not parse', 'kind: Workload\nname: good\nimage: "a b::c"\n', /image/],
    ['a misspelt key', `${GOOD}replica: 2\n`, /replicas/],
    ['a list instead of a document', '- 1\n- 2\n', /file\.yaml:1/],
    ['no text at all', '\u0000\u0001\u0002', /file\.yaml:1/],
  ])('%s', async (_, text, message) => {
    const path = write('file.yaml', text)
    const validated = await commune('validate', path)
    expect(validated.code).toBe(2)
    expect(`${validated.out}${validated.err}`).toMatch(message)
    expect(validated.err).not.toMatch(/ {4}at |undefined/)
    expect(await commune('sync', path, '--prune', '--yes')).toMatchObject({ code: 2, out: '' })
    expect(await commune('diff', path)).toMatchObject({ code: 2, out: '' })
    // The PDS was not even asked: nothing can be lost or half-written there.
    expect(pds.requests).toEqual([])
  })

  it('one name in two files', async () => {
    write('one.yaml', GOOD)
    write('two.yaml', GOOD)
    const result = await commune('sync', folder)
    expect(result.code).toBe(2)
    expect(result.err).toContain('one.yaml')
    expect(result.err).toContain('two.yaml')
    expect(pds.requests).toEqual([])
  })

  it('every document of a file is looked at, and all errors come together', async () => {
    const path = write('file.yaml', `${GOOD}replica: 1\n---\n${GOOD}imag: x\n`)
    const { err } = await commune('validate', path)
    expect(err).toContain('file.yaml:4')
    expect(err).toContain('file.yaml:9')
  })
})

describe('a path that can not be read', () => {
  it.each(['validate', 'sync', 'diff'])('%s: it does not exist', async (command) => {
    const path = join(folder, 'missing')
    const result = await commune(command, path)
    expect(result).toMatchObject({ code: 2, out: '' })
    expect(result.err).toBe(
      `commune: ${path} does not exist.\n  Give the folder, or the file, that holds your workloads.\n`,
    )
    expect(pds.requests).toEqual([])
  })

  it.each(['validate', 'sync', 'diff'])('%s: no permission', async (command) => {
    chmodSync(folder, 0o755)
    const path = join(folder, 'private')
    mkdirSync(path)
    write('private/good.yaml', GOOD)
    // What is loaded on first use must be there before the permissions are gone.
    await commune(command, join(folder, 'missing'))
    chmodSync(path, 0)
    const result = await withoutRoot(() => commune(command, path))
    chmodSync(path, 0o755)
    expect(result).toMatchObject({ code: 2, out: '' })
    expect(result.err).toContain(`${path} can't be read: permission denied.`)
    expect(pds.requests).toEqual([])
  })

  it('no permission for one of the files blocks pruning', async () => {
    chmodSync(folder, 0o755)
    write('good.yaml', GOOD)
    const secret = write('secret.yaml', GOOD.replace('good', 'other'))
    await commune('validate', folder)
    chmodSync(secret, 0)
    const result = await withoutRoot(() => commune('validate', folder))
    expect(result.code).toBe(2)
    expect(result.err).toContain('secret.yaml')
    expect(result.out).toContain('1 valid workload, 1 error')
  })
})

describe('state that is half-written', () => {
  it.each([
    ['login.json', '{ "service": "https://pds.ex'],
    ['login.json', 'null'],
    ['login.json', '{}'],
  ])('%s with %j is said, and logging in again mends it', async (file, content) => {
    mkdirSync(join(folder, 'commune'))
    write(`commune/${file}`, content)
    const env = { XDG_CONFIG_HOME: folder, COMMUNE_PLC_URL: pds.url }
    const result = await runCli(['whoami'], { env })
    expect(result.code).toBe(1)
    expect(result.err).toMatch(/login\.json is damaged\.\n {2}Log in again: commune login\n/)
  })

  it('a damaged session is said, and logging in again mends it', async () => {
    mkdirSync(join(folder, 'commune'))
    write('commune/login.json', JSON.stringify({ service: pds.url, identifier: 'alice.test' }))
    write('commune/session.json', '{ "accessJ')
    const env = { XDG_CONFIG_HOME: folder, COMMUNE_PLC_URL: pds.url }
    const result = await runCli(['diff', write('good.yaml', GOOD)], { env })
    expect(result.code).toBe(2)
    expect(result.err).toContain('commune login')
    expect(result.err).not.toMatch(/ {4}at |backup/)
  })
})

/** Root may read everything, so that a test as root becomes somebody else meanwhile. */
async function withoutRoot<T>(run: () => Promise<T>): Promise<T> {
  const { geteuid, seteuid } = process
  if (geteuid === undefined || seteuid === undefined || geteuid() !== 0) return run()
  seteuid(NOBODY)
  try {
    return await run()
  } finally {
    seteuid(0)
  }
}
