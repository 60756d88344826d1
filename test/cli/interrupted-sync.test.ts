import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSession } from '../../src/atproto/session.ts'
import type { Drivers } from '../../src/cli/drivers.ts'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { CommuneError } from '../../src/model/errors.ts'
import { accountEnv, runCli, type CliOptions, type CliResult } from './run-cli.ts'

/** More than the PDS takes in one commit, so that there is a moment between two. */
const WORKLOADS = 205
const FIRST_COMMIT = 200

let network: TestNetwork
let folder: string

beforeAll(async () => {
  network = await startTestNetwork(['alice', 'bobby', 'carol'])
  folder = mkdtempSync(join(tmpdir(), 'commune-interrupted-'))
  const documents = Array.from({ length: WORKLOADS }, (_, index) =>
    [
      'kind: Workload',
      `name: w${String(index).padStart(3, '0')}`,
      `image: registry.example/app:1@sha256:${'1'.repeat(64)}`,
    ].join('\n'),
  )
  writeFileSync(join(folder, 'all.yaml'), `${documents.join('\n---\n')}\n`)
})
afterAll(async () => {
  await network[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function commune(
  owner: string,
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  return runCli(args, {
    ...options,
    env: accountEnv(network, owner, folder),
  })
}

const sync = (owner: string, options: CliOptions = {}) =>
  commune(owner, ['sync', folder, '--set', 'test'], options)

async function published(owner: string): Promise<readonly string[]> {
  const { out } = await commune(owner, ['get', 'workloads', '-o', 'name'])
  return out.split('\n').filter((line) => line !== '')
}

/** Real sessions, with something that happens around every commit. */
function withCommits(
  around: (commit: number, write: () => Promise<never>) => Promise<never>,
): Partial<Drivers> {
  let commits = 0
  return {
    openSession: async (options) => {
      const session = await openSession(options)
      return {
        ...session,
        writer: {
          ...session.writer,
          apply: (writes: never, guard: never) => {
            commits += 1
            return around(commits, () => session.writer.apply(writes, guard) as Promise<never>)
          },
        },
        [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
      }
    },
  }
}

/** A later sync finishes what an earlier one began, and then there is nothing left to do. */
async function expectFinished(owner: string): Promise<void> {
  const again = await sync(owner)
  expect(again).toMatchObject({ code: 0 })
  expect(await published(owner)).toHaveLength(WORKLOADS)
  expect((await sync(owner)).out).toMatch(/^Nothing to do: 205 workloads/)
}

it('an interruption before the commit leaves nothing behind', async () => {
  const stop = new AbortController()
  const drivers = withCommits((_, write) => {
    stop.abort()
    return write()
  })
  const result = await sync('alice', { drivers, signal: stop.signal })
  expect(result).toMatchObject({ code: 130, out: '' })
  expect(await published('alice')).toEqual([])
})

it('an interruption between two commits leaves the first, and the next sync adds the rest', async () => {
  const stop = new AbortController()
  const drivers = withCommits(async (_, write) => {
    const result = await write()
    stop.abort()
    return result
  })
  const result = await sync('bobby', { drivers, signal: stop.signal })
  expect(result.code).toBe(130)
  expect(await published('bobby')).toHaveLength(FIRST_COMMIT)
  await expectFinished('bobby')
})

it('a PDS that fails between two commits is said, and the next sync adds the rest', async () => {
  const drivers = withCommits((commit, write) => {
    if (commit === 1) return write()
    return Promise.reject(new CommuneError('unavailable', 'The PDS is in trouble.'))
  })
  const result = await sync('carol', { drivers })
  expect(result.code).toBe(1)
  expect(result.err).toContain('The PDS is in trouble.')
  expect(await published('carol')).toHaveLength(FIRST_COMMIT)
  await expectFinished('carol')
})
