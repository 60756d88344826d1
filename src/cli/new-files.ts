import { constants, existsSync } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CommuneError, messageOf } from '../model/errors.ts'

/** Where the schema lies beside workload files, for editors that complete and check them. */
export const SCHEMA_PATH = '.schemas/workload.schema.json'

/** What this package brings along: its examples and schemas lie below. */
export const SHIPPED = new URL('../../', import.meta.url)

export interface NewFile {
  readonly path: string
  readonly text: string
}

/**
 * Writes files that are not there yet, with their folders. Fails with code `conflict` when one is
 * there, before any is written: nothing of anybody is overwritten.
 */
export async function writeNewFiles(files: readonly NewFile[]): Promise<void> {
  for (const { path } of files) {
    if (!existsSync(path)) continue
    throw new CommuneError('conflict', `${path} is there already, and was not overwritten.`, {
      hint: 'Nothing was written. Move it away, or choose another folder.',
    })
  }
  for (const { path, text } of files) {
    try {
      await mkdir(dirname(path), { recursive: true })
      // Whoever made the file since it was looked for keeps it, too.
      await writeFile(path, text, { flag: 'wx' })
    } catch (error) {
      throw new CommuneError('io', `${path} can't be written: ${messageOf(error)}`, {
        cause: error,
      })
    }
  }
}

/** Puts the schema of this version below the folder; one that is there stays. */
export async function writeSchema(folder: string): Promise<void> {
  const source = new URL('schemas/workload.schema.json', SHIPPED)
  const target = join(folder, SCHEMA_PATH)
  await mkdir(dirname(target), { recursive: true })
  await copyFile(source, target, constants.COPYFILE_EXCL).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  })
}
