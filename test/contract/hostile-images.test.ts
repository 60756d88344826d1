import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRegistry, type LocalRegistry } from '../../src/dev/registry.ts'
import { buildImage } from '../../src/dev/stand-in.ts'
import { createRegistries } from '../../src/engine/registries.ts'
import type { NewEvent } from '../../src/ports/journal.ts'
import { createImages } from '../../src/meshlet/images.ts'
import { Settings } from '../../src/meshlet/settings.ts'
import type { Did } from '../../src/model/records.ts'
import type { Policy } from '../../src/policy/policy.ts'
import { STANDARD_POLICY } from '../../src/policy/standard-policy.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { silentLog } from '../../src/ports/log.ts'
import { CountedMetrics } from '../support/counted-metrics.ts'
import { MemoryView } from '../support/memory-view.ts'
import {
  digestOf,
  hollowImage,
  startHostileRegistry,
  type Misbehaviour,
} from '../support/hostile-registry.ts'
import { VirtualJournal } from '../support/virtual-journal.ts'
import { dockerHarness, type EngineHarness } from './engine-harness.ts'

/** Registries that mean ill, a real engine, and the part of a meshlet that stands between them. */

const MIB = 1024 ** 2
const [ALICE, BOB, CAROL] = ['alice', 'bob', 'carol'].map((name) => `did:plc:${name}` as Did) as [
  Did,
  Did,
  Did,
]
/** A minute of waiting for what stalls takes a second. */
const fastClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now() * 60,
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs / 60)
    return () => clearTimeout(timer)
  },
}

let harness: EngineHarness
let honest: LocalRegistry
const here: string[] = []

beforeAll(async () => {
  harness = await dockerHarness()
  honest = await startRegistry()
})
afterAll(async () => {
  for (const image of here) await harness.engine.removeImage(image).catch(() => undefined)
  await honest.close()
  await harness[Symbol.asyncDispose]()
})

/** What a meshlet of Alice has for images; everybody may ask her. */
function imagesOf(policy: Policy = STANDARD_POLICY) {
  const journal = new VirtualJournal()
  const events: string[] = []
  const metrics = new CountedMetrics()
  const { supply } = createImages({
    engine: harness.engine,
    feed: { get: () => undefined, repoState: () => 'unknown', invalidReason: () => undefined },
    engineState: { info: undefined },
    needed: () => Promise.resolve(undefined),
    log: silentLog,
    config: { ownerDid: ALICE, clusters: new Map([['default', [BOB, CAROL]]]) },
    policy: () => policy,
    registries: createRegistries({ allowPrivateAddresses: true }),
    view: new MemoryView(),
    settings: new Settings(journal),
    chronicle: { note: (kind: NewEvent['kind']) => void events.push(kind) },
    clock: fastClock,
    metrics,
  })
  const ensure = (image: string, forOwner: Did) => {
    const uri = `at://${forOwner}/commune.scheduler.workload/x`
    const { signal } = new AbortController()
    return supply.ensure({ image, uri, forOwner, signal, log: silentLog, onPull: () => undefined })
  }
  return { ensure, events, metrics }
}

const fresh = () => buildImage({ files: { '/random': randomBytes(MIB) } })
const isHere = async (image: string) => (await harness.engine.inspectImage(image)) !== undefined

test.each([ALICE, BOB])('#51 a swapped manifest is refused, for %s', async (owner) => {
  const [image, other] = await Promise.all([fresh(), fresh()])
  await using registry = await startHostileRegistry(image, ({ kind }, response) => {
    if (kind !== 'manifest') return false
    response.writeHead(200, {
      'content-type': 'application/vnd.oci.image.manifest.v1+json',
      'docker-content-digest': image.digest,
    })
    response.end(other.manifest)
    return true
  })
  const reference = `${registry.host}/swapped@${image.digest}`
  await expect(imagesOf().ensure(reference, owner)).rejects.toMatchObject({
    message: expect.any(String),
  })
  expect(await isHere(reference)).toBe(false)
})

test.each([ALICE, BOB])('#52 a tampered layer is refused by the engine, for %s', async (owner) => {
  const image = await fresh()
  const manifest = JSON.parse(image.manifest.toString()) as { layers: { digest: string }[] }
  const layer = manifest.layers[0]?.digest ?? ''
  const tampered = Buffer.from(image.blobs.get(layer) ?? '')
  tampered.writeUInt8(tampered.readUInt8(tampered.length - 20) ^ 1, tampered.length - 20)
  const blobs = new Map([...image.blobs, [layer, tampered]])
  await using registry = await startHostileRegistry({ ...image, blobs }, () => false)
  const reference = `${registry.host}/tampered@${image.digest}`
  await expect(imagesOf().ensure(reference, owner)).rejects.toMatchObject({
    message: expect.any(String),
  })
  expect(await isHere(reference)).toBe(false)
})

test('#53 a layer that stops in the middle is given up with an alarm, and holds up nobody', async () => {
  const layers = Array.from({ length: 4 }, () => ({ digest: digestOf(randomBytes(8)), size: 1000 }))
  const stalling: Misbehaviour = ({ kind, key }, response) => {
    if (kind !== 'blob' || !layers.some(({ digest }) => digest === key)) return false
    response.writeHead(200, { 'content-length': 1000 })
    response.write('x')
    return true
  }
  const hollow = hollowImage(layers)
  await using registry = await startHostileRegistry(hollow, stalling)
  const { ensure, events, metrics } = imagesOf()
  const stalled = expect(
    ensure(`${registry.host}/stalled@${hollow.digest}`, BOB),
  ).rejects.toMatchObject({ message: expect.stringMatching(/^Nothing came of .* for 60 s$/) })
  await stalled
  expect(events).toEqual(['pull-stalled'])
  expect(metrics.of('pulls', { outcome: 'stalled' })).toBe(1)
  const reference = honest.add(`${harness.prefix}/after`, await fresh())
  here.push(reference)
  await ensure(reference, CAROL)
  expect(await isHere(reference)).toBe(true)
})

test('#53 a layer that never begins is never asked of the engine, which would wait for ever', async () => {
  const layers = Array.from({ length: 4 }, () => ({ digest: digestOf(randomBytes(8)), size: 1000 }))
  const hollow = hollowImage(layers)
  const broken: Misbehaviour = ({ kind, key }, response) => {
    if (kind !== 'blob' || !layers.some(({ digest }) => digest === key)) return false
    response.destroy()
    return true
  }
  await using registry = await startHostileRegistry(hollow, broken)
  await expect(
    imagesOf().ensure(`${registry.host}/mute@${hollow.digest}`, BOB),
  ).rejects.toMatchObject({ code: 'registry-unreachable' })
  // The engine begins with this question.
  expect(registry.requests.filter(({ kind }) => kind === 'ping')).toEqual([])
})

test('#54 an image that unpacks to more than is granted is removed at once', async () => {
  const bomb = await buildImage({ files: { '/zeros': Buffer.alloc(64 * MIB) } })
  const reference = honest.add(`${harness.prefix}/bomb`, bomb)
  here.push(reference)
  const rule = {
    name: 'guests',
    subject: { kind: 'members' },
    terms: { imageSize: 8 * MIB },
  } as const
  const { ensure, metrics } = imagesOf({ ...STANDARD_POLICY, rules: [rule] })
  for (let turn = 0; turn < 2; turn++)
    await expect(ensure(reference, BOB)).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringMatching(
        /^the image takes 6\d.*Mi of disk, at most 8Mi is granted \(rule “guests”/,
      ),
    })
  expect(await isHere(reference)).toBe(false)
  expect(metrics.of('pulls')).toBe(1)
  await ensure(reference, ALICE)
  expect(await isHere(reference)).toBe(true)
})

test('#54 a layer without end is cut off where its manifest ends', async () => {
  const layer = { digest: digestOf(randomBytes(8)), size: 1000 }
  const hollow = hollowImage([layer])
  let sent = 0
  const endless: Misbehaviour = ({ kind, key }, response) => {
    if (kind !== 'blob' || key !== layer.digest) return false
    response.writeHead(200)
    const more = () => {
      while (!response.destroyed) {
        sent += 65_536
        if (!response.write(randomBytes(65_536))) break
      }
    }
    response.on('drain', more)
    more()
    return true
  }
  await using registry = await startHostileRegistry(hollow, endless)
  await expect(
    imagesOf().ensure(`${registry.host}/endless@${hollow.digest}`, BOB),
  ).rejects.toMatchObject({ message: expect.stringMatching(/^The registry sends more of /) })
  expect(sent).toBeLessThan(1024 * MIB)
})
