import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import type { Log } from '../ports/log.ts'
import { openDatabase } from '../storage/open-database.ts'
import type { StorageState } from '../storage/storage-state.ts'
import type { HostCursor, RecordDisk, RepoWrite, StoredRepo } from './record-store-disk.ts'
import type { RepoFacts, RepoPosition, VersionedRecord } from './record-store-repo.ts'

/** Raise it with every change of the tables: what was stored is only a copy and is read anew. */
const SCHEMA_VERSION = 1

const SCHEMA = `
  CREATE TABLE host (url TEXT PRIMARY KEY, cursor INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE repo (
    did TEXT PRIMARY KEY, host TEXT, rev TEXT, data TEXT, commit_cid TEXT,
    held_rev TEXT, held_commit TEXT, held_since INTEGER, problem TEXT, truncated INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE record (
    did TEXT NOT NULL, key TEXT NOT NULL, cid TEXT NOT NULL, rev TEXT NOT NULL, bytes BLOB,
    PRIMARY KEY (did, key)
  ) STRICT, WITHOUT ROWID
`

/**
 * A power cut may take the last transactions with it, records and read positions alike, so they are
 * simply read again: that is worth more than a flush to disk for each event.
 */
const PRAGMAS = 'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL'

export interface DiskOptions {
  /** Path of the file, or `:memory:`. */
  readonly file: string
  readonly log: Log
  /** Milliseconds since 1970, for the name of a file that is put aside. */
  readonly nowMs: number
  /** Hears of what can't be written. */
  readonly state?: StorageState | undefined
}

/**
 * Opens the file of the store. One that can't be used is put aside and a new one is begun: everything
 * in it can be read again from the network. Fails with code `io` when even that can't be done.
 */
export function openRecordDisk(options: DiskOptions): RecordDisk {
  return new SqliteDisk(
    openDatabase({
      ...options,
      pragmas: PRAGMAS,
      schema: SCHEMA,
      version: SCHEMA_VERSION,
      // Tables that are missing or others show when a statement is prepared.
      check: (database) => void prepare(database),
    }),
    options.state,
  )
}

class SqliteDisk implements RecordDisk {
  readonly #database: DatabaseSync
  readonly #state: StorageState | undefined
  readonly #statements: ReturnType<typeof prepare>

  constructor(database: DatabaseSync, state: StorageState | undefined) {
    this.#database = database
    this.#state = state
    this.#statements = prepare(database)
  }

  load() {
    const cursors = new Map<string, number>()
    const repos = new Map<Did, StoredRepo & { readonly records: VersionedRecord[] }>()
    for (const row of this.#database.prepare('SELECT * FROM host').iterate()) {
      cursors.set(String(row['url']), Number(row['cursor']))
    }
    for (const row of this.#database.prepare('SELECT * FROM repo').iterate()) {
      const did = String(row['did']) as Did
      repos.set(did, { did, facts: factsOf(row), records: [] })
    }
    for (const row of this.#database.prepare('SELECT * FROM record').iterate()) {
      repos.get(String(row['did']) as Did)?.records.push(recordOf(row))
    }
    return { cursors, repos: repos.values() }
  }

  bytes(did: Did, key: string): Uint8Array | undefined {
    try {
      const bytes = this.#statements.getBytes.get(did, key)?.['bytes']
      return bytes instanceof Uint8Array ? bytes : undefined
    } catch (cause) {
      throw new CommuneError('io', `A stored record can't be read: ${messageOf(cause)}`, {
        cause,
        retry: true,
      })
    }
  }

  write(changes: readonly RepoWrite[]): void {
    this.#transact(() => {
      for (const change of changes) this.#writeRepo(change)
    })
  }

  writeCursors(cursors: readonly HostCursor[]): void {
    this.#transact(() => {
      for (const { host, cursor } of cursors) {
        if (cursor === undefined) this.#statements.removeCursor.run(host)
        else this.#statements.putCursor.run(host, cursor)
      }
    })
  }

  forget(did: Did): void {
    this.#transact(() => {
      this.#statements.forgetRecords.run(did)
      this.#statements.forgetRepo.run(did)
    })
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #writeRepo({ did, facts, put, remove }: RepoWrite): void {
    const { position, held } = facts
    const { putRepo, removeRecord, putRecord } = this.#statements
    putRepo.run(
      did,
      facts.host ?? null,
      position?.rev ?? null,
      position?.data ?? null,
      position?.commit ?? null,
      held?.rev ?? null,
      held?.commit ?? null,
      held ? Math.floor(held.sinceMs) : null,
      facts.problem ?? null,
      facts.truncated ? 1 : 0,
    )
    for (const key of remove) removeRecord.run(did, key)
    for (const { key, cid, rev, bytes } of put) putRecord.run(did, key, cid, rev, bytes ?? null)
  }

  #transact(write: () => void): void {
    try {
      this.#statements.begin.run()
      try {
        write()
        this.#statements.commit.run()
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
        throw error
      }
    } catch (cause) {
      this.#state?.noteFailure(cause)
      const message = `The records can't be stored: ${messageOf(cause)}`
      throw new CommuneError('io', message, { cause, retry: true })
    }
  }
}

function prepare(database: DatabaseSync) {
  return {
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    putRepo: database.prepare('INSERT OR REPLACE INTO repo VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    forgetRepo: database.prepare('DELETE FROM repo WHERE did = ?'),
    getBytes: database.prepare('SELECT bytes FROM record WHERE did = ? AND key = ?'),
    putRecord: database.prepare('INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?)'),
    removeRecord: database.prepare('DELETE FROM record WHERE did = ? AND key = ?'),
    forgetRecords: database.prepare('DELETE FROM record WHERE did = ?'),
    putCursor: database.prepare('INSERT OR REPLACE INTO host VALUES (?, ?)'),
    removeCursor: database.prepare('DELETE FROM host WHERE url = ?'),
  }
}

type Row = Record<string, SQLOutputValue>

function recordOf(row: Row): VersionedRecord {
  const bytes = row['bytes']
  return {
    key: String(row['key']),
    cid: String(row['cid']),
    rev: String(row['rev']),
    bytes: bytes instanceof Uint8Array ? bytes : undefined,
  }
}

function factsOf(row: Row): RepoFacts {
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
