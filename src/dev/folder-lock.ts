import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CommuneError, messageOf } from '../model/errors.ts'

/**
 * Holds a folder for this process alone. SQLite's file lock is used because the kernel drops it with
 * the process, so that a crash leaves nothing behind that would have to be cleaned up by hand.
 * Fails with `conflict` when another process has it, and with `io` when the disk can't be written.
 */
export function lockFolder(dir: string): Disposable {
  const database = new DatabaseSync(path.join(dir, 'lock.sqlite'), { timeout: 0 })
  try {
    // On a disk that is only for reading the lock alone would be given; the table is never committed.
    database.exec('begin exclusive; create table held (since)')
  } catch (error) {
    database.close()
    if (!isBusy(error))
      throw new CommuneError('io', `The folder ${dir} can't be written: ${messageOf(error)}`, {
        hint: 'Look whether its disk is full or read-only.',
        cause: error,
      })
    throw new CommuneError('conflict', `Another instance is running on the folder ${dir}.`, {
      hint: 'Stop it first, or choose another folder.',
      cause: error,
    })
  }
  return { [Symbol.dispose]: () => database.close() }
}

/** SQLITE_BUSY: somebody else has the lock. */
function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5
}
