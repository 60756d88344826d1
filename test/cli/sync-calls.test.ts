import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { runCli } from './run-cli.ts'

/** Where Node tells of every request to a server of this process; the PDS is one. */
const REQUESTS = 'http.server.request.start'
/** More than the PDS lists in one answer. */
const WORKLOADS = 105

let network: TestNetwork
let folder: string
/** How many blocks of repos the last command asked for. */
let blocks = 0

beforeAll(async () => {
  network = await startTestNetwork(['alice'])
  folder = mkdtempSync(join(tmpdir(), 'commune-calls-'))
  writeWorkloads(`sha256:${'1'.repeat(64)}`)
})
afterAll(async () => {
  await network[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** Writes the files, all of them with this image. */
function writeWorkloads(digest: string): void {
  const documents = Array.from({ length: WORKLOADS }, (_, index) =>
    ['kind: Workload', `name: w${index}`, `image: registry.example/app:1@${digest}`].join('\n'),
  )
  writeFileSync(join(folder, 'all.yaml'), `${documents.join('\n---\n')}\n`)
}

/** What a command asks of the PDS besides signing in and out, sorted. */
async function callsOf(
  args: readonly string[],
  { code: expected = 0 } = {},
): Promise<readonly string[]> {
  const { handle, password } = network.account('alice')
  const asked: string[] = []
  blocks = 0
  const note = (message: unknown) => {
    const { method, url = '' } = (message as { readonly request: IncomingMessage }).request
    const { pathname, searchParams } = new URL(url, network.pdsUrl)
    if (!pathname.startsWith('/xrpc/')) return
    blocks += searchParams.getAll('cids').length
    const of = searchParams.get('collection') ?? ''
    asked.push(`${method} ${pathname.slice('/xrpc/'.length)} ${of}`.trim())
  }
  const env = {
    COMMUNE_SERVICE: network.pdsUrl,
    COMMUNE_PLC_URL: network.plcUrl,
    COMMUNE_IDENTIFIER: handle,
    COMMUNE_PASSWORD: password,
    XDG_CONFIG_HOME: folder,
  }
  subscribe(REQUESTS, note)
  const { code, err } = await runCli([...args, folder, '--set', 'test'], { env })
  unsubscribe(REQUESTS, note)
  expect(code, err).toBe(expected)
  return asked.filter((call) => !SIGN_IN.includes(call)).toSorted()
}

const LISTING = [
  'GET com.atproto.repo.listRecords commune.scheduler.clusterPolicy',
  'GET com.atproto.repo.listRecords commune.scheduler.set',
  'GET com.atproto.repo.listRecords commune.scheduler.workload',
  'GET com.atproto.repo.listRecords commune.scheduler.workload',
  // Only a page without a record says that there are no more.
  'GET com.atproto.repo.listRecords commune.scheduler.workload',
]
const SIGN_IN = ['POST com.atproto.server.createSession', 'POST com.atproto.server.deleteSession']

it.each(['sync', 'diff'])(
  '%s without a change writes nothing and reads the records once, a hundred a call',
  async (command) => {
    await callsOf(['sync'])
    expect(await callsOf([command])).toEqual([...LISTING, 'GET com.atproto.sync.getLatestCommit'])
  },
)

it('a forecast reads nothing again that has been listed already', async () => {
  await callsOf(['sync'])
  writeWorkloads(`sha256:${'2'.repeat(64)}`)
  const calls = await callsOf(['diff'], { code: 1 })
  const proofs = calls.filter((call) => call === 'GET com.atproto.sync.getBlocks')
  const latest = 'GET com.atproto.sync.getLatestCommit'
  // One for the plan, one for the records that are read with proof: here there are none.
  expect(calls).toEqual([...LISTING, ...proofs, latest, latest])
  // The commit, and those nodes of the tree beside which something else could stand.
  expect(blocks).toBeLessThan(WORKLOADS / 4)
})
