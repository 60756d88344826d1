import { PassThrough, Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { followPull, pullError } from './pull-stream.ts'

const reference = `registry.example/a@sha256:${'a'.repeat(64)}`
const totalMs = 60_000

function follow(stream: Readable, change: Partial<Parameters<typeof followPull>[1]> = {}) {
  const { signal } = new AbortController()
  return followPull(stream, { reference, totalMs, signal, onProgress: undefined, ...change })
}

const events = (...list: object[]) =>
  Readable.from(list.map((event) => Buffer.from(`${JSON.stringify(event)}\n`)))

test('adds up what the layers say', async () => {
  const seen: unknown[] = []
  const downloading = (id: string, current: number, total: number) => ({
    id,
    status: 'Downloading',
    progressDetail: { current, total },
  })
  await follow(
    events(
      { status: 'Pulling from a', id: 'tag' },
      downloading('1', 10, 100),
      downloading('2', 5, 50),
      { id: '1', status: 'Extracting', progressDetail: { current: 1, total: 999 } },
      { id: '1', status: 'Download complete' },
      { id: '3', status: 'Download complete' },
      { id: '4', status: 'Waiting' },
      { id: '4', status: 'Retrying in 5 seconds' },
    ),
    { onProgress: (progress) => seen.push(progress) },
  )
  // Each sign of life, and nothing for those who only wait.
  const [none, one, two, end] = [0, 10, 15, 105]
  expect(seen).toEqual([
    { doneBytes: none, totalBytes: none },
    { doneBytes: one, totalBytes: 100 },
    ...[two, two, end, end].map((doneBytes) => ({ doneBytes, totalBytes: 150 })),
  ])
})

test('an error inside the stream is an error', async () => {
  const stream = events({ status: 'Pulling' }, { error: 'manifest unknown: manifest unknown' })
  await expect(follow(stream)).rejects.toMatchObject({ code: 'image-not-found' })
})

test('a stream that breaks off is the engine’s failure', async () => {
  const stream = new PassThrough()
  const following = follow(stream)
  stream.destroy(new Error('ECONNRESET'))
  await expect(following).rejects.toMatchObject({ code: 'engine-unreachable', retry: true })
})

test('a stream that goes on for ever is given up', async () => {
  const stream = new PassThrough()
  const timer = setInterval(() => stream.write('{}\n'), 5)
  const following = follow(stream, { totalMs: 50 })
  await expect(following).rejects.toMatchObject({ code: 'registry-unreachable' })
  clearInterval(timer)
})

test('an aborted pull rejects with the reason', async () => {
  const stop = new AbortController()
  const reason = new Error('enough')
  const following = follow(new PassThrough(), { signal: stop.signal })
  stop.abort(reason)
  await expect(following).rejects.toBe(reason)
})

test.each([
  [
    'pull access denied for x, repository does not exist or may require docker login: denied',
    'image-denied',
  ],
  ['unauthorized: authentication required', 'image-denied'],
  ['manifest for x@sha256:1 not found: manifest unknown: OCI index found', 'image-not-found'],
  ['no matching manifest for linux/amd64 in the manifest list entries', 'image-not-found'],
  [
    'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
    'registry-unreachable',
  ],
  ['Get "https://x/v2/": dial tcp: lookup x: no such host', 'registry-unreachable'],
  ['net/http: TLS handshake timeout', 'registry-unreachable'],
  ['toomanyrequests: You have reached your pull rate limit', 'registry-unreachable'],
  ['received unexpected HTTP status: 502 Bad Gateway', 'registry-unreachable'],
  ['write /var/lib/docker/tmp/x: no space left on device', 'engine'],
])('%s', (words, code) => {
  expect(pullError(reference, new Error(words))).toMatchObject({ code })
})
