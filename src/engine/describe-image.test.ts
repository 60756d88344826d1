import { expect, test, vi } from 'vitest'
import { startRegistry } from '../dev/registry.ts'
import { buildImage, digestOf } from '../dev/stand-in.ts'
import { describeImage } from './describe-image.ts'

const image = await buildImage({ files: { '/one': '1' } })

test('a manifest for one platform tells it by its configuration', async () => {
  vi.stubEnv('DOCKER_CONFIG', '/nowhere')
  await using registry = await startRegistry()
  registry.add('app', image, '1')
  const described = await describeImage(`${registry.host}/app:1`)
  expect(described.digest).toBe(image.digest)
  expect(described.platforms).toEqual([expect.stringMatching(/^linux\/[a-z0-9]+$/)])
})

test.each([
  ['is missing', undefined],
  ['is not what its digest says', Buffer.from('{"os":"linux","architecture":"riscv64"}')],
])('a configuration that %s leaves the platform open', async (_, body) => {
  vi.stubEnv('DOCKER_CONFIG', '/nowhere')
  await using registry = await startRegistry()
  const [config] = [...image.blobs.keys()]
  const blobs = new Map(config === undefined || body === undefined ? [] : [[config, body]])
  registry.add('app', { ...image, blobs }, '1')
  const described = await describeImage(`${registry.host}/app:1`)
  expect(described.digest).toBe(digestOf(image.manifest))
  expect(described.platforms).toBeUndefined()
})
