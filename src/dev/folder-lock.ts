import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { CommuneError } from '../model/errors.ts'

/**
 * Holds a folder for this process alone. SQLite's file lock is used because the kernel drops it with
 * the process, so that a crash leaves nothing behind that would have to be cleaned up by hand.
 */
export function lockFolder(dir: string): Disposable {
  const database = new DatabaseSync(path.join(dir, 'lock.sqlite'), { timeout: 0 })
  try {
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    throw new CommuneError('conflict', `Another instance is running on the folder ${dir}.`, {
      hint: 'Stop it first, or choose another folder.',
      cause: error,
    })
  }
  return { [Symbol.dispose]: () => database.close() }
}
