import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BlockMap } from '@atproto/repo'
import { openRecordDisk } from '../../src/atproto/record-store-sql.ts'
import type { VersionedRecord } from '../../src/atproto/record-store-repo.ts'
import { createRecordStore } from '../../src/atproto/record-store.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { Did } from '../../src/model/records.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { silentLog } from '../../src/ports/log.ts'
import { workloadWrite } from '../../test/support/sample-records.ts'
import { atMost, median, resultOf, type Result } from '../result.ts'

const WORKLOADS = 10_000
const BIDDERS = 3
const MIB = 1024 ** 2
const run = promisify(execFile)
const POSITION = { rev: '3aaaaaaaaaa22', data: 'bafydata', commit: 'bafycommit' }

/** What the records take in memory, and what the program takes before any. */
export async function measure(): Promise<readonly Result[]> {
  const records = await recordsOf(WORKLOADS)
  const bytes = [...records.values()]
    .flat()
    .reduce((sum, record) => sum + (record.bytes?.length ?? 0), 0)
  const grown = await growth(records)
  const idle: number[] = []
  const loaded: number[] = []
  const libraries: number[] = []
  for (let i = 0; i < 5; i++) {
    idle.push(await residentMib([], { flags: [], env: {} }))
    loaded.push(await residentMib([DAEMON], WRAPPED))
    libraries.push(await residentMib([LIBRARIES], WRAPPED))
  }
  return [
    resultOf({
      id: 'memory',
      name: 'Resident memory of the meshlet’s program with all its parts, before any record',
      unit: 'MiB',
      samples: loaded,
      baseline: { name: 'an idle node process', samples: idle },
      targets: [atMost('ratio', 2)],
      warm: 'Each sample is a new process, with the options and environment of bin/meshlet.',
      whenNotMet: `the libraries that it loads, bundled, take ${Math.round(median(libraries))} MiB by themselves.`,
    }),
    resultOf({
      id: 'memory/records',
      name: `What ${WORKLOADS} workloads and three bids for each take in memory`,
      unit: 'MiB',
      samples: [grown / MIB],
      baseline: { name: 'the same records as bytes', samples: [bytes / MIB] },
      targets: [atMost('ratio', 4)],
      warm: 'After a collection of garbage; the store is the one of the feed.',
    }),
  ]
}

const DAEMON = new URL('../../dist/bin/meshlet-daemon.js', import.meta.url).href

/** What the wrapper gives to node. */
const WRAPPED: Start = {
  flags: [
    ...['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2', '--no-node-snapshot'],
  ],
  env: { MALLOC_ARENA_MAX: '1' },
}

interface Start {
  readonly flags: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** All of its libraries, as they are bundled, and nothing of ours. */
const LIBRARIES = new URL('../../dist/meshlet/libraries.js', import.meta.url).href

async function residentMib(modules: readonly string[], { flags, env }: Start): Promise<number> {
  const imports = modules.map((module) => `await import(${JSON.stringify(module)});`).join('')
  const code = `${imports} gc(); console.log(process.memoryUsage.rss())`
  const args = [...flags, '--expose-gc', '--input-type=module', '-e', code]
  const { stdout } = await run(process.execPath, args, { env: { ...process.env, ...env } })
  return Number(stdout) / MIB
}

async function recordsOf(count: number): Promise<Map<Did, VersionedRecord[]>> {
  const owner: Did = 'did:plc:alice'
  const byRepo = new Map<Did, VersionedRecord[]>()
  const add = async (did: Did, collection: string, rkey: string, value: object) => {
    const blocks = new BlockMap()
    const cid = await blocks.add(value)
    const record = { key: `${collection}/${rkey}`, cid: cid.toString(), rev: POSITION.rev }
    const its = byRepo.get(did) ?? []
    byRepo.set(did, its)
    its.push({ ...record, bytes: blocks.get(cid) })
  }
  for (let i = 0; i < count; i++) {
    const name = `workload-${i}`
    const { collection, rkey, value = {} } = workloadWrite(name)
    await add(owner, collection, rkey, value)
    const uri = workloadUri(owner, name)
    for (let bidder = 0; bidder < BIDDERS; bidder++)
      await add(`did:plc:bidder${bidder}`, COLLECTION.bid, recordKeyFor(uri), {
        $type: COLLECTION.bid,
        workload: uri,
        placementKey: `${'a'.repeat(32)}.${'b'.repeat(16)}`,
        round: 0,
        epoch: 1,
        slots: 1,
        score: 900,
        createdAt: '2026-01-01T00:00:00.000Z',
      })
  }
  return byRepo
}

async function growth(records: ReadonlyMap<Did, readonly VersionedRecord[]>): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'commune-bench-'))
  try {
    const file = join(folder, 'records.sqlite')
    {
      using store = createRecordStore({ disk: openRecordDisk({ file, log: silentLog, nowMs: 0 }) })
      const facts = { host: 'https://pds.example', position: POSITION }
      for (const [did, put] of records) store.apply({ did, via: 'listing', facts, put })
    }
    const before = used()
    using store = createRecordStore({ disk: openRecordDisk({ file, log: silentLog, nowMs: 0 }) })
    const grown = used() - before
    if (store.list('did:plc:alice', COLLECTION.workload).length !== WORKLOADS)
      throw new Error('some records do not count')
    return grown
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function used(): number {
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
