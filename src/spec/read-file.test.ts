import { expect, it } from 'vitest'
import { readOpenFile, type OpenFile } from './read-file.ts'

/** A file whose next version is written after every read that reached its end, while there is one. */
function changingFile(versions: readonly string[]): OpenFile {
  let version = 0
  const bytes = () => Buffer.from(versions[Math.min(version, versions.length - 1)] ?? '')
  return {
    stat: async () => ({
      size: BigInt(bytes().length),
      mtimeNs: BigInt(Math.min(version, versions.length - 1)),
      isFile: () => true,
    }),
    read: async (buffer, offset, length, position) => {
      const part = bytes().subarray(position, Math.min(position + length, position + 4))
      Buffer.from(buffer.buffer, buffer.byteOffset).set(part, offset)
      if (position === 0) version += 1
      return { bytesRead: part.length }
    },
  }
}

it('reads a file that nobody touches', async () => {
  const quiet: OpenFile = { ...changingFile(['name: hello']) }
  expect(await readOpenFile(quiet, 'a.yaml')).toEqual({ ok: true, text: 'name: hello' })
})

it('reads a file again that was written meanwhile, also to the same length', async () => {
  const file = changingFile(['name: first', 'name: other', 'name: third'])
  expect(await readOpenFile(file, 'a.yaml')).toEqual({ ok: true, text: 'name: third' })
})

it('says so when it never rests', async () => {
  const versions = Array.from({ length: 10 }, (_, index) => 'x'.repeat(20 + index))
  expect(await readOpenFile(changingFile(versions), 'a.yaml')).toMatchObject({
    ok: false,
    issue: { file: 'a.yaml', message: 'the file changed while it was read' },
  })
})
