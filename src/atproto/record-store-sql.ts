import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Log } from '../ports/log.ts'

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
  ) STRICT, WITHOUT ROWID;
`

export const IN_MEMORY = ':memory:'

export interface OpenOptions {
  /** Path of the file, or `:memory:`. */
  readonly file: string
  readonly log: Log
  /** Milliseconds since 1970, for the name of a file that is put aside. */
  readonly nowMs: number
}

/**
 * Opens the file of the store. One that is damaged or of another version is put aside under another
 * name and a new one is begun: everything in it can be read again from the network. Fails with code
 * `io` when even that can't be done.
 */
export function openDatabase(options: OpenOptions): DatabaseSync {
  const { file, log } = options
  try {
    if (file !== IN_MEMORY) mkdirSync(dirname(file), { recursive: true })
    try {
      return open(file)
    } catch (error) {
      if (file === IN_MEMORY || !isDamage(error)) throw error
      const aside = `${file}.broken-${options.nowMs}`
      for (const suffix of ['', '-wal', '-shm']) {
        if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix)
      }
      const reason = messageOf(error)
      log.warn('The stored records can’t be used; reading everything again', { aside, reason })
      return open(file)
    }
  } catch (cause) {
    const message = `The store ${file} can't be opened: ${messageOf(cause)}`
    throw new CommuneError('io', message, { cause })
  }
}

class Damaged extends Error {}

function open(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  try {
    // A power cut may take the last transactions with it, records and read positions alike, so they
    // are simply read again: that is worth more than a flush to disk for each event.
    // Busy means that another process holds it; that is no damage, and no reason to wait for long.
    database.exec(
      'PRAGMA busy_timeout = 500; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL',
    )
    const check = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (check !== 'ok') throw new Damaged(String(check))
    const version = database.prepare('PRAGMA user_version').get()?.['user_version']
    if (version === 0) {
      database.exec(`BEGIN; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`)
    } else if (version !== SCHEMA_VERSION) {
      throw new Damaged(`it is of version ${Number(version)}, this program's is ${SCHEMA_VERSION}`)
    }
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, or our own checks; not a full disk or a missing permission. */
function isDamage(error: unknown): boolean {
  if (error instanceof Damaged) return true
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0
  return code === 11 || code === 26
}
