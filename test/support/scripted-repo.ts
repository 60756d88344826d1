import { createHash } from 'node:crypto'
import { Secp256k1Keypair } from '@atproto/crypto'
import { type Cid, type LexMap, parseCid } from '@atproto/lex'
import {
  BlockMap,
  blocksToCarFile,
  CidSet,
  MemoryBlockstore,
  type RecordWriteOp,
  Repo,
  signCommit,
  WriteOpAction,
} from '@atproto/repo'
import type { Did } from '../../src/model/records.ts'

/** A write as a test states it; `value` absent: delete. Whether it creates or updates follows. */
export interface RepoWrite {
  readonly collection: string
  readonly rkey: string
  readonly value?: LexMap
}

/** What a commit looks like on the stream, without its sequence number. */
export type CommitEvent = Awaited<ReturnType<ScriptedRepo['write']>>

/** The first revision of every scripted repo: 1 January 2026, in microseconds. */
const FIRST_REV_MICROS = 1_767_225_600_000_000

/** A key that follows from its name, so that a run can be repeated. */
export function keyOf(name: string): Promise<Secp256k1Keypair> {
  return Secp256k1Keypair.import(createHash('sha256').update(name).digest('hex'))
}

/** A revision that stands for a time in microseconds since 1970. */
export function revOf(micros: number): string {
  const digits = '234567abcdefghijklmnopqrstuvwxyz'
  let rev = ''
  for (let rest = micros; rev.length < 11; rest = Math.floor(rest / 32)) {
    rev = digits.charAt(rest % 32) + rev
  }
  return `${rev}22`
}

/** A signed repo in memory that a test writes to; all its revisions stay readable. */
export class ScriptedRepo {
  readonly did: Did
  readonly store: MemoryBlockstore
  key: Secp256k1Keypair
  repo: Repo
  /** The time of the next revision, in microseconds; it counts the commits, also across a restore. */
  micros: number

  private constructor(did: Did, store: MemoryBlockstore, key: Secp256k1Keypair, repo: Repo) {
    this.did = did
    this.store = store
    this.key = key
    this.repo = repo
    this.micros = FIRST_REV_MICROS
  }

  static async create(did: Did): Promise<ScriptedRepo> {
    const key = await keyOf(did)
    const store = new MemoryBlockstore()
    const first = await Repo.formatInitCommit(store, did, key, [], revOf(FIRST_REV_MICROS))
    return new ScriptedRepo(did, store, key, await Repo.createFromCommit(store, first))
  }

  get rev(): string {
    return this.repo.commit.rev
  }

  get cid(): string {
    return this.repo.cid.toString()
  }

  get data(): string {
    return this.repo.commit.data.toString()
  }

  /** Commits the writes, and returns the event that a PDS would send. */
  async write(...writes: readonly RepoWrite[]) {
    const before = this.repo
    const ops: RecordWriteOp[] = []
    const events: { action: string; path: string; cid: Cid | null; prev?: Cid }[] = []
    for (const { collection, rkey, value } of writes) {
      const path = `${collection}/${rkey}`
      const prev = await before.data.get(path)
      const action = value ? (prev ? 'update' : 'create') : 'delete'
      ops.push(toWriteOp(action, collection, rkey, value))
      events.push({ action, path, cid: null, ...(prev && { prev }) })
    }
    const formatted = await before.formatCommit(ops, this.key)
    const ahead = new MemoryBlockstore(formatted.newBlocks)
    const { data } = (await Repo.load(ahead, formatted.cid)).commit
    this.micros += 1000
    const rev = revOf(this.micros)
    const unsigned = { did: this.did, version: 3 as const, rev, prev: null, data }
    const blocks = new BlockMap()
    blocks.addMap(formatted.newBlocks)
    blocks.addMap(formatted.relevantBlocks)
    blocks.delete(formatted.cid)
    const cid = await blocks.add(await signCommit(unsigned, this.key))
    const commit = { ...formatted, cid, rev, newBlocks: blocks, removedCids: new CidSet() }
    this.repo = await before.applyCommit(commit)
    for (const op of events) op.cid = await this.repo.data.get(op.path)
    return {
      repo: this.did,
      commit: cid,
      rev,
      since: before.commit.rev,
      prevData: before.commit.data,
      blocks: await blocksToCarFile(cid, blocks),
      ops: events,
      rebase: false,
      tooBig: false,
      blobs: [],
    }
  }

  /** The `#sync` event of the present state. */
  async syncEvent() {
    const blocks = new BlockMap()
    blocks.set(this.repo.cid, (await this.store.getBytes(this.repo.cid)) ?? new Uint8Array())
    return { did: this.did, rev: this.rev, blocks: await blocksToCarFile(this.repo.cid, blocks) }
  }

  /** The blocks with these CIDs, or undefined when one is missing. */
  async blocks(cids: readonly string[]): Promise<BlockMap | undefined> {
    const { blocks, missing } = await this.store.getBlocks(cids.map((cid) => parseCid(cid)))
    return missing.length === 0 ? blocks : undefined
  }
}

function toWriteOp(
  action: 'create' | 'update' | 'delete',
  collection: string,
  rkey: string,
  value: LexMap | undefined,
): RecordWriteOp {
  // Record paths of the library carry branded strings; a test writes what it likes.
  const path = { collection, rkey } as Pick<RecordWriteOp, 'collection' | 'rkey'>
  if (action === 'delete' || !value) return { action: WriteOpAction.Delete, ...path }
  return action === 'create'
    ? { action: WriteOpAction.Create, ...path, record: value }
    : { action: WriteOpAction.Update, ...path, record: value }
}
