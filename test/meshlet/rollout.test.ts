import { expect, test } from 'vitest'
import type { WorkloadFields } from '../support/virtual-owner.ts'
import { imageOf } from '../support/virtual-owner.ts'
import { threeOwners, type VirtualCommune } from '../support/virtual-commune.ts'

async function threeReplicas(fields: WorkloadFields = {}) {
  const world = await threeOwners().start()
  world.owner('alice').publish('web', { replicas: 3, spread: 'meshlet', ...fields })
  await world.settle()
  return world
}

function imagesOf(world: VirtualCommune): readonly string[] {
  return world.containers('web').map(({ container }) => container.image)
}

test('a new image is rolled out one machine at a time, with nothing missing meanwhile', async () => {
  const world = await threeReplicas()
  const from = world.trace.entries.length
  let fewest = 3
  world.trace.onAction(() => (fewest = Math.min(fewest, world.containers('web').length)))
  world.owner('alice').edit('web', { image: imageOf('second') })
  await world.settle()
  expect(imagesOf(world)).toEqual(Array(3).fill(imageOf('second')))
  expect(fewest).toBe(3)
  const order = world.trace
    .actions(undefined, from)
    .filter(({ call }) => call === 'startContainer' || call === 'stopContainer')
    .map(({ machine, call }) => `${machine} ${call}`)
  expect(order).toHaveLength(6)
  // Start and stop on one machine are over before the next begins.
  for (let i = 0; i < 6; i += 2) expect(order[i]?.split(' ')[0]).toBe(order[i + 1]?.split(' ')[0])
})

test('while an old one still answers beside a new one, the status says so', async () => {
  const world = await threeReplicas({ update: { healthyAfterMs: 20_000 } })
  world.owner('alice').edit('web', { image: imageOf('second') })
  let replaced = 0
  const isTrue = () => {
    const replacing = world.placesOf('web').filter((name) => {
      const [replica] = world.workloadStatus(name, 'alice', 'web')?.replicas ?? []
      return replica?.replacing === true
    })
    replaced = Math.max(replaced, replacing.length)
    return world.containers('web').length === 3 && imagesOf(world).every((one) => one === SECOND)
  }
  await world.until('all are new', isTrue, 5 * 60_000)
  expect(replaced).toBeGreaterThan(0)
  await world.settle()
  const said = world.placesOf('web').flatMap((name) => {
    return world.workloadStatus(name, 'alice', 'web')?.replicas ?? []
  })
  expect(said).toHaveLength(3)
  expect(said.some(({ replacing }) => replacing)).toBe(false)
})

test('nothing is replaced when only the placement of the record changes', async () => {
  const world = await threeReplicas()
  const ids = world.containers('web').map(({ container }) => container.id)
  world
    .owner('alice')
    .edit('web', { priority: 7, placementNonce: 'another', createdAt: '2026-05-05T00:00:00.000Z' })
  await world.settle()
  expect(world.containers('web').map(({ container }) => container.id)).toEqual(ids)
})

test('without room for two at once the old one makes way', async () => {
  const world = await threeOwners({ machine: { offer: { cpuMilli: 1_000 } } }).start()
  world.owner('alice').publish('web', { replicas: 3, resources: { cpuMilli: 800 } })
  await world.settle()
  world.owner('alice').edit('web', { image: imageOf('second') })
  await world.settle()
  expect(imagesOf(world)).toEqual(Array(3).fill(imageOf('second')))
})

test('a machine that is down holds the roll-out up only until it counts as down', async () => {
  const world = await threeReplicas()
  const [first = ''] = world.placesOf('web')
  world.machine(first).powerCut()
  world.owner('alice').edit('web', { image: imageOf('second') })
  const isOver = () =>
    imagesOf(world).length >= 2 && imagesOf(world).every((image) => image === imageOf('second'))
  await world.until('the others are new', isOver, 60_000)
})

const SECOND = imageOf('second')
const THIRD = imageOf('third')

/** Until one of three replicas is the second image, and the roll-out goes on. */
async function untilOneIsNew(world: VirtualCommune) {
  const isNew = () => imagesOf(world).filter((image) => image === SECOND).length === 1
  await world.until('one is new', isNew)
}

test('a newer revision in the middle of a roll-out replaces it, and nothing is missing meanwhile', async () => {
  const world = await threeReplicas()
  let fewest = 3
  world.trace.onAction(() => (fewest = Math.min(fewest, world.containers('web').length)))
  world.owner('alice').edit('web', { image: SECOND })
  await untilOneIsNew(world)
  world.owner('alice').edit('web', { image: THIRD })
  await world.settle()
  expect(imagesOf(world)).toEqual(Array(3).fill(THIRD))
  expect(fewest).toBe(3)
  const made = world.trace.actions().filter(({ call }) => call === 'createContainer').length
  // Three at first, one or two of the second, three of the third.
  expect(made).toBeLessThanOrEqual(8)
})

test('a newer revision in the middle of a bad one is no prisoner of its verdict', async () => {
  const world = await threeReplicas()
  world.programsByImage.set(SECOND, { exit: { afterMs: 200, code: 1 } })
  world.owner('alice').edit('web', { image: SECOND })
  await world.until('it failed', () =>
    [...world.machines.keys()].some((name) => world.workloadStatus(name, 'alice', 'web')?.failed),
  )
  world.owner('alice').edit('web', { image: THIRD })
  await world.settle()
  expect(imagesOf(world)).toEqual(Array(3).fill(THIRD))
})

test('a paused roll-out stays where it is, over restarts too, and goes on when it is resumed', async () => {
  const world = await threeReplicas()
  world.owner('alice').edit('web', { image: SECOND })
  await untilOneIsNew(world)
  world.owner('alice').pause('web', true)
  await world.advance(10 * 60_000)
  for (const machine of world.machines.values()) machine.restart()
  await world.settle()
  const images = imagesOf(world)
  expect(new Set(images)).toEqual(new Set([SECOND, imageOf('web')]))
  world.owner('alice').pause('web', false)
  await world.settle()
  expect(imagesOf(world)).toEqual(Array(3).fill(SECOND))
})

test('what is missing while a roll-out is held is started on what was good before', async () => {
  const world = await threeReplicas()
  world.owner('alice').pause('web', true).edit('web', { image: SECOND })
  await world.settle()
  expect(imagesOf(world)).toEqual(Array(3).fill(imageOf('web')))
  const { engine } = world.machine('bob-1')
  for (const { id } of engine.containers) await world.clock.run(engine.removeContainer(id))
  await world.settle()
  expect(imagesOf(world)).toEqual(Array(3).fill(imageOf('web')))
})

test('an undo brings the container before back, one machine after another', async () => {
  const world = await threeReplicas()
  world.owner('alice').edit('web', { image: SECOND })
  await world.settle()
  let fewest = 3
  world.trace.onAction(() => (fewest = Math.min(fewest, world.containers('web').length)))
  world.owner('alice').undo('web')
  await world.settle()
  expect(imagesOf(world)).toEqual(Array(3).fill(imageOf('web')))
  expect(fewest).toBe(3)
})

test('an undo of what was rolled back already restarts nothing', async () => {
  const world = await threeReplicas()
  world.programsByImage.set(SECOND, { exit: { afterMs: 200, code: 1 } })
  world.owner('alice').edit('web', { image: SECOND })
  await world.settle()
  const ids = world.containers('web').map(({ container }) => container.id)
  world.owner('alice').undo('web')
  await world.settle()
  expect(world.containers('web').map(({ container }) => container.id)).toEqual(ids)
  expect(world.workloadStatus('alice-1', 'alice', 'web')?.failed).toBeUndefined()
})
