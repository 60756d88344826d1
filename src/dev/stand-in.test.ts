import { Readable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { extract } from 'tar-stream'
import { expect, test } from 'vitest'
import { startRegistry } from './registry.ts'
import { buildImage, digestOf, type StandInImage } from './stand-in.ts'

interface Manifest {
  readonly config: { readonly digest: string; readonly size: number }
  readonly layers: readonly { readonly digest: string; readonly size: number }[]
}

const manifestOf = (image: StandInImage) => JSON.parse(image.manifest.toString()) as Manifest

test('the same input gives the same image, another one another', async () => {
  const build = (content: string) => buildImage({ files: { '/a/b': content } })
  expect((await build('x')).digest).toBe((await build('x')).digest)
  expect((await build('x')).digest).not.toBe((await build('y')).digest)
})

test('every blob is what the manifest says', async () => {
  const image = await buildImage({ env: { A: 'b' }, command: ['/bin/true'], labels: { c: 'd' } })
  const { config, layers } = manifestOf(image)
  for (const { digest, size } of [config, ...layers]) {
    const blob = image.blobs.get(digest)
    expect(blob?.length).toBe(size)
    expect(blob && digestOf(blob)).toBe(digest)
  }
  const details = JSON.parse(image.blobs.get(config.digest)?.toString() ?? '') as {
    config: object
    rootfs: { diff_ids: string[] }
  }
  expect(details.config).toMatchObject({
    Cmd: ['/bin/true'],
    Labels: { c: 'd' },
    Env: ['PATH=/bin:/usr/bin:/sbin:/usr/sbin', 'A=b'],
  })
  const layer = gunzipSync(image.blobs.get(layers[0]?.digest ?? '') ?? Buffer.alloc(0))
  expect(details.rootfs.diff_ids).toEqual([digestOf(layer)])
})

test('files stand in the layer with their folders and modes', async () => {
  const image = await buildImage({
    files: { '/srv/www/index.html': 'hi', '/run.sh': { content: '#!/bin/sh', mode: 0o755 } },
  })
  const layer = gunzipSync(
    image.blobs.get(manifestOf(image).layers[0]?.digest ?? '') ?? Buffer.alloc(0),
  )
  const found = new Map<string, number | undefined>()
  const tar = extract()
  Readable.from([layer]).pipe(tar)
  for await (const entry of tar) {
    found.set(entry.header.name, entry.header.mode)
    entry.resume()
  }
  expect(found.get('srv/www/')).toBe(0o755)
  expect(found.get('srv/www/index.html')).toBe(0o644)
  expect(found.get('run.sh')).toBe(0o755)
  expect(found.get('tmp/')).toBe(0o1777)
  expect(found.has('bin/sh')).toBe(true)
})

test('without a static busybox it says what to install', async () => {
  for (const busybox of ['/nowhere/busybox', process.execPath]) {
    await expect(buildImage({ busybox })).rejects.toMatchObject({
      code: 'unsupported',
      hint: expect.stringContaining('busybox-static'),
    })
  }
})

test('the registry serves by tag, by digest and by blob, and nothing else', async () => {
  await using registry = await startRegistry()
  const image = await buildImage({})
  const reference = registry.add('team/app', image, '1')
  expect(reference).toBe(`${registry.host}/team/app@${image.digest}`)
  const get = (path: string, method = 'GET') => fetch(`http://${registry.host}${path}`, { method })
  expect((await get('/v2/')).status).toBe(200)
  for (const key of ['1', image.digest]) {
    const body = Buffer.from(await (await get(`/v2/team/app/manifests/${key}`)).arrayBuffer())
    expect(body.equals(image.manifest)).toBe(true)
  }
  const { config } = manifestOf(image)
  const head = await get(`/v2/team/app/blobs/${config.digest}`, 'HEAD')
  expect(head.headers.get('content-length')).toBe(String(config.size))
  for (const path of ['/v2/team/app/manifests/2', `/v2/other/blobs/${config.digest}`, '/x']) {
    expect((await get(path)).status).toBe(404)
  }
  expect(registry.requests[0]).toBe('GET /v2/')
})
