import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { fileIssue } from './issue.ts'
import { reasonOf } from './list-files.ts'
import { decodeText, FILE_BYTES_MAX, type Decoded } from './source-text.ts'

/** Whoever writes a file in place is mostly done by then. */
const TRIES_MAX = 3

/** What is needed of an open file. */
export interface OpenFile {
  stat(options: { readonly bigint: true }): Promise<{
    readonly size: bigint
    readonly mtimeNs: bigint
    isFile(): boolean
  }>
  read(
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>
}

/**
 * Reads a file that somebody else may be changing, or that is no file at all: never waits for a pipe
 * or device, and reads no more than the limit. Half of one version and half of another is never
 * taken for a file: what changes again and again while it is read is an issue.
 *
 * @param file how issues name it
 */
export async function readTextFile(path: string, file: string): Promise<Decoded> {
  try {
    // Without O_NONBLOCK, opening a named pipe waits for its other end.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    return await readOpenFile(handle, file)
  } catch (error) {
    return { ok: false, issue: fileIssue(file, `the file cannot be read: ${reasonOf(error)}`) }
  }
}

/** The same of a file that is open already. Rejects as the system does. */
export async function readOpenFile(handle: OpenFile, file: string): Promise<Decoded> {
  let before = await handle.stat({ bigint: true })
  if (!before.isFile()) return { ok: false, issue: fileIssue(file, 'not a regular file') }
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const bytes = await readAll(handle, Number(before.size))
    const after = await handle.stat({ bigint: true })
    const isWhole = bytes.length === Number(after.size) || bytes.length > FILE_BYTES_MAX
    if (isWhole && before.size === after.size && before.mtimeNs === after.mtimeNs) {
      return decodeText(bytes, file)
    }
    before = after
  }
  const suggestion = 'try again when nothing writes to it'
  return { ok: false, issue: fileIssue(file, 'the file changed while it was read', { suggestion }) }
}

/** At most one byte more than was expected, or than is allowed. */
async function readAll(handle: OpenFile, size: number): Promise<Uint8Array> {
  const buffer = Buffer.alloc(Math.min(size, FILE_BYTES_MAX) + 1)
  let length = 0
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return buffer.subarray(0, length)
}
