import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { openHeartbeatKey } from '../../../src/atproto/heartbeat-key.ts'
import { createRecordStore } from '../../../src/atproto/record-store.ts'
import { openRecordDisk } from '../../../src/atproto/record-store-sql.ts'
import { readSession } from '../../../src/atproto/session-file.ts'
import { configPaths, makeConfigFolder, readLogin } from '../../../src/cli/config-file.ts'
import { findCredentials } from '../../../src/engine/docker-config.ts'
import { openJournal } from '../../../src/meshlet/sqlite-journal.ts'
import { Settings } from '../../../src/meshlet/settings.ts'
import { COLLECTION } from '../../../src/model/nsid.ts'
import { silentLog } from '../../../src/ports/log.ts'
import { mutatedBytes } from '../arbitraries/cbor.ts'
import { hostileText } from '../arbitraries/hostile-text.ts'
import { mutatedValue } from '../arbitraries/hostile-value.ts'
import { jsonText } from '../arbitraries/yaml-text.ts'
import { refusable, type Opened, type Surface } from '../surface.ts'

const URI = 'at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/commune.scheduler.workload/web'
const wanted = { service: 'https://a', identifier: 'alice' }
const tokens = { accessJwt: 'a', refreshJwt: 'b', did: 'did:plc:a', handle: 'a.b' }
const AUTH = { auth: 'dTpw' }

const kept = mutatedValue(
  fc.constantFrom<unknown>(
    { ...wanted, pdsUrl: 'https://b', tokens },
    { ...wanted, plcUrl: 'https://c' },
    '0'.repeat(64),
    { auths: { 'ghcr.io': AUTH }, credHelpers: {}, credsStore: '' },
  ),
).map(jsonText)

/** Names in the journal as `Settings` writes them, with what it could hold. */
const settings = fc.array(
  fc.tuple(
    fc.constantFrom(
      'duty',
      'epoch',
      'held',
      'last-rev',
      `refused ${URI}`,
      `paused ${URI}`,
      `restart ${URI}`,
      'owners-word',
      'write-budget',
    ),
    fc.oneof(
      mutatedValue(
        fc.constantFrom<unknown>({ state: 'draining', endsAtMs: 1 }, 7, ['a'], 'yes'),
      ).map(jsonText),
      hostileText,
    ),
  ),
  { minLength: 1, maxLength: 4 },
)

/** Files that these programs keep, damaged by whatever. */
export const keptSurfaces: readonly Surface[] = [
  { name: 'kept-json', inputs: fc.oneof(kept, hostileText), open: () => inFolder(readJson) },
  { name: 'kept-settings', inputs: settings, open: () => inFolder(readSettings) },
  {
    name: 'kept-journal',
    inputs: mutatedBytes(fc.constant(Uint8Array.of())).map((bytes) => bytes.slice(0, 4_000)),
    open: () => inFolder(readJournal),
  },
]

async function inFolder(read: (folder: string, input: unknown) => Promise<void>): Promise<Opened> {
  const root = await mkdtemp(join(tmpdir(), 'commune-fuzz-'))
  return {
    feed: async (input) => {
      const folder = await mkdtemp(join(root, 'one-'))
      await read(folder, input)
      await rm(folder, { recursive: true })
    },
    [Symbol.asyncDispose]: () => rm(root, { recursive: true }),
  }
}

async function readJson(folder: string, input: unknown): Promise<void> {
  const paths = configPaths({ XDG_CONFIG_HOME: folder })
  await makeConfigFolder(paths)
  for (const file of [
    paths.login,
    paths.session,
    join(folder, 'key.json'),
    join(folder, 'config.json'),
  ])
    await writeFile(file, String(input))
  await refusable(() => readLogin(paths))
  await refusable(() => readSession(paths.session, wanted))
  await refusable(() => openHeartbeatKey(join(folder, 'key.json')))
  await refusable(() => findCredentials('ghcr.io', { folder, environment: {} }))
}

/** A journal in which somebody wrote; what can't be used is put aside when it is opened. */
async function readSettings(folder: string, input: unknown): Promise<void> {
  const options = { file: join(folder, 'journal.db'), log: silentLog, nowMs: 0 }
  openJournal(options)[Symbol.dispose]()
  const db = new DatabaseSync(options.file)
  const set = db.prepare('insert or replace into settings values (?, ?)')
  for (const [name, value] of input as [string, string][]) set.run(name, value.toWellFormed())
  db.close()
  using journal = openJournal(options)
  const saved = new Settings(journal)
  void [saved.duty, saved.epoch, saved.held, saved.lastRev, saved.ownersWord]
  void [saved.restartsAsked(URI), saved.isPaused(URI), saved.refusedBy(URI)]
  await Promise.resolve()
}

/** Bytes somewhere in a database. */
async function readJournal(folder: string, input: unknown): Promise<void> {
  const bytes = input as Uint8Array
  const options = { file: join(folder, 'journal.db'), log: silentLog, nowMs: 0 }
  const before = openJournal(options)
  before.saveRecord({ collection: COLLECTION.bid, rkey: 'a', cid: 'b', value: { a: 1 } })
  before[Symbol.dispose]()
  const file = await readFile(options.file)
  const at = bytes.reduce((sum, byte) => (sum * 31 + byte) % file.length, 17)
  await writeFile(
    options.file,
    Buffer.concat([file.subarray(0, at), bytes, file.subarray(at + bytes.length)]),
  )
  await refusable(() => {
    using journal = openJournal(options)
    journal.records()
    journal.events({ limit: 10 })
    journal.appendEvent({ atMs: 1, kind: 'noted', message: 'a' } as never)
  })
  const disk = { file: join(folder, 'records.db'), log: silentLog, nowMs: 0 }
  await writeFile(
    disk.file,
    Buffer.concat([file.subarray(0, at), bytes, file.subarray(at + bytes.length)]),
  )
  await refusable(() => {
    using store = createRecordStore({ disk: openRecordDisk(disk) })
    store.dids()
  })
}
