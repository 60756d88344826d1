import { randomBytes } from 'node:crypto'
import Dockerode from 'dockerode'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRegistry, type LocalRegistry } from '../../src/dev/registry.ts'
import { buildImage } from '../../src/dev/stand-in.ts'
import { parseDockerHost } from '../../src/engine/endpoint.ts'
import { ImageBook } from '../../src/meshlet/image-book.ts'
import { ImageKeeper } from '../../src/meshlet/image-keeper.ts'
import { Settings } from '../../src/meshlet/settings.ts'
import type { Did } from '../../src/model/records.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { silentLog } from '../../src/ports/log.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { VirtualJournal } from '../support/virtual-journal.ts'
import { dockerHarness, type EngineHarness } from './engine-harness.ts'

/** What a real engine makes of images that are taken away. */

const BOB = 'did:plc:bob' as Did
const DAY_MS = 24 * 60 * 60_000

let harness: EngineHarness
let registry: LocalRegistry
let docker: Dockerode

beforeAll(async () => {
  harness = await dockerHarness()
  registry = await startRegistry()
  docker = new Dockerode(parseDockerHost(process.env['DOCKER_HOST']).options)
})
afterAll(async () => {
  await registry.close()
  await harness[Symbol.asyncDispose]()
})

/** A keeper that has pulled an image long ago, and needs nothing. */
async function keeperOf(name: string) {
  const image = await buildImage({ files: { '/random': randomBytes(1024) } })
  const reference = registry.add(`${harness.prefix}/${name}`, image)
  const { sizeBytes } = await harness.engine.pullImage(reference)
  let daysAgo = 30
  const clock: Clock = {
    wallMs: () => Date.now() - daysAgo * DAY_MS,
    monotonicMs: () => performance.now(),
    schedule: () => () => undefined,
  }
  const settings = new Settings(new VirtualJournal())
  const book = new ImageBook({ settings, clock })
  book.notePulled(reference, sizeBytes, BOB)
  daysAgo = 0
  const keeper = new ImageKeeper({
    ...{ engine: harness.engine, book, clock, log: silentLog, metrics: noMetrics },
    care: { keepMs: 7 * DAY_MS, fullShare: 1 },
    needed: () => Promise.resolve({ references: new Set<string>(), unreadOwners: new Set<Did>() }),
    chronicle: { note: () => undefined },
  })
  const isHere = async () => (await harness.engine.inspectImage(reference)) !== undefined
  return { keeper, book, reference, isHere }
}

test('an image that nothing needs is gone from the engine', async () => {
  const { keeper, book, isHere } = await keeperOf('idle')
  await keeper.look()
  expect(await isHere()).toBe(false)
  expect(book.images).toEqual([])
})

test('one that a container uses which is not ours stays, and is asked about again', async () => {
  const { keeper, book, reference, isHere } = await keeperOf('used')
  const container = await docker.createContainer({ Image: reference, Cmd: ['/bin/sh'] })
  await keeper.look()
  expect(await isHere()).toBe(true)
  expect(book.images).toHaveLength(1)
  await container.remove()
  await harness.engine.removeImage(reference)
})

test('one that somebody gave a name is hers from then on', async () => {
  const { keeper, book, reference, isHere } = await keeperOf('named')
  await docker.getImage(reference).tag({ repo: `${harness.prefix}-mine`, tag: '1' })
  await keeper.look()
  expect(await isHere()).toBe(true)
  expect(book.images).toEqual([])
  await docker.getImage(`${harness.prefix}-mine:1`).remove()
  await harness.engine.removeImage(reference)
})
