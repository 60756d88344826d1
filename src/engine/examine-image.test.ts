import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  digestOf,
  hollowImage,
  startHostileRegistry,
  type Misbehaviour,
} from '../../test/support/hostile-registry.ts'
import { startRegistry } from '../dev/registry.ts'
import { buildImage, type StandInImage } from '../dev/stand-in.ts'
import { examineImage, type ExamineOptions } from './examine-image.ts'
import { createRegistries } from './registries.ts'

const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64'
const PLATFORM = { os: 'linux', architecture: ARCHITECTURE }
const OPTIONS: ExamineOptions = { platform: PLATFORM, auth: undefined, timeoutMs: 5_000 }
const image = await buildImage({ files: { '/a': 'b' } })
const honest: Misbehaviour = () => false

async function examine(
  of: StandInImage,
  misbehave: Misbehaviour,
  options: Partial<ExamineOptions> = {},
) {
  await using registry = await startHostileRegistry(of, misbehave)
  const found = await examineImage(`${registry.host}/app@${of.digest}`, {
    ...OPTIONS,
    ...options,
  }).catch((error: unknown) => ({ error, asked: registry.requests.length }))
  return found
}

test('adds up what a registry would send', async () => {
  await using registry = await startRegistry()
  const reference = registry.add('app', image)
  const sizes = [...image.blobs.values()].map(({ length }) => length)
  const found = await examineImage(reference, OPTIONS)
  expect(found.layers).toHaveLength(1)
  expect(found.sentBytes).toBe(sizes.reduce((sum, size) => sum + size, 0))
})

test('of an index it takes the manifest for this machine, the largest of its variants', async () => {
  const layer = (size: number) => ({ digest: digestOf(randomBytes(8)), size })
  const [small, large] = [hollowImage([layer(1_000)]), hollowImage([layer(9_000), layer(500)])]
  const entry = ({ digest, manifest }: StandInImage, architecture: string, variant?: string) => ({
    ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: manifest.length },
    platform: { os: 'linux', architecture, ...(variant ? { variant } : {}) },
  })
  const manifests = [
    entry(small, ARCHITECTURE, 'v7'),
    entry(large, ARCHITECTURE, 'v8'),
    entry(small, 's390x'),
  ]
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }))
  const all = { manifest: index, digest: digestOf(index), blobs: new Map<string, Buffer>() }
  const serve: Misbehaviour = ({ kind, key }, response) => {
    const part = [small, large].find(({ digest }) => digest === key)
    if (part === undefined && kind !== 'blob') return false
    response.writeHead(200).end(part?.manifest ?? 'layer')
    return true
  }
  const config = [...large.blobs.values()][0]?.length ?? 0
  expect(await examine(all, serve)).toMatchObject({ sentBytes: 9_500 + config })
  const other = { platform: { os: 'linux', architecture: 'riscv64' } }
  expect(await examine(all, serve, other)).toMatchObject({
    error: { code: 'image-not-found', message: expect.stringContaining('for linux/riscv64') },
  })
})

describe('a hostile registry', () => {
  test('#50 whose header names another digest than its bytes have is refused', async () => {
    const lying: Misbehaviour = ({ kind }, response) => {
      if (kind === 'manifest')
        response.setHeader('docker-content-digest', `sha256:${'a'.repeat(64)}`)
      return false
    }
    expect(await examine(image, lying)).toMatchObject({
      error: { code: 'bad-answer', message: expect.stringContaining('but its bytes are') },
    })
  })

  test('#51 that swaps the manifest is refused, whatever its header says', async () => {
    const other = await buildImage({ files: { '/c': 'd' } })
    const swapping: Misbehaviour = ({ kind }, response) => {
      if (kind !== 'manifest') return false
      response.setHeader('docker-content-digest', image.digest)
      response.end(other.manifest)
      return true
    }
    expect(await examine(image, swapping)).toMatchObject({
      error: { code: 'bad-answer', message: expect.stringContaining('but its bytes are') },
    })
  })

  test('#53 that never begins to send a layer is found out before the engine waits for it', async () => {
    const silent: Misbehaviour = ({ kind }) => kind === 'blob'
    const found = await examine(image, silent, { timeoutMs: 200 })
    expect(found).toMatchObject({
      error: { code: 'registry-unreachable', message: expect.stringContaining('in time') },
    })
  })

  test('that has no such layer is told by it', async () => {
    const hollow = hollowImage([{ digest: digestOf('x'), size: 1 }])
    expect(await examine(hollow, honest)).toMatchObject({
      error: { code: 'image-not-found', message: expect.stringContaining(digestOf('x')) },
    })
  })

  test.each([
    ['sizes that are none', [{ digest: digestOf('x'), size: -1 }]],
    ['digests that are none', [{ digest: '../../etc/passwd', size: 1 }]],
    ['layers without end', Array.from({ length: 513 }, () => ({ digest: digestOf('x'), size: 1 }))],
  ])('with %s is refused', async (_, layers) => {
    expect(await examine(hollowImage(layers), honest)).toMatchObject({
      error: { code: 'bad-answer', message: expect.stringContaining('can’t be read') },
    })
  })

  test('#20 whose token server is the cloud’s metadata address is refused', async () => {
    const realm = 'Bearer realm="http://169.254.169.254/latest/meta-data",service="x"'
    const leading: Misbehaviour = ({ kind }, response) => {
      if (kind !== 'manifest') return false
      response.writeHead(401, { 'www-authenticate': realm }).end()
      return true
    }
    expect(await examine(image, leading)).toMatchObject({
      error: {
        code: 'forbidden',
        message: expect.stringMatching(
          /sends us to 169\.254\.169\.254, which is no public address/,
        ),
      },
    })
  })
})

describe('a registry in a private network', () => {
  const ask = { platform: PLATFORM, isOwn: false }

  test('serves others only where the machine’s owner named it, and is not asked otherwise', async () => {
    await using registry = await startRegistry()
    const reference = registry.add('app', image)
    const closed = createRegistries({ allowPrivateAddresses: false })
    await expect(closed.examine(reference, ask)).rejects.toMatchObject({
      code: 'forbidden',
      message: `${registry.host} is no public address that speaks https`,
    })
    await expect(closed.proveReadable(reference, {})).rejects.toMatchObject({ code: 'forbidden' })
    expect(registry.requests).toEqual([])
    const named = createRegistries({
      allowPrivateAddresses: false,
      privateRegistries: [registry.host],
    })
    expect(await named.examine(reference, ask)).toMatchObject({ layers: [{}] })
  })

  test('serves the machine’s owner, who named it in her workload', async () => {
    await using registry = await startRegistry()
    const reference = registry.add('app', image)
    const registries = createRegistries({ allowPrivateAddresses: false })
    expect(await registries.examine(reference, { ...ask, isOwn: true })).toMatchObject({
      layers: [{}],
    })
  })
})
