import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { Interposer } from '../support/interposer.ts'
import { runCli } from './run-cli.ts'

/** More than the PDS lists in one answer. */
const WORKLOADS = 105

let network: TestNetwork
let pds: Interposer
let folder: string

beforeAll(async () => {
  network = await startTestNetwork(['alice'])
  pds = await Interposer.start({ upstream: { port: Number(new URL(network.pdsUrl).port) } })
  folder = mkdtempSync(join(tmpdir(), 'commune-calls-'))
  const documents = Array.from({ length: WORKLOADS }, (_, index) =>
    [
      'kind: Workload',
      `name: w${index}`,
      `image: registry.example/app:1@sha256:${'1'.repeat(64)}`,
    ].join('\n'),
  )
  writeFileSync(join(folder, 'all.yaml'), `${documents.join('\n---\n')}\n`)
})
afterAll(async () => {
  await pds[Symbol.asyncDispose]()
  await network[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** What a command asks of the PDS, sorted. */
async function callsOf(...args: readonly string[]): Promise<readonly string[]> {
  const { handle, password } = network.account('alice')
  const asked: string[] = []
  pds.mischief = ({ method, url }) => {
    const { pathname, searchParams } = new URL(url, pds.url)
    const of = searchParams.get('collection') ?? ''
    asked.push(`${method} ${pathname.slice('/xrpc/'.length)} ${of}`.trim())
    return undefined
  }
  const env = {
    COMMUNE_SERVICE: pds.url,
    COMMUNE_PLC_URL: network.plcUrl,
    COMMUNE_IDENTIFIER: handle,
    COMMUNE_PASSWORD: password,
    XDG_CONFIG_HOME: folder,
  }
  const { code, err } = await runCli([...args, folder, '--set', 'test'], { env })
  expect(code, err).toBe(0)
  return asked.toSorted()
}

const SIGN_IN = ['POST com.atproto.server.createSession', 'POST com.atproto.server.deleteSession']

it.each(['sync', 'diff'])(
  '%s without a change writes nothing and reads the records once, a hundred a call',
  async (command) => {
    await callsOf('sync')
    const calls = await callsOf(command)
    expect(calls.filter((call) => !SIGN_IN.includes(call))).toEqual([
      'GET com.atproto.repo.listRecords commune.scheduler.clusterPolicy',
      'GET com.atproto.repo.listRecords commune.scheduler.set',
      'GET com.atproto.repo.listRecords commune.scheduler.workload',
      'GET com.atproto.repo.listRecords commune.scheduler.workload',
      // Only a page without a record says that there are no more.
      'GET com.atproto.repo.listRecords commune.scheduler.workload',
      'GET com.atproto.sync.getLatestCommit',
    ])
  },
)
