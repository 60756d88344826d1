import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { fileIssue } from './issue.ts'
import { reasonOf } from './list-files.ts'
import { decodeText, FILE_BYTES_MAX, type Decoded } from './source-text.ts'

/**
 * Reads a file that somebody else may be changing, or that is no file at all: never waits for a pipe
 * or device, and reads no more than the limit.
 *
 * @param file how issues name it
 */
export async function readTextFile(path: string, file: string): Promise<Decoded> {
  try {
    // Without O_NONBLOCK, opening a named pipe waits for its other end.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = await handle.stat()
    if (!stats.isFile()) {
      return { ok: false, issue: fileIssue(file, 'not a regular file') }
    }
    const buffer = Buffer.alloc(Math.min(stats.size, FILE_BYTES_MAX) + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length)
      length += bytesRead
      if (bytesRead === 0 || length === buffer.length) break
    }
    if (length > stats.size && length <= FILE_BYTES_MAX) {
      const suggestion = 'try again when nothing writes to it'
      return {
        ok: false,
        issue: fileIssue(file, 'the file grew while it was read', { suggestion }),
      }
    }
    return decodeText(buffer.subarray(0, length), file)
  } catch (error) {
    return { ok: false, issue: fileIssue(file, `the file cannot be read: ${reasonOf(error)}`) }
  }
}
