import { statfs } from 'node:fs/promises'
import type { DiskSpace } from '../ports/engine.ts'

/** The disk that a folder is on, as far as this program may look; undefined where it may not. */
export async function diskSpaceAt(folder: string): Promise<DiskSpace | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  } catch {
    return undefined
  }
}
