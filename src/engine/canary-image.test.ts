import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { assertAllowed } from './allow-list.ts'
import { canaryArchive } from './canary-image.ts'

const IMPORT = '/images/create?fromSrc=-&repo=commune-canary-1&tag=latest'

async function digest(architecture: string): Promise<string> {
  return createHash('sha256')
    .update(await canaryArchive(architecture))
    .digest('hex')
}

describe('the image of the canary', () => {
  // Changed bytes need a new number in the name, and their digest in the allow-list.
  test.each(['x64', 'arm64'])('is the one that the allow-list knows, on %s', async (processor) => {
    assertAllowed({ method: 'POST', path: IMPORT, archive: await digest(processor) })
  })

  test('is not there for other processors, and says so', async () => {
    await expect(canaryArchive('mips')).rejects.toMatchObject({
      code: 'unsupported',
      message: 'the canary has no program for mips',
    })
  })
})

describe('an archive', () => {
  test('with other bytes is refused', () => {
    const other = createHash('sha256').update('evil').digest('hex')
    expect(() => assertAllowed({ method: 'POST', path: IMPORT, archive: other })).toThrow(
      /the archive is none of ours/,
    )
  })

  test.each([
    '/images/create?fromSrc=-&repo=debian&tag=1',
    '/images/create?fromSrc=-&repo=commune-canary-1&tag=latest&changes=USER%200',
    '/images/create?fromSrc=http://x/&repo=commune-canary-1&tag=latest',
    '/images/create?fromImage=x&tag=latest',
    '/images/create',
    '/images/load',
    '/containers/create?name=x',
  ])('%s is refused also with our own bytes', async (path) => {
    const archive = await digest('x64')
    expect(() => assertAllowed({ method: 'POST', path, archive })).toThrow(
      expect.objectContaining({ code: 'forbidden' }),
    )
  })
})
