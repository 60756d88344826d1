import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Collection } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import type { Log } from '../ports/log.ts'
import type { RecordChange, RecordView, StoredRecord, Via } from '../ports/records.ts'
import type {
  InvalidRecord,
  RepoFacts,
  RepoPosition,
  VersionedRecord,
} from './record-store-repo.ts'
import { NO_FACTS, RepoMirror, splitKey } from './record-store-repo.ts'
import { openDatabase } from './record-store-sql.ts'

/** A change of one repo, stored and shown as a whole or not at all. */
export interface RepoUpdate {
  readonly did: Did
  readonly via: Via
  /** Replaces the facts that it names. */
  readonly facts?: Partial<RepoFacts>
  readonly put?: readonly VersionedRecord[]
  /** Keys, `collection/rkey`. */
  readonly remove?: readonly string[]
}

/** How far the event stream of a host was read. */
export interface HostCursor {
  readonly host: string
  /** Undefined: begin without one. */
  readonly cursor: number | undefined
}

/** The records of repos on disk, and in memory for reading. */
export interface RecordStore extends RecordView, Disposable {
  /** DIDs of which anything is stored, sorted. */
  dids(): Did[]
  facts(did: Did): RepoFacts
  raw(did: Did, key: string): VersionedRecord | undefined
  raws(did: Did): Iterable<VersionedRecord>
  /** Records that don't count, with the reason; sorted by key. */
  invalid(did: Did): readonly InvalidRecord[]
  /** Why a record that is there does not count, as in `Feed`. */
  invalidReason(did: Did, collection: Collection, rkey: string): string | undefined
  cursor(host: string): number | undefined
  /** Durable when it returns; records and position are one transaction. Throws code `io`. */
  apply(update: RepoUpdate): readonly RecordChange[]
  /** Durable when it returns; call it after what was read up to there has been applied. */
  saveCursors(cursors: Iterable<HostCursor>): void
  /** Removes all that is stored of a repo. */
  forget(did: Did): readonly RecordChange[]
}

export interface RecordStoreOptions {
  /** Path of the file, or `:memory:`. */
  readonly file: string
  readonly log: Log
  /** Milliseconds since 1970, for the name of a damaged file that is put aside. */
  readonly nowMs: number
}

/** Opens the store and reads it into memory. */
export function createRecordStore(options: RecordStoreOptions): RecordStore {
  return new SqliteRecordStore(openDatabase(options))
}

const NOTHING_LISTED = Object.freeze([])

class SqliteRecordStore implements RecordStore {
  readonly #database: DatabaseSync
  readonly #statements: ReturnType<typeof prepare>
  readonly #repos = new Map<Did, RepoMirror>()
  readonly #cursors = new Map<string, number>()

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#statements = prepare(database)
    load(database, this.#repos, this.#cursors)
  }

  repoState(did: Did): 'known' | 'unknown' {
    return this.facts(did).position ? 'known' : 'unknown'
  }

  repoProblem(did: Did): string | undefined {
    return this.facts(did).problem
  }

  get<T>(did: Did, collection: string, rkey: string): StoredRecord<T> | undefined {
    // The value was parsed with the lexicon of its collection; the caller names the matching type.
    return this.#repos.get(did)?.get(collection, rkey) as StoredRecord<T> | undefined
  }

  list<T>(did: Did, collection: string): readonly (readonly [string, StoredRecord<T>])[] {
    const listed = this.#repos.get(did)?.list(collection) ?? NOTHING_LISTED
    return listed as readonly (readonly [string, StoredRecord<T>])[]
  }

  dids(): Did[] {
    return [...this.#repos.keys()].toSorted()
  }

  facts(did: Did): RepoFacts {
    return this.#repos.get(did)?.facts ?? NO_FACTS
  }

  raw(did: Did, key: string): VersionedRecord | undefined {
    return this.#repos.get(did)?.raw(key)
  }

  raws(did: Did): Iterable<VersionedRecord> {
    return this.#repos.get(did)?.raws() ?? []
  }

  invalid(did: Did): readonly InvalidRecord[] {
    return this.#repos.get(did)?.invalid() ?? []
  }

  invalidReason(did: Did, collection: string, rkey: string): string | undefined {
    return this.#repos.get(did)?.reason(`${collection}/${rkey}`)
  }

  cursor(host: string): number | undefined {
    return this.#cursors.get(host)
  }

  apply(update: RepoUpdate): readonly RecordChange[] {
    const facts = { ...this.facts(update.did), ...update.facts }
    this.#transact(() => this.#write(update, facts))
    return this.#show(update, facts)
  }

  saveCursors(cursors: Iterable<HostCursor>): void {
    const all = [...cursors]
    this.#transact(() => {
      for (const cursor of all) this.#writeCursor(cursor)
    })
    for (const { host, cursor } of all) {
      if (cursor === undefined) this.#cursors.delete(host)
      else this.#cursors.set(host, cursor)
    }
  }

  forget(did: Did): readonly RecordChange[] {
    const mirror = this.#repos.get(did)
    if (!mirror) return []
    this.#transact(() => {
      this.#statements.forgetRecords.run(did)
      this.#statements.forgetRepo.run(did)
    })
    const keys = [...mirror.raws()].map((raw) => raw.key)
    const changes = withChanges(mirror, { did, via: 'listing' }, keys, () => {
      for (const key of keys) mirror.remove(key)
    })
    this.#repos.delete(did)
    return changes
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #write(update: RepoUpdate, facts: RepoFacts): void {
    const { did } = update
    const { position, held } = facts
    this.#statements.putRepo.run(
      did,
      facts.host ?? null,
      position?.rev ?? null,
      position?.data ?? null,
      position?.commit ?? null,
      held?.rev ?? null,
      held?.commit ?? null,
      held?.sinceMs ?? null,
      facts.problem ?? null,
      facts.truncated ? 1 : 0,
    )
    for (const key of update.remove ?? []) this.#statements.removeRecord.run(did, key)
    for (const record of update.put ?? []) {
      const { key, cid, rev, bytes } = record
      this.#statements.putRecord.run(did, key, cid, rev, bytes ?? null)
    }
  }

  #writeCursor({ host, cursor }: HostCursor): void {
    if (cursor === undefined) this.#statements.removeCursor.run(host)
    else this.#statements.putCursor.run(host, cursor)
  }

  #show(update: RepoUpdate, facts: RepoFacts): readonly RecordChange[] {
    const mirror = this.#repos.get(update.did) ?? new RepoMirror()
    this.#repos.set(update.did, mirror)
    const keys = [...(update.remove ?? []), ...(update.put ?? []).map((record) => record.key)]
    return withChanges(mirror, update, keys, () => {
      mirror.facts = facts
      for (const key of update.remove ?? []) mirror.remove(key)
      for (const record of update.put ?? []) mirror.put(record)
    })
  }

  #transact(write: () => void): void {
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        write()
        this.#database.exec('COMMIT')
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
        throw error
      }
    } catch (cause) {
      const message = `The records can't be stored: ${messageOf(cause)}`
      throw new CommuneError('io', message, { cause, retry: true })
    }
  }
}

/** Runs `change` and tells how the view differs afterwards. */
function withChanges(
  mirror: RepoMirror,
  { did, via }: Pick<RepoUpdate, 'did' | 'via'>,
  keys: readonly string[],
  change: () => void,
): readonly RecordChange[] {
  const before = new Map(keys.map((key) => [key, mirror.visibleCid(key)]))
  change()
  const changes: RecordChange[] = []
  for (const key of [...before.keys()].toSorted()) {
    const name = splitKey(key)
    const cid = mirror.visibleCid(key)
    if (!name || cid === before.get(key)) continue
    changes.push(Object.freeze({ did, ...name, ...(cid === undefined ? {} : { cid }), via }))
  }
  return changes
}

function prepare(database: DatabaseSync) {
  return {
    putRepo: database.prepare('INSERT OR REPLACE INTO repo VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    forgetRepo: database.prepare('DELETE FROM repo WHERE did = ?'),
    putRecord: database.prepare('INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?)'),
    removeRecord: database.prepare('DELETE FROM record WHERE did = ? AND key = ?'),
    forgetRecords: database.prepare('DELETE FROM record WHERE did = ?'),
    putCursor: database.prepare('INSERT OR REPLACE INTO host VALUES (?, ?)'),
    removeCursor: database.prepare('DELETE FROM host WHERE url = ?'),
  }
}

function load(database: DatabaseSync, repos: Map<Did, RepoMirror>, cursors: Map<string, number>) {
  for (const row of database.prepare('SELECT * FROM host').iterate()) {
    cursors.set(String(row['url']), Number(row['cursor']))
  }
  for (const row of database.prepare('SELECT * FROM repo').iterate()) {
    const mirror = new RepoMirror()
    mirror.facts = factsOf(row)
    repos.set(String(row['did']) as Did, mirror)
  }
  for (const row of database.prepare('SELECT * FROM record').iterate()) {
    const bytes = row['bytes']
    repos.get(String(row['did']) as Did)?.put({
      key: String(row['key']),
      cid: String(row['cid']),
      rev: String(row['rev']),
      bytes: bytes instanceof Uint8Array ? bytes : undefined,
    })
  }
}

function factsOf(row: Record<string, SQLOutputValue>): RepoFacts {
  const text = (column: string) => {
    const value = row[column]
    return typeof value === 'string' ? value : undefined
  }
  const [rev, data, commit] = [text('rev'), text('data'), text('commit_cid')]
  const [heldRev, heldCommit] = [text('held_rev'), text('held_commit')]
  const position: RepoPosition | undefined =
    rev !== undefined && data !== undefined && commit !== undefined
      ? { rev, data, commit }
      : undefined
  return {
    host: text('host'),
    position,
    held:
      heldRev !== undefined && heldCommit !== undefined
        ? { rev: heldRev, commit: heldCommit, sinceMs: Number(row['held_since']) }
        : undefined,
    problem: text('problem'),
    truncated: row['truncated'] === 1,
  }
}
