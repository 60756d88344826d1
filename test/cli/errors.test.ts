import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommuneError } from '../../src/model/errors.ts'
import { runCli, type CliOptions, type CliResult } from './run-cli.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'errors-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('a command line that is wrong says what is meant, and what shows more', () => {
  it.each([
    [
      'snyc',
      'There is no command "snyc".',
      'Did you mean sync? "commune --help" shows the commands.',
    ],
    ['xyzzy', 'There is no command "xyzzy".', '"commune --help" shows the commands.'],
    [
      'meshlet ad',
      'meshlet has no command "ad".',
      'Did you mean add? "commune meshlet --help" shows',
    ],
    [
      'sync x --waitt',
      'sync has no option "--waitt".',
      'Did you mean --wait? "commune sync --help"',
    ],
    [
      'rollout undo --yess',
      'rollout undo has no option "--yess".',
      '"commune rollout undo --help"',
    ],
    ['--foo', 'There is no option "--foo".', '"commune --help" shows the options.'],
    ['logs', 'logs needs <name>.', 'For example:  commune logs hello\n  "commune logs --help"'],
    ['sync x --timeout', '--timeout needs DURATION after it.', '"commune sync --help"'],
    ['cordon a b', 'cordon takes <meshlet>, not: a, b', '"commune cordon --help"'],
    ['whoami x', 'whoami takes no arguments, not: x', '"commune whoami --help"'],
    ['get pods', 'There is nothing called "pods" to get.', 'Use one of workloads, meshlets'],
    ['get workloads -o xml', '"xml" is no output format.', 'Use one of table, wide, json'],
  ])('commune %s', async (line, message, hint) => {
    const result = await run(line.split(' '))
    expect(result).toMatchObject({ code: 2, out: '' })
    expect(result.err).toContain(`commune: ${message}\n  ${hint}`)
  })
})

describe('who has no login is told how to get one', () => {
  const lines = ['whoami', 'delete hello', 'cordon box']
  it.each(lines)('commune %s', async (line) => {
    const result = await run(line.split(' '))
    expect(result.code).toBe(1)
    expect(result.err).toContain('You are not logged in.')
    expect(result.err).toContain(
      'Run "commune login", or set COMMUNE_SERVICE and COMMUNE_IDENTIFIER',
    )
    expect(result.err).toContain('COMMUNE_PASSWORD')
  })

  it.each(['get workloads', 'describe hello'])('commune %s can do with less', async (line) => {
    const result = await run(line.split(' '))
    expect(result.code).toBe(1)
    expect(result.err).toContain(
      'Whose records should be read?\n  Give --owner HANDLE-OR-DID, set COMMUNE_IDENTIFIER, or run "commune login".',
    )
  })

  it('names the one thing that is missing', async () => {
    const env = {
      COMMUNE_SERVICE: 'https://pds.example.org',
      COMMUNE_IDENTIFIER: 'alice.example.org',
    }
    const { err } = await run(['whoami'], { env })
    expect(err).toContain('There is no password for alice.example.org at https://pds.example.org.')
    expect(err).toContain('Set COMMUNE_PASSWORD')
  })

  it('login without a terminal names all that it would ask for', async () => {
    const result = await run(['login'])
    expect(result.code).toBe(2)
    expect(result.err).toContain('Give --service, --identifier and COMMUNE_PASSWORD')
  })
})

it.each([['whoami'], ['get', 'workloads'], ['login']])(
  'a PDS that can not be reached is named (%s)',
  async (...line) => {
    // A port of the loopback address on which nothing listens.
    const env = {
      COMMUNE_SERVICE: 'http://127.0.0.1:2',
      COMMUNE_IDENTIFIER: 'alice.test',
      COMMUNE_PASSWORD: 'hush-hush',
    }
    const result = await run(line, { env })
    expect(result.code).toBe(1)
    expect(result.err).toContain("http://127.0.0.1:2 can't be reached")
    expect(result.err).toContain('Check the address of the service and the network.')
  },
)

it('a file that is wrong is shown at its place', async () => {
  const file = join(folder, 'hello.yaml')
  await writeFile(file, 'kind: Workload\nname: hello\nimage: example/hello:1\nreplcas: 2\n')
  const result = await run(['validate', file])
  expect(result.code).toBe(2)
  expect(result.err).toMatch(/hello\.yaml:4:1: error: .*unknown key/)
  expect(result.err).toContain('try: replicas')
  expect(result.err).toContain('  4 | replcas: 2\n    | ^')
})

it('a bug is told as one, and shows its place only when asked to', async () => {
  const readFolder = async () => {
    throw new TypeError('undefined is not a function')
  }
  const line = ['validate', folder]
  const plain = await run(line, { drivers: { readFolder } })
  expect(plain.code).toBe(1)
  expect(plain.err).toContain('commune: undefined is not a function\n  This is probably a bug.')
  const env = { COMMUNE_DEBUG: '1' }
  const { err } = await runCli(line, { drivers: { readFolder }, env: { ...ENV, ...env } })
  expect(err).toContain('errors.test.ts')
})

it('a failure that a driver explains keeps its explanation', async () => {
  const openSession = async () => {
    throw new CommuneError('rate-limited', 'The PDS has had enough.', { hint: 'Try again in 30s.' })
  }
  const env = {
    COMMUNE_SERVICE: 'http://127.0.0.1:2',
    COMMUNE_IDENTIFIER: 'a.test',
    COMMUNE_PASSWORD: 'x',
  }
  const result = await run(['whoami'], { drivers: { openSession }, env })
  expect(result).toEqual({
    code: 1,
    out: '',
    err: 'commune: The PDS has had enough.\n  Try again in 30s.\n',
  })
})

const ENV = { XDG_CONFIG_HOME: '/nonexistent' }

/** Runs a line, and asserts what holds for each error: no stack, no name of a method, no secret. */
async function run(line: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const result = await runCli(line, { ...options, env: { ...ENV, ...options.env } })
  expect(result.err).not.toMatch(/\n\s+at |com\.atproto|farm\.meshlet|commune\.scheduler/)
  expect(result.err).not.toContain('hush-hush')
  return result
}
