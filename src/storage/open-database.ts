import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Log } from '../ports/log.ts'
import { putAside } from './put-aside.ts'

export const IN_MEMORY = ':memory:'

export interface DatabaseOptions {
  /** Path of the file, or `:memory:`. */
  readonly file: string
  /** Run at each opening, before the file is looked at. */
  readonly pragmas: string
  /** Makes the tables; run on a file of version 0. */
  readonly schema: string
  /** Of the tables, from 1 on. A file of another version can't be used. */
  readonly version: number
  /** Throws when what stands in the tables makes no sense. */
  readonly check?: (database: DatabaseSync) => void
  readonly log: Log
  /** Milliseconds since 1970, for the name of a file that is put aside. */
  readonly nowMs: number
}

/**
 * Opens a file that may be lost: everything in it can be had again from records and engine. One that
 * is damaged, of another version, or that this user may not read or write is put aside under another
 * name, and a new one is begun. Fails with code `io` when even that can't be done.
 */
export function openDatabase(options: DatabaseOptions): DatabaseSync {
  const { file, log, nowMs } = options
  try {
    if (file !== IN_MEMORY) mkdirSync(path.dirname(file), { recursive: true })
    try {
      return open(options)
    } catch (error) {
      if (file === IN_MEMORY || !isOfTheFile(error)) throw error
      putAside({ file, reason: messageOf(error), log, nowMs })
      return open(options)
    }
  } catch (cause) {
    const message = `The file ${file} can't be opened: ${messageOf(cause)}`
    throw new CommuneError('io', message, { cause })
  }
}

class Damaged extends Error {}

/** SQLite's primary result codes for what lies in the file itself, and not in its disk. */
const CODES_OF_THE_FILE: ReadonlySet<number> = new Set([
  1, // ERROR: its tables are others
  3, // PERM
  8, // READONLY
  11, // CORRUPT
  14, // CANTOPEN
  26, // NOTADB
])

function open({ file, pragmas, schema, version, check }: DatabaseOptions): DatabaseSync {
  const database = new DatabaseSync(file)
  try {
    // Busy means that another process holds it; that is no damage, and no reason to wait for long.
    database.exec(`PRAGMA busy_timeout = 500; ${pragmas}`)
    const found = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check']
    if (found !== 'ok') throw new Damaged(String(found))
    const before = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
    if (before !== 0 && before !== version)
      throw new Damaged(`it is of version ${before}, this program's is ${version}`)
    const make = before === 0 ? `${schema};` : ''
    // Written at each opening: a file that can be read only is found out here.
    database.exec(`BEGIN IMMEDIATE; ${make} PRAGMA user_version = ${version}; COMMIT`)
    checkContent(database, check)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function checkContent(database: DatabaseSync, check: DatabaseOptions['check']): void {
  try {
    check?.(database)
  } catch (error) {
    throw new Damaged(messageOf(error), { cause: error })
  }
}

function isOfTheFile(error: unknown): boolean {
  if (error instanceof Damaged) return true
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0
  return CODES_OF_THE_FILE.has(code)
}
