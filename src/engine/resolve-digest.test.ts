import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startRegistry } from '../dev/registry.ts'
import { buildImage } from '../dev/stand-in.ts'
import { parseChallenge } from './registry-challenge.ts'
import { resolveImage, type ResolveOptions } from './resolve-digest.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'
const manifest = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, layers: [] }),
)
const auth = { username: 'user', password: 'pass', serverAddress: '' }

let registry: string
let answer: Answer
let close: () => Promise<unknown>
const asked: string[] = []

beforeEach(async () => {
  asked.length = 0
  // No credentials of whoever runs the tests.
  vi.stubEnv('DOCKER_CONFIG', '/nowhere')
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization ?? '-'}`)
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  registry = `127.0.0.1:${(server.address() as AddressInfo).port}`
  close = () =>
    new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await close()
})

const resolveDigest = async (image: string, options?: ResolveOptions) =>
  (await resolveImage(image, options)).digest

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const send =
  (body: Buffer | string, headers: Record<string, string> = {}, status = 200): Answer =>
  (_, response) => {
    response.writeHead(status, { 'content-type': MANIFEST_TYPE, ...headers }).end(body)
  }

const errors = (message: string) => JSON.stringify({ errors: [{ code: 'X', message }] })

test('the digest is that of the body', async () => {
  answer = send(manifest)
  expect(await resolveImage(`${registry}/app:1.2`)).toEqual({
    digest: digestOf(manifest),
    mediaType: MANIFEST_TYPE,
  })
  expect(asked).toEqual(['/v2/app/manifests/1.2 -'])
  expect(await resolveDigest(`${registry}/app`)).toBe(digestOf(manifest))
  expect(asked.at(-1)).toBe('/v2/app/manifests/latest -')
})

test('an index tells its platforms', async () => {
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const platforms = [
    { os: 'linux', architecture: 'arm', variant: 'v7' },
    { os: 'linux', architecture: 'amd64' },
    { os: 'unknown', architecture: 'unknown' },
    undefined,
  ]
  answer = send(JSON.stringify({ manifests: platforms.map((platform) => ({ platform })) }), {
    'content-type': `${mediaType}; charset=utf-8`,
  })
  expect(await resolveImage(`${registry}/app:1`)).toMatchObject({
    mediaType,
    platforms: ['linux/amd64', 'linux/arm/v7'],
  })
})

test('the registry that stands in for real ones resolves', async () => {
  await using local = await startRegistry()
  const image = await buildImage({ files: { '/hello': 'hi' } })
  const reference = local.add('team/app', image, '1.0')
  expect(`${local.host}/team/app@${await resolveDigest(`${local.host}/team/app:1.0`)}`).toBe(
    reference,
  )
})

describe('a registry that lies or breaks', () => {
  test.each<[string, Answer, string]>([
    [
      'about the digest',
      send(manifest, { 'docker-content-digest': `sha256:${'b'.repeat(64)}` }),
      'bad-answer',
    ],
    ['with a page', send('<html>', { 'content-type': 'text/html' }), 'bad-answer'],
    [
      'with the old schema',
      send('{"schemaVersion":1}', { 'content-type': 'application/json' }),
      'bad-answer',
    ],
    ['with too much', send(Buffer.alloc(5 * 1024 * 1024)), 'bad-answer'],
    ['with 404', send(errors('manifest unknown'), {}, 404), 'image-not-found'],
    ['with 403', send(errors('denied'), {}, 403), 'image-denied'],
    ['with 429', send('', { 'retry-after': '7' }, 429), 'registry-unreachable'],
    ['with 500', send('', {}, 500), 'registry-unreachable'],
    [
      'half-way',
      (_, response) =>
        void response.writeHead(200, { 'content-length': 9 }).write('{', () => response.destroy()),
      'registry-unreachable',
    ],
    [
      'with an endless redirect',
      send('', { location: '/v2/app/manifests/1' }, 307),
      'registry-unreachable',
    ],
    [
      'with a challenge nobody knows',
      send('', { 'www-authenticate': 'Negotiate' }, 401),
      'image-denied',
    ],
  ])('%s', async (_, given, code) => {
    answer = given
    await expect(resolveDigest(`${registry}/app:1`)).rejects.toMatchObject({ code })
  })

  test('by hanging', async () => {
    answer = () => {}
    await expect(resolveDigest(`${registry}/app:1`, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'registry-unreachable',
      message: expect.stringContaining('no answer in time'),
    })
    const stop = new AbortController()
    answer = () => stop.abort(new Error('enough'))
    await expect(resolveDigest(`${registry}/app:1`, { signal: stop.signal })).rejects.toThrow(
      'enough',
    )
  })

  test('by not being there', async () => {
    await close()
    await expect(resolveDigest(`${registry}/app:1`)).rejects.toMatchObject({
      code: 'registry-unreachable',
      hint: expect.any(String),
    })
  })

  test('nonsense in place of a reference is a mistake of the user', async () => {
    await expect(resolveDigest('a//b')).rejects.toMatchObject({ code: 'usage' })
  })
})

describe('a registry that wants to know who asks', () => {
  const bearer = (realm: string) => `Bearer realm="${realm}",service="the, service",scope="ignored"`

  test('hands out a token, as Docker Hub and GHCR do', async () => {
    answer = (request, response) => {
      if (request.url?.startsWith('/token')) return send('{"token":"T0KEN"}')(request, response)
      if (request.headers.authorization === 'Bearer T0KEN') return send(manifest)(request, response)
      send(
        '',
        { 'www-authenticate': bearer(`http://${registry}/token?x=1`) },
        401,
      )(request, response)
    }
    expect(await resolveDigest(`${registry}/team/app:1`)).toBe(digestOf(manifest))
    const query = 'x=1&service=the%2C+service&scope=repository%3Ateam%2Fapp%3Apull'
    expect(asked[1]).toBe(`/token?${query} -`)
    await resolveDigest(`${registry}/team/app:1`, { auth })
    expect(asked[4]).toBe(`/token?${query} Basic ${Buffer.from('user:pass').toString('base64')}`)
  })

  test('takes a password', async () => {
    answer = (request, response) =>
      request.headers.authorization === undefined
        ? send('', { 'www-authenticate': 'Basic realm="x"' }, 401)(request, response)
        : send(manifest)(request, response)
    await expect(resolveDigest(`${registry}/app:1`)).rejects.toMatchObject({ code: 'image-denied' })
    expect(await resolveDigest(`${registry}/app:1`, { auth })).toBe(digestOf(manifest))
  })

  test('refuses all the same', async () => {
    answer = (request, response) =>
      request.url?.startsWith('/token')
        ? send('{"access_token":"T0KEN"}')(request, response)
        : send(
            errors('insufficient_scope'),
            { 'www-authenticate': bearer(`http://${registry}/token`) },
            401,
          )(request, response)
    const error = await resolveDigest(`${registry}/app:1`, { auth }).catch(
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({
      code: 'image-denied',
      message: expect.stringContaining('insufficient_scope'),
    })
    expect(JSON.stringify([String(error), error])).not.toMatch(/T0KEN|pass"/)
  })

  test('never gets a password sent on to another host', async () => {
    const seen: (string | undefined)[] = []
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization)
      send(manifest)(request, response)
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    answer = (request, response) =>
      request.headers.authorization === undefined
        ? send('', { 'www-authenticate': 'Basic' }, 401)(request, response)
        : send('', { location: `http://127.0.0.1:${port}/x` }, 307)(request, response)
    expect(await resolveDigest(`${registry}/app:1`, { auth })).toBe(digestOf(manifest))
    expect(seen).toEqual([undefined])
    await new Promise((resolve) => {
      other.close(resolve)
      other.closeAllConnections()
    })
  })

  test('can’t lead us into a private network when that is not allowed', async () => {
    answer = send('', { 'www-authenticate': bearer('https://169.254.169.254/token') }, 401)
    const refused = resolveDigest(`${registry}/app:1`, { allowPrivateAddresses: false })
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' })
    expect(asked).toEqual([])
  })
})

test.each([
  [null, undefined],
  ['', undefined],
  ['Digest realm="x"', undefined],
  ['Basic realm="x"', { scheme: 'basic' }],
  ['Bearer service="x"', undefined],
  ['bearer realm=https://a/t', { scheme: 'bearer', realm: 'https://a/t' }],
  ['Basic realm="b", Bearer realm="https://a/\\"t"', { scheme: 'bearer', realm: 'https://a/"t' }],
  [`Bearer realm="${'x'.repeat(5000)}"`, undefined],
])('challenge %s', (header, expected) => {
  expect(parseChallenge(header)).toEqual(expected)
})
