import { readFile } from 'node:fs/promises'
import { messageOf } from '../model/errors.ts'
import type { Log } from '../ports/log.ts'
import { putAside } from './put-aside.ts'

export interface JsonFileOptions {
  readonly file: string
  /** Whether the content can be used; every JSON can when it is left out. */
  readonly isFine?: (content: unknown) => boolean
  readonly log: Log
  /** Milliseconds since 1970, for the name of a file that is put aside. */
  readonly nowMs: number
}

/** Puts a small JSON file aside that can't be read or used, so that whoever needs it makes it anew. */
export async function checkJsonFile({ file, isFine, log, nowMs }: JsonFileOptions): Promise<void> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'))
    if (isFine && !isFine(content)) throw new Error('it holds something else than it should')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
    putAside({ file, reason: messageOf(error), log, nowMs })
  }
}
