import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { StatementSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { COLLECTION } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { silentLog } from '../ports/log.ts'
import { type Decided, GroupCommit } from './feed-group-commit.ts'
import type { RecordDisk } from './record-store-disk.ts'
import { openRecordDisk } from './record-store-sql.ts'
import { createRecordStore, type RecordStore, type RepoUpdate } from './record-store.ts'

const ALICE = 'did:plc:alice'
const BOB = 'did:plc:bob'
const CAROL = 'did:plc:carol'

describe('events that are ready at the same time', () => {
  let folder: string
  let store: RecordStore
  let commits: GroupCommit<string>
  let log: string[]
  /** Called in the place of a transaction; throws when it shall fail. */
  let onWrite: (dids: readonly Did[]) => void
  const file = () => path.join(folder, 'records.sqlite')

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'commune-group-'))
    log = []
    onWrite = (dids) => log.push(`transaction ${dids.map(nameOf).join(' ')}`)
    const real = openRecordDisk({ file: file(), log: silentLog, nowMs: 0 })
    const disk: RecordDisk = {
      load: () => real.load(),
      bytes: (did, key) => real.bytes(did, key),
      write: (changes) => {
        onWrite(changes.map(({ did }) => did))
        real.write(changes)
      },
      writeCursors: (cursors) => real.writeCursors(cursors),
      forget: (did) => real.forget(did),
      [Symbol.dispose]: () => real[Symbol.dispose](),
    }
    store = createRecordStore({ disk, parse: () => ({ ok: true, value: {} }) })
    commits = new GroupCommit(store, (changes) =>
      log.push(`told ${changes.map(({ did, rkey }) => `${nameOf(did)}/${rkey}`).join(' ')}`),
    )
  })
  afterEach(() => {
    store[Symbol.dispose]()
    rmSync(folder, { recursive: true })
  })

  /** Runs an event that writes the next position, and logs how it ends. */
  async function run(did: Did, rev: string, decide = () => next(did, rev)): Promise<void> {
    const outcome = await commits.run(did, decide).catch((error: Error) => error.message)
    log.push(`${nameOf(did)} ${rev} ${outcome}`)
  }

  function next(did: Did, rev: string): Decided<string> {
    const update: RepoUpdate = {
      did,
      via: 'stream',
      facts: { position: { rev, data: 'bafydata', commit: 'bafycommit' } },
      put: [{ key: `${COLLECTION.cluster}/${rev}`, cid: 'bafy', rev, bytes: new Uint8Array(1) }],
    }
    return { update, stored: () => `after ${store.facts(did).position?.rev}` }
  }

  it('are one transaction, told together and in their order once it is durable', async () => {
    await Promise.all([run(BOB, '1'), run(ALICE, '1'), run(CAROL, '1')])
    expect(log).toEqual([
      'transaction bob alice carol',
      'told bob/1 alice/1 carol/1',
      'bob 1 after 1',
      'alice 1 after 1',
      'carol 1 after 1',
    ])
  })

  it('cost a beginning, an end, and of each its record and its position', async () => {
    const statements = vi.spyOn(StatementSync.prototype, 'run')
    try {
      await Promise.all([run(BOB, '1'), run(ALICE, '1'), run(CAROL, '1')])
      expect(statements).toHaveBeenCalledTimes(2 + 2 * 3)
    } finally {
      statements.mockRestore()
    }
  })

  it('of one repo are stored one after another, the later judged by the earlier', async () => {
    const second = () => (store.facts(ALICE).position?.rev === '1' ? next(ALICE, '2') : missing)
    await Promise.all([run(ALICE, '1'), run(BOB, '1'), run(ALICE, '2', second)])
    expect(log.filter((line) => line.startsWith('transaction'))).toEqual([
      'transaction alice bob',
      'transaction alice',
    ])
    expect(log).toContain('alice 2 after 2')
  })

  it('all fail with their transaction, and nothing of them is shown or told', async () => {
    onWrite = () => {
      throw new Error('the disk is full')
    }
    await Promise.all([run(ALICE, '1'), run(BOB, '1')])
    expect(log).toEqual(['alice 1 the disk is full', 'bob 1 the disk is full'])
    expect([store.facts(ALICE).position, store.list(BOB, COLLECTION.cluster)]).toEqual([
      undefined,
      [],
    ])
  })

  it('do not fail with one that is not next, nor with one that can’t be judged', async () => {
    const broken = () => {
      throw new Error('no')
    }
    await Promise.all([run(ALICE, '1', broken), run(BOB, '1'), run(CAROL, '1', () => missing)])
    expect(log.slice(0, 2)).toEqual(['transaction bob', 'told bob/1'])
    expect(log.slice(2).toSorted()).toEqual(['alice 1 no', 'bob 1 after 1', 'carol 1 missing'])
  })

  it('are all there or none, whenever the program ends', async () => {
    const inFile = () => {
      using again = createRecordStore({
        disk: openRecordDisk({ file: file(), log: silentLog, nowMs: 0 }),
      })
      return again.dids()
    }
    const during: Did[][] = []
    onWrite = () => during.push(inFile())
    const all = Promise.all([run(ALICE, '1'), run(BOB, '1')])
    expect(inFile()).toEqual([])
    await all
    expect([during, inFile()]).toEqual([[[]], [ALICE, BOB]])
  })

  it('are stored in several transactions when they are very many', async () => {
    const sizes: number[] = []
    onWrite = (dids) => sizes.push(dids.length)
    await Promise.all(Array.from({ length: 150 }, (_, i) => run(`did:plc:n${i}`, '1')))
    expect([sizes, store.dids().length]).toEqual([[64, 64, 22], 150])
  })
})

const missing: Decided<string> = { outcome: 'missing' }

function nameOf(did: Did): string {
  return did.slice('did:plc:'.length)
}
