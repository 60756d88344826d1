import { expect, test } from 'vitest'
import { apiOf } from '../support/virtual-api.ts'
import { specHash } from '../../src/model/spec-hash.ts'
import type { WorkloadFields } from '../support/virtual-owner.ts'
import { imageOf } from '../support/virtual-owner.ts'
import { threeOwners, type VirtualCommune } from '../support/virtual-commune.ts'

const BAD = imageOf('bad')
const CRASH = { exit: { afterMs: 200, code: 1 } }
const SICK = { ports: { 80: 500 } }
const HEALTHCHECK = { http: { port: 80 }, intervalMs: 1_000, timeoutMs: 500, retries: 2 }

/** Three replicas of a healthy `web`; containers of the image `bad` are sick or end at once. */
async function threeReplicas(fields: WorkloadFields = {}): Promise<VirtualCommune> {
  const world = await threeOwners().start()
  world.programs.set('web', { ports: { 80: 200 } })
  world.programsByImage.set(BAD, fields.healthcheck ? SICK : CRASH)
  world.owner('alice').publish('web', { replicas: 3, spread: 'meshlet', ...fields })
  await world.settle()
  return world
}

function imagesOf(world: VirtualCommune): readonly string[] {
  return world.containers('web').map(({ container }) => container.image)
}

const good = Array(3).fill(imageOf('web'))
const MACHINES = ['alice-1', 'bob-1', 'carol-1']

function failedOn(world: VirtualCommune): readonly (string | undefined)[] {
  return MACHINES.map((name) => world.workloadStatus(name, 'alice', 'web')?.failed)
}

test('a revision that crashes is taken back by itself, and nothing is missing meanwhile', async () => {
  const world = await threeReplicas()
  let fewest = 3
  const good3 = () => imagesOf(world).filter((image) => image !== BAD).length
  world.trace.onAction(() => (fewest = Math.min(fewest, good3())))
  world.owner('alice').edit('web', { image: BAD })
  await world.settle()
  expect(imagesOf(world)).toEqual(good)
  expect(fewest).toBe(3)
  const bad = specHash(world.workload('alice', 'web') as never)
  expect(failedOn(world)).toEqual([bad, bad, bad])
  for (const machine of world.machines.values()) expect(machine.engine.containers).toHaveLength(1)
})

test('a sick one as well, and the next revision is rolled out afresh', async () => {
  const world = await threeReplicas({ healthcheck: HEALTHCHECK })
  world.owner('alice').edit('web', { image: BAD })
  await world.settle()
  expect(imagesOf(world)).toEqual(good)
  world.owner('alice').edit('web', { image: imageOf('fixed') })
  await world.settle()
  expect(imagesOf(world)).toEqual(Array(3).fill(imageOf('fixed')))
  expect(failedOn(world)).toEqual([undefined, undefined, undefined])
})

test('the verdict outlives restarts, with and without state', async () => {
  const world = await threeReplicas()
  world.owner('alice').edit('web', { image: BAD })
  await world.settle()
  const ids = world.containers('web').map(({ container }) => container.id)
  for (const [index, machine] of [...world.machines.values()].entries())
    machine.restart({ withState: index === 0 })
  await world.settle()
  expect(world.containers('web').map(({ container }) => container.id)).toEqual(ids)
})

test('with onFailure: halt nothing goes back, and nobody else follows', async () => {
  const world = await threeReplicas({ update: { onFailure: 'halt' }, healthcheck: HEALTHCHECK })
  world.owner('alice').edit('web', { image: BAD })
  await world.advance(3 * 60_000)
  const images = imagesOf(world)
  expect(images.filter((image) => image !== BAD)).toEqual(good)
  expect(new Set(failedOn(world)).size).toBe(1)
})

test('an image that can’t be pulled fails the roll-out, not the machine', async () => {
  const world = await threeReplicas()
  const { CommuneError } = await import('../../src/model/errors.ts')
  world.badImages.set(BAD, new CommuneError('image-not-found', 'no such image'))
  world.owner('alice').edit('web', { image: BAD })
  await world.settle()
  expect(imagesOf(world)).toEqual(good)
  for (const name of MACHINES) expect(world.bid(name, 'alice', 'web')).not.toHaveProperty('refused')
})

test('a first revision that crashes is no roll-out: it is tried again and again', async () => {
  const world = await threeOwners().start()
  world.programs.set('web', CRASH)
  world.owner('alice').publish('web')
  await world.advance(10 * 60_000)
  expect(failedOn(world)).toEqual([undefined, undefined, undefined])
})

test('what proved itself is not taken back when it crashes later', async () => {
  const world = await threeReplicas()
  world.owner('alice').edit('web', { image: imageOf('second') })
  await world.settle()
  world.programs.set('web', CRASH)
  for (const { engine } of world.machines.values())
    for (const { id } of engine.containers) await world.clock.run(engine.killContainer(id))
  for (const machine of world.machines.values()) machine.restart()
  await world.advance(10 * 60_000)
  expect(failedOn(world)).toEqual([undefined, undefined, undefined])
  const names = [...world.machines.values()].flatMap(({ engine }) =>
    engine.containers.map(({ options }) => options.image),
  )
  expect(names).toEqual(Array(3).fill(imageOf('second')))
})

test('whoever takes over during a failed roll-out starts the last good revision', async () => {
  const world = await threeOwners().start()
  world.programsByImage.set(BAD, CRASH)
  world
    .owner('alice')
    .publish('web', { replicas: 2, spread: 'meshlet', update: { onFailure: 'halt' } })
  await world.settle()
  world.owner('alice').edit('web', { image: BAD })
  await world.advance(2 * 60_000)
  const [, last = ''] = world.placesOf('web')
  world.machine(last).powerCut()
  await world.untilRunning('web', 2, 10 * 60_000)
  expect(imagesOf(world)).toEqual([imageOf('web'), imageOf('web')])
})

test('healthyAfter spaces the steps, maxSurge lets several go at once', async () => {
  const durations: number[] = []
  for (const update of [{ healthyAfterMs: 20_000 }, { healthyAfterMs: 20_000, maxSurge: 3 }]) {
    const world = await threeReplicas({ update })
    world.owner('alice').edit('web', { image: imageOf('second') })
    const isDone = () => imagesOf(world).join() === Array(3).fill(imageOf('second')).join()
    durations.push(await world.until('all are new', isDone, 600_000))
  }
  expect(durations[0]).toBeGreaterThan(60_000)
  expect(durations[1]).toBeGreaterThan(20_000)
  expect(durations[1]).toBeLessThan(30_000)
})

test('with maxUnavailable: 0 and no room for a second, it waits', async () => {
  const world = await threeOwners({ machine: { offer: { cpuMilli: 1_000 } } }).start()
  const resources = { cpuMilli: 800 }
  world.owner('alice').publish('web', { replicas: 3, resources, update: { maxUnavailable: 0 } })
  await world.settle()
  const ids = world.containers('web').map(({ container }) => container.id)
  world.owner('alice').edit('web', { image: imageOf('second') })
  await world.settle()
  expect(world.containers('web').map(({ container }) => container.id)).toEqual(ids)
})

test('what was never seen to run is no way back', async () => {
  const world = await threeOwners().start()
  world.programsByImage.set(BAD, CRASH)
  world.owner('alice').publish('web')
  world.owner('alice').edit('web', { image: BAD })
  await world.advance(10 * 60_000)
  expect(failedOn(world)).toEqual([undefined, undefined, undefined])
  const images = [...world.machines.values()].flatMap(({ engine }) =>
    engine.containers.map(({ options }) => options.image),
  )
  expect(images).toEqual([BAD])
})

test('what a container printed that was taken back can still be read', async () => {
  const world = await threeReplicas()
  world.programsByImage.set(BAD, { ...CRASH, output: [{ stream: 'stderr', line: 'no database' }] })
  world.owner('alice').edit('web', { image: BAD })
  await world.settle()
  expect(imagesOf(world)).toEqual(good)
  const told = Promise.all(
    MACHINES.map(async (name) => {
      const api = apiOf(world, name)
      const caller = { did: world.owner('alice').did, roles: [] }
      const params = { workload: world.uri('alice', 'web'), tail: 10 }
      return api.getLogs({ caller, params, signal: AbortSignal.any([]) })
    }),
  )
  await world.advance(10_000)
  const lines = (await told).flatMap(({ lines: all }) => all.map(({ line }) => line))
  expect(lines).toContain('no database')
})
