import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** One signed operation of a DID's log, as the directory keeps it. */
export interface StoredOperation {
  readonly operation: object
  readonly cid: string
  readonly nullified: boolean
  readonly createdAt: Date
}

interface Row {
  readonly operation: string
  readonly cid: string
  readonly nullified: number
  readonly created_at: string
}

const SCHEMA = `
  pragma journal_mode = wal;
  create table if not exists operation (
    position integer primary key,
    did text not null,
    operation text not null,
    cid text not null,
    nullified integer not null default 0,
    created_at text not null
  ) strict;
  create index if not exists operation_did on operation (did, position);
`

/** The logs of all DIDs, in one SQLite file. */
export class PlcStore {
  readonly #database: DatabaseSync

  constructor(dir: string) {
    this.#database = new DatabaseSync(path.join(dir, 'plc.sqlite'))
    this.#database.exec(SCHEMA)
  }

  /** Oldest first, with the operations that a recovery made void. */
  log(did: string): StoredOperation[] {
    const rows = this.#database
      .prepare(
        'select operation, cid, nullified, created_at from operation where did = ? order by position',
      )
      .all(did) as unknown as Row[]
    return rows.map((row) => ({
      operation: JSON.parse(row.operation) as object,
      cid: row.cid,
      nullified: row.nullified === 1,
      createdAt: new Date(row.created_at),
    }))
  }

  /** Appends an operation and voids those that it forks away from, in one transaction. */
  append(
    did: string,
    entry: Omit<StoredOperation, 'nullified'>,
    nullified: readonly string[],
  ): void {
    const database = this.#database
    const nullify = database.prepare('update operation set nullified = 1 where did = ? and cid = ?')
    const insert = database.prepare(
      'insert into operation (did, operation, cid, created_at) values (?, ?, ?, ?)',
    )
    database.exec('begin immediate')
    try {
      for (const cid of nullified) nullify.run(did, cid)
      insert.run(did, JSON.stringify(entry.operation), entry.cid, entry.createdAt.toISOString())
      database.exec('commit')
    } catch (error) {
      database.exec('rollback')
      throw error
    }
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }
}
