import { randomUUID } from 'node:crypto'
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { CommuneError, messageOf } from '../model/errors.ts'

/** Makes a folder that only its owner may enter. */
export async function makePrivateFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    // A folder that was there before may be open to others; secrets are about to be put into it.
    await chmod(dir, 0o700)
  } catch (error) {
    throw new CommuneError('io', `The folder ${dir} can't be used: ${messageOf(error)}`, {
      cause: error,
    })
  }
}

/** Reads a small JSON file that this folder keeps; undefined when there is none yet. */
export async function readKept(file: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CommuneError('io', `${file} can't be read: ${messageOf(error)}`, { cause: error })
  }
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new CommuneError('io', `${file} is damaged: it is not JSON.`, {
      hint: 'Restore it from a backup, or start with an empty folder (this loses the accounts).',
      cause: error,
    })
  }
}

/**
 * Replaces the file in one step, readable by its owner only. The content is on the disk before the
 * name points to it, so a crash leaves the old file or the new one and never half of one.
 */
export async function writeKept(file: string, value: unknown): Promise<void> {
  const next = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}`)
  try {
    const handle = await open(next, 'wx', 0o600)
    try {
      await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(next, file)
  } catch (error) {
    await rm(next, { force: true })
    throw new CommuneError('io', `${file} can't be written: ${messageOf(error)}`, { cause: error })
  }
}
