import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { BlockMap } from '@atproto/repo'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clusterWrite, workloadWrite } from '../../test/support/sample-records.ts'
import type { RepoWrite } from '../../test/support/scripted-repo.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import type { LogFields } from '../ports/log.ts'
import { type Log, silentLog } from '../ports/log.ts'
import type { VersionedRecord } from './record-store-repo.ts'
import { createRecordStore, type RepoUpdate } from './record-store.ts'
import { openRecordDisk } from './record-store-sql.ts'

const DID = 'did:plc:alice'
const position = { rev: '3aaaaaaaaaa22', data: 'bafydata', commit: 'bafycommit' }

async function record({ collection, rkey, value = {} }: RepoWrite): Promise<VersionedRecord> {
  const blocks = new BlockMap()
  const cid = await blocks.add(value)
  return { key: `${collection}/${rkey}`, cid: cid.toString(), bytes: blocks.get(cid), rev: '3a' }
}

describe('the record store', () => {
  let folder: string
  let file: string
  const warnings: LogFields[] = []
  const log: Log = { ...silentLog, warn: (_, fields = {}) => warnings.push(fields) }
  const open = () => createRecordStore({ disk: openRecordDisk({ file, log, nowMs: 7 }) })
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'commune-store-'))
    file = path.join(folder, 'deep', 'records.sqlite')
    warnings.length = 0
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('has no news of a status that says the same at another time, and of all else', async () => {
    using store = open()
    const status = (updatedAt: string, state = 'active') =>
      record({
        ...{ action: 'create', collection: COLLECTION.meshletStatus, rkey: 'self' },
        value: {
          ...{ $type: COLLECTION.meshletStatus, epoch: 1, state, updatedAt, capacity: {} },
          createdAt: '2026-02-01T00:00:00.000Z',
        },
      })
    const changed: (readonly [version: boolean, news: boolean])[] = []
    const apply = (update: Partial<RepoUpdate>) => {
      const [version, news] = [store.version(), store.newsVersion()]
      store.apply({ did: DID, via: 'stream', ...update })
      changed.push([store.version() !== version, store.newsVersion() !== news])
    }
    apply({ facts: { position }, put: [await status('2026-02-01T00:00:00.000Z')] })
    apply({ put: [await status('2026-02-01T00:15:00.000Z')] })
    apply({ put: [await status('2026-02-01T00:30:00.000Z', 'cordoned')] })
    apply({
      put: [await status('2026-02-01T00:45:00.000Z', 'cordoned'), await record(workloadWrite('w'))],
    })
    apply({ remove: [`${COLLECTION.meshletStatus}/self`] })
    expect(changed).toEqual([
      [true, true],
      [true, false],
      [true, true],
      [true, true],
      [true, true],
    ])
  })

  it('tells by its version when links, lists, or whether a repo was read have changed', async () => {
    using store = open()
    const versions = [store.membershipVersion()]
    const apply = (update: Partial<RepoUpdate>) => {
      store.apply({ did: DID, via: 'stream', ...update })
      versions.push(store.membershipVersion())
    }
    apply({ put: [await record(workloadWrite('w'))] })
    apply({ facts: { problem: 'slow' } })
    const cluster = await record(clusterWrite('a'))
    apply({ put: [cluster] })
    apply({ put: [cluster] })
    apply({ facts: { position } })
    apply({ remove: [cluster.key] })
    store.forget(DID)
    versions.push(store.membershipVersion())
    const isNew = versions.map((version, i) => i > 0 && version !== versions[i - 1])
    expect(isNew).toEqual([false, false, false, true, false, true, true, true])
  })

  it('knows how much it holds of a repo, through all changes', async () => {
    using store = open()
    const records = [await record(clusterWrite('a')), await record(workloadWrite('w'))]
    const sized = () => [...store.raws(DID)].reduce((sum, { size }) => sum + size, 0)
    const apply = (update: Partial<RepoUpdate>) => {
      store.apply({ did: DID, via: 'stream', ...update })
      expect(store.size(DID).bytes).toBe(sized())
      return store.size(DID).records
    }
    expect(apply({ put: records })).toBe(2)
    expect(apply({ put: [await record(clusterWrite('a', 12_345))] })).toBe(2)
    expect(
      apply({ put: [{ ...(records[1] as VersionedRecord), cid: 'bafyx', bytes: undefined }] }),
    ).toBe(2)
    expect(apply({ remove: [`${COLLECTION.cluster}/a`, `${COLLECTION.cluster}/none`] })).toBe(1)
    expect(sized()).toBe(0)
    store.forget(DID)
    expect(store.size(DID)).toEqual({ records: 0, bytes: 0 })
  })

  it('keeps records, facts and cursor across a restart', async () => {
    const put = [await record(clusterWrite('b')), await record(clusterWrite('a'))]
    const facts = {
      host: 'http://pds',
      position,
      held: { rev: '3b', commit: 'bafyheld', sinceMs: 5 },
      problem: 'slow',
      truncated: true,
    }
    const seen = (() => {
      using store = open()
      const changes = store.apply({ did: DID, via: 'stream', facts, put })
      store.saveCursors([cursorAt(9), { host: 'http://gone', cursor: undefined }])
      expect(changes.map(({ rkey, via }) => [rkey, via])).toEqual([
        ['a', 'stream'],
        ['b', 'stream'],
      ])
      return store.list(DID, COLLECTION.cluster)
    })()
    using again = open()
    expect(again.list(DID, COLLECTION.cluster)).toEqual(seen)
    expect(again.facts(DID)).toEqual(facts)
    expect(again.cursor('http://pds')).toBe(9)
    expect(again.repoState(DID)).toBe('known')
    expect(again.dids()).toEqual([DID])
    expect(warnings).toEqual([])
  })

  it('changes several repos as one, on disk and in the view', async () => {
    const store = open()
    const a = await record(clusterWrite('a'))
    const updates = ['did:plc:bob', DID].map((did): RepoUpdate => {
      return { did: did as Did, via: 'stream', facts: { position }, put: [a] }
    })
    expect(store.apply(...updates).map(({ did }) => did)).toEqual(['did:plc:bob', DID])
    // A record needs a revision: the second can’t be stored.
    const [one, other] = updates.map((update) => ({ ...update, remove: [a.key], put: [] }))
    const bad = { ...other, put: [{ ...a, rev: undefined as unknown as string }] } as RepoUpdate
    expect(() => store.apply(one as RepoUpdate, bad)).toThrow(
      expect.objectContaining({ code: 'io' }),
    )
    const shown = () => ['did:plc:bob', DID].map((did) => store.raw(did as Did, a.key)?.cid)
    expect(shown()).toEqual([a.cid, a.cid])
    store[Symbol.dispose]()
    using again = open()
    expect([...again.raws('did:plc:bob'), ...again.raws(DID)]).toHaveLength(2)
  })

  it('tells only what differs in the view, and keeps the object of what did not', async () => {
    using store = open()
    const a = await record(clusterWrite('a'))
    store.apply({ did: DID, via: 'listing', put: [a] })
    const before = store.get(DID, COLLECTION.cluster, 'a')
    expect(store.apply({ did: DID, via: 'stream', put: [{ ...a, rev: '3c' }] })).toEqual([])
    expect(store.get(DID, COLLECTION.cluster, 'a')).toBe(before)
    expect(store.raw(DID, a.key)?.rev).toBe('3c')
    const changes = store.apply({ did: DID, via: 'record', remove: [a.key, 'commune.x/y'] })
    const gone = { did: DID, collection: COLLECTION.cluster, rkey: 'a', via: 'record' }
    expect(changes).toEqual([gone])
    expect(store.list(DID, COLLECTION.cluster)).toEqual([])
  })

  it.each([
    ['does not fit its lexicon', { ...clusterWrite('a'), value: { $type: COLLECTION.cluster } }],
    ['is of another type', { ...clusterWrite('a'), collection: COLLECTION.bid }],
    ['has a key that is not its name', workloadWrite('hello', 'other')],
    ['is no singleton', { ...clusterWrite('x'), collection: COLLECTION.meshletStatus }],
  ])('keeps a record out of the view that %s, and says so', async (_, write) => {
    using store = open()
    const bad = await record(write)
    expect(store.apply({ did: DID, via: 'listing', put: [bad] })).toEqual([])
    expect(store.get(DID, write.collection as never, write.rkey)).toBeUndefined()
    expect(store.invalid(DID)).toEqual([
      { collection: write.collection, rkey: write.rkey, cid: bad.cid, reason: expect.any(String) },
    ])
    const before = store.invalid(DID)
    store[Symbol.dispose]()
    using again = open()
    expect(again.invalid(DID)).toEqual(before)
  })

  it.each([
    ['no CBOR', new Uint8Array([255, 1, 2])],
    ['not there, being too large', undefined],
    ['no object', new Uint8Array([1])],
  ])('survives bytes that are %s', (_, bytes) => {
    using store = open()
    store.apply({ did: DID, via: 'listing', put: [{ ...rawCluster, bytes }] })
    expect(store.invalid(DID)).toHaveLength(1)
  })

  it('shows a deletion when a record becomes invalid', async () => {
    using store = open()
    const a = await record(clusterWrite('a'))
    store.apply({ did: DID, via: 'listing', put: [a] })
    const changes = store.apply({ did: DID, via: 'stream', put: [{ ...rawCluster, key: a.key }] })
    expect(changes).toEqual([
      { did: DID, collection: COLLECTION.cluster, rkey: 'a', via: 'stream' },
    ])
  })

  it('hands out values that nobody can change', async () => {
    using store = open()
    store.apply({ did: DID, via: 'listing', put: [await record(clusterWrite('a'))] })
    const found = store.get<{ members: string[] }>(DID, COLLECTION.cluster, 'a')
    expect(() => found?.value.members.push('did:plc:x')).toThrow(TypeError)
  })

  it('lists the same frozen array until the collection changes', async () => {
    using store = open()
    store.apply({ did: DID, via: 'listing', put: [await record(clusterWrite('a'))] })
    const list = () => store.list(DID, COLLECTION.cluster)
    const nothing = () => store.list(DID, COLLECTION.bid)
    const before = [list(), nothing()]
    expect([Object.isFrozen(list()), Object.isFrozen(list()[0])]).toEqual([true, true])
    store.apply({ did: DID, via: 'stream', facts: { problem: 'slow' } })
    expect([list() === before[0], nothing() === before[1]]).toEqual([true, true])
    store.apply({ did: DID, via: 'stream', put: [await record(clusterWrite('b'))] })
    expect([list().length, before[0]?.length, nothing() === before[1]]).toEqual([2, 1, true])
  })

  it('#35 keeps a workload out of the view whose key is not its name', async () => {
    using store = open()
    const put = [await record(workloadWrite('web', 'other')), await record(workloadWrite('db'))]
    store.apply({ did: DID, via: 'listing', put })
    const names = store.list(DID, COLLECTION.workload).map(([rkey]) => rkey)
    expect(names).toEqual(['db'])
    expect(store.invalidReason(DID, COLLECTION.workload, 'other')).toBe('its key is not its name')
  })

  it('knows at once why a record does not count', async () => {
    using store = open()
    const reason = (rkey: string) => store.invalidReason(DID, COLLECTION.cluster, rkey)
    const put = [await record(clusterWrite('b'))]
    store.apply({ did: DID, via: 'listing', put, facts: { truncated: true } })
    expect([reason('a'), reason('b')]).toEqual([undefined, undefined])
    expect(reason('c')).toContain('more than is read')
    store.apply({ did: DID, via: 'listing', put: [await record(clusterWrite('d'))] })
    expect([reason('c'), reason('e')]).toEqual([undefined, expect.any(String)])
    store.apply({ did: DID, via: 'listing', remove: [`${COLLECTION.cluster}/d`] })
    expect(reason('c')).toContain('more than is read')
  })

  it('forgets a repo, also on disk', async () => {
    {
      using store = open()
      store.apply({ did: DID, via: 'listing', put: [await record(clusterWrite('a'))] })
      expect(store.forget(DID)).toHaveLength(1)
      expect(store.forget(DID)).toEqual([])
      expect(store.repoState(DID)).toBe('unknown')
    }
    using again = open()
    expect([...again.raws(DID), ...again.dids()]).toEqual([])
  })

  it('changes nothing when the disk refuses', async () => {
    const store = open()
    store[Symbol.dispose]()
    const put = [await record(clusterWrite('a'))]
    const io = expect.objectContaining({ code: 'io' })
    expect(() => store.apply({ did: DID, via: 'listing', put })).toThrow(io)
    expect(() => store.saveCursors([cursorAt(3)])).toThrow(io)
    expect(store.get(DID, COLLECTION.cluster, 'a')).toBeUndefined()
    expect(store.cursor('http://pds')).toBeUndefined()
  })

  it('puts a damaged file aside and begins anew', () => {
    open()[Symbol.dispose]()
    writeFileSync(file, 'this is no database, whatever its name says')
    using store = open()
    expect(store.dids()).toEqual([])
    expect(readdirSync(path.dirname(file))).toContain('records.sqlite.broken-7')
    expect(warnings).toHaveLength(1)
  })

  it('fails clearly where no file can be', () => {
    file = path.join(folder, 'a-file', 'records.sqlite')
    writeFileSync(path.join(folder, 'a-file'), '')
    expect(() => open()).toThrow(expect.objectContaining({ code: 'io' }))
  })
})

const rawCluster: VersionedRecord = {
  key: `${COLLECTION.cluster}/z`,
  cid: 'bafyz',
  rev: '3a',
  bytes: undefined,
}

function cursorAt(cursor: number) {
  return { host: 'http://pds', cursor }
}
