import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { buildImage } from '../../src/dev/stand-in.ts'
import { Interposer, type InterposedRequest, type Mischief } from '../support/interposer.ts'
import { startRealCommune, webWorkload, type RealCommune } from '../support/real-commune.ts'
import type { SeenContainer } from '../support/real-engine.ts'
import { startSubstrate, type RealSubstrate } from '../support/real-substrate.ts'

let commune: RealCommune
let substrate: RealSubstrate
let site: SeenContainer

beforeAll(async () => {
  commune = await startRealCommune(['alice'])
  substrate = await startSubstrate(commune)
  await commune.link('alice')
  await commune.start('alice', substrate.withEngine)
  await commune.sync('alice', { site: webWorkload(commune, 'site') })
  site = await theSite()
})
afterAll(async () => {
  await commune?.[Symbol.asyncDispose]()
  await substrate?.[Symbol.asyncDispose]()
})
afterEach(() => substrate.engine.heal())

async function theSite(): Promise<SeenContainer> {
  const [container] = await commune.running('alice', 'site', 1)
  if (container === undefined) throw new Error('nothing runs')
  return container
}

async function expectUntouched(): Promise<void> {
  const seen = await commune.engine.containers('site')
  expect(seen.map(({ id, startedAt, state }) => [id, startedAt, state])).toEqual([
    [site.id, site.startedAt, 'running'],
  ])
}

const isList = ({ url }: InterposedRequest) => url.includes('/containers/json')
const json = { 'content-type': 'application/json' }
const FAILURES: readonly (readonly [
  string,
  (request: InterposedRequest) => Mischief | undefined,
])[] = [
  ['is down', () => 'cut'],
  ['hangs', () => 'hang'],
  ['is slow', () => ({ delayMs: 1_000 })],
  ['fails at everything', () => ({ status: 500, headers: json, body: '{"message":"broken"}' })],
  [
    'answers in HTML',
    () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' }),
  ],
  [
    'lists something else',
    (request) => (isList(request) ? { status: 200, headers: json, body: '{"a":1}' } : undefined),
  ],
  ['breaks off its lists', (request) => (isList(request) ? { cutAfterBytes: 9 } : undefined)],
]

test.each(FAILURES)(
  'an engine that %s: what runs is not touched, and what ended meanwhile is started afterwards',
  async (_, mischief) => {
    substrate.engine.mischief = mischief
    substrate.engine.cutAll()
    await commune.until('the failure is met', async () => substrate.engine.troubled >= 2)
    await expectUntouched()
    await commune.engine.hand(site).remove({ force: true })
    substrate.engine.heal()
    site = await theSite()
  },
)

test('an engine whose answers get lost again and again: nothing is made twice', async () => {
  let calls = 0
  substrate.engine.mischief = ({ method }) =>
    method === 'POST' && ++calls % 2 === 1 && calls < 8 ? 'lost-reply' : undefined
  const more = webWorkload(commune, 'more', 'replicas: 2')
  await commune.sync('alice', { more })
  await commune.until('answers are lost', async () => substrate.engine.troubled >= 2)
  await commune.running('alice', 'more', 2)
  expect(await commune.engine.networks('more')).toHaveLength(1)
  await expectUntouched()
})

/** Waits until the machine says this of its try to bring the workload up. */
async function said(workload: string, what: RegExp): Promise<void> {
  await commune.until(`${workload} says ${String(what)}`, async () => {
    const status = await commune.status('alice-mesh', 'alice', workload)
    return what.test(JSON.stringify(status?.value ?? {}))
  })
}

test('an image that is nowhere: it says so, and starts it once the image is there', async () => {
  const image = await buildImage({
    entrypoint: ['/bin/sleep', '600'],
    labels: { a: commune.did('alice') },
  })
  const text = webWorkload(commune, 'late').replace(
    commune.image,
    `${commune.registry.host}/late@${image.digest}`,
  )
  await commune.sync('alice', { late: text })
  await said('late', /not found|manifest unknown|does not exist|not there/i)
  await expectUntouched()
  commune.registry.add('late', image)
  await commune.running('alice', 'late', 1)
})

test('a registry that goes away in the middle of a pull: nothing else is touched, and it goes on later', async () => {
  const noise = Buffer.from(
    Array.from({ length: 300_000 }, (_, index) => (index * 7919 + (index >> 3) * 31) % 251),
  )
  const files = { '/noise': noise, '/for': commune.did('alice') }
  const image = await buildImage({ entrypoint: ['/bin/sleep', '600'], files })
  commune.registry.add('big', image)
  const port = Number(commune.registry.host.split(':')[1])
  await using broken = await Interposer.start({ upstream: { port } })
  broken.mischief = ({ url }) => (url.includes('/blobs/') ? { cutAfterBytes: 10_000 } : undefined)
  const host = new URL(broken.url).host.replace('localhost', '127.0.0.1')
  await commune.sync('alice', {
    big: webWorkload(commune, 'big').replace(commune.image, `${host}/big@${image.digest}`),
  })
  await commune.until('the pull breaks', async () => broken.troubled >= 1)
  await expectUntouched()
  broken.heal()
  await commune.running('alice', 'big', 1)
})

test('a disk that is full while pulling: it says so, nothing else is touched, and it goes on later', async () => {
  const full = 'write /var/lib/docker/tmp/GetImageBlob1: no space left on device'
  substrate.engine.mischief = ({ method, url }) =>
    method === 'POST' && url.includes('/images/create')
      ? {
          status: 200,
          headers: json,
          body: `${JSON.stringify({ errorDetail: { message: full }, error: full })}\n`,
        }
      : undefined
  const image = await buildImage({
    entrypoint: ['/bin/sleep', '600'],
    labels: { b: commune.did('alice') },
  })
  const reference = commune.registry.add('full', image)
  await commune.sync('alice', {
    full: webWorkload(commune, 'full').replace(commune.image, reference),
  })
  await said('full', /no space left on device/)
  await expectUntouched()
  substrate.engine.heal()
  await commune.running('alice', 'full', 1)
})
