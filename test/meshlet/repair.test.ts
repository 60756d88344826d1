import { describe, expect, test } from 'vitest'
import { LOOK_AGAIN_MS } from '../../src/engine/seen-containers.ts'
import { LABEL } from '../../src/model/nsid.ts'
import { CommuneError } from '../../src/model/errors.ts'
import { imageOf } from '../support/virtual-owner.ts'
import { threeOwners, VirtualCommune } from '../support/virtual-commune.ts'
import type { VirtualMachine } from '../support/virtual-machine.ts'

interface Scene {
  readonly world: VirtualCommune
  readonly machine: VirtualMachine
  /** Id of the only container. */
  readonly id: string
}

/** One replica of `web`, running, and the machine that it runs on. */
async function oneReplica(): Promise<Scene> {
  const world = await threeOwners().start()
  world.owner('alice').publish('web', { resources: { cpuMilli: 100, memoryBytes: 64 * 1024 ** 2 } })
  await world.settle()
  const [running] = world.containers('web')
  if (!running) throw new Error('nothing runs')
  return { world, machine: world.machine(running.machine), id: running.container.id }
}

/** What somebody does to the machine without asking the meshlet. */
const MISHAPS: readonly (readonly [string, (scene: Scene) => Promise<unknown>])[] = [
  ['stopped', ({ machine, id }) => machine.engine.stopContainer(id, 1_000)],
  ['killed', ({ machine, id }) => machine.engine.killContainer(id)],
  ['removed', ({ machine, id }) => machine.engine.removeContainer(id)],
  ['renamed', async ({ machine, id }) => machine.engine.tamper(id, { name: 'mine-now' })],
  [
    'given more memory',
    async ({ machine, id }) => machine.engine.tamper(id, { memoryBytes: 2 ** 30 }),
  ],
  ['given more CPU', async ({ machine, id }) => machine.engine.tamper(id, { cpuMilli: 4_000 })],
  ['paused', async ({ machine, id }) => machine.engine.tamper(id, {}, 'paused')],
]

test.each(MISHAPS)(
  'a container that somebody has %s is put right, where it is',
  async (_, happen) => {
    const scene = await oneReplica()
    const { world, machine } = scene
    await world.clock.run(happen(scene))
    await world.until('it is repaired', () => isAsWanted(scene), 90_000)
    await world.settle()
    expect(isAsWanted(scene)).toBe(true)
    expect(world.placesOf('web')).toEqual([machine.name])
    expect(machine.engine.containers).toHaveLength(1)
  },
)

test('what only a look at the container shows is found also when its event got lost', async () => {
  const scene = await oneReplica()
  const { world, machine, id } = scene
  await world.advance(3 * 60_000)
  machine.engine.happenings.areLost = true
  machine.engine.tamper(id, { memoryBytes: 2 ** 30 })
  await world.until('it is repaired', () => isAsWanted(scene), LOOK_AGAIN_MS + 2 * 60_000)
  expect(world.placesOf('web')).toEqual([machine.name])
})

test('what an event names is repaired within seconds', async () => {
  const scene = await oneReplica()
  const { world, machine, id } = scene
  await world.advance(3 * 60_000)
  machine.engine.tamper(id, { memoryBytes: 2 ** 30 })
  await world.until('it is repaired', () => isAsWanted(scene), 5_000)
})

test('a start whose reply was lost is no failure: hours later it still runs where it is', async () => {
  const scene = await oneReplica()
  const { world, machine, id } = scene
  machine.engineFault = (call) => (call === 'startContainer' ? { kind: 'lost-reply' } : undefined)
  await world.clock.run(machine.engine.killContainer(id))
  await world.until('it is repaired', () => isAsWanted(scene), 90_000)
  machine.engineFault = () => undefined
  await world.advance(2 * 60 * 60_000)
  expect(world.containers('web').map(({ container }) => container.id)).toEqual([id])
  expect(world.bid(machine.name, 'alice', 'web')?.refused).toBeUndefined()
})

function isAsWanted({ machine }: Scene): boolean {
  const running = machine.engine.containers.filter((container) => container.running)
  return running.some(
    ({ options }) =>
      options.name.startsWith('commune-web-') &&
      options.memoryBytes === 64 * 1024 ** 2 &&
      options.cpuMilli === 100,
  )
}

test('what was stopped or killed runs again within five seconds', async () => {
  const scene = await oneReplica()
  await scene.world.clock.run(scene.machine.engine.killContainer(scene.id))
  expect(await scene.world.untilRunning('web', 1)).toBeLessThan(5_000)
})

describe('under our labels, but not ours', () => {
  const strangers: readonly (readonly [string, Record<string, string>])[] = [
    ['a copy of the container', {}],
    ['a replica that nobody asked for', { [LABEL.replica]: '7' }],
    ['nonsense for a replica', { [LABEL.replica]: 'x' }],
    [
      'a workload that does not exist',
      { [LABEL.workload]: 'at://did:plc:alice/commune.scheduler.workload/gone' },
    ],
    ['nonsense for a workload', { [LABEL.workload]: 'web' }],
  ]

  test.each(strangers)('%s is removed', async (_, labels) => {
    const { world, machine, id } = await oneReplica()
    const options = machine.engine.containers[0]?.options
    if (!options) throw new Error('nothing runs')
    const copy = { ...options, name: 'copy', labels: { ...options.labels, ...labels } }
    const made = await world.clock.run(machine.engine.createContainer(copy))
    // It may be found before it was started.
    const started = machine.engine.startContainer(made).catch(() => undefined)
    await world.clock.run(started)
    await world.settle()
    expect(machine.engine.containers.map((container) => container.id)).toEqual([id])
  })

  test('a container of another meshlet on the same engine is not touched', async () => {
    const { world, machine } = await oneReplica()
    const options = machine.engine.containers[0]?.options
    if (!options) throw new Error('nothing runs')
    const labels = { ...options.labels, [LABEL.meshletDid]: 'did:plc:neighbour' }
    await world.clock.run(machine.engine.createContainer({ ...options, name: 'other', labels }))
    await world.settle()
    expect(machine.engine.containers).toHaveLength(2)
  })
})

test('a program that ends by itself is started again, with growing pauses', async () => {
  const world = threeOwners()
  world.programs.set('web', { exit: { afterMs: 1_000, code: 1 } })
  await world.start()
  world.owner('alice').publish('web')
  await world.advance(30 * 60_000)
  const starts = world.trace.actions().filter(({ call }) => call === 'startContainer')
  expect(starts.length).toBeGreaterThan(6)
  // Two machines hand it on after five restarts, and the third goes on.
  expect(starts.length).toBeLessThan(30)
  const place = starts.at(-1)?.machine ?? ''
  expect(world.workloadStatus(place, 'alice', 'web')).toMatchObject({ phase: 'crash-loop' })
})

describe('records of ours', () => {
  test('that somebody deleted are written again', async () => {
    // Nobody is there who would act in the moment in which they are missing.
    const world = new VirtualCommune()
    world.owner('alice')
    const machine = world.addMachine('alice-1', { owner: 'alice' })
    await world.start()
    world.owner('alice').publish('web')
    await world.settle()
    const before = world.containers('web')
    for (const collection of ['bid', 'workloadStatus', 'meshletStatus', 'cluster'] as const) {
      const name = `commune.scheduler.${collection}` as const
      const [change] = [...world.repos.of(machine.did).content.values()].filter(
        (found) => found.collection === name && found.record,
      )
      if (!change) throw new Error(`no ${collection}`)
      world.repos.commit(machine.did, [{ action: 'delete', collection: name, rkey: change.rkey }])
      await world.settle()
      expect(world.repos.get(machine.did, name, change.rkey)?.value).toEqual(change.record?.value)
    }
    expect(before).toHaveLength(1)
    expect(world.containers('web')).toEqual(before)
  })

  test('that nobody wants are deleted', async () => {
    const { world, machine } = await oneReplica()
    const createdAt = '2026-01-01T00:00:00.000Z'
    const collection = 'commune.scheduler.cluster'
    const value = { $type: collection, members: [], createdAt }
    world.repos.commit(machine.did, [{ action: 'put', collection, rkey: 'strange', value }])
    await world.settle()
    expect(world.repos.get(machine.did, collection, 'strange')).toBeUndefined()
  })

  test('whose write was committed but not answered are not written for ever', async () => {
    const world = threeOwners()
    const machine = world.machine('alice-1')
    let lost = 0
    machine.writeFault = () => (lost++ < 3 ? 'lost-reply' : undefined)
    await world.start()
    world.owner('alice').publish('web', { replicas: 3 })
    await world.settle()
    expect(world.containers('web')).toHaveLength(3)
    expect(world.trace.writes(machine.did).length).toBeLessThan(20)
  })
})

describe('an engine', () => {
  test('that is gone for two minutes: nothing moves, and it goes on where it was', async () => {
    const { world, machine, id } = await oneReplica()
    const from = world.trace.entries.length
    machine.engineFault = () => ({ kind: 'refuse' })
    await world.advance(2 * 60_000)
    machine.engineFault = () => undefined
    await world.settle()
    expect(world.containers('web').map(({ container }) => container.id)).toEqual([id])
    expect(world.trace.actions(undefined, from)).toEqual([])
  })

  test('that is silent for more than five minutes: another machine takes over', async () => {
    const { world, machine } = await oneReplica()
    machine.engineFault = () => ({ kind: 'refuse' })
    const elsewhere = () => world.placesOf('web').some((place) => place !== machine.name)
    const ms = await world.until('a replica elsewhere', elsewhere, 10 * 60_000)
    expect(ms).toBeGreaterThan(5 * 60_000)
    expect(world.bid(machine.name, 'alice', 'web')).toMatchObject({
      slots: 0,
      reason: 'engine-silent',
    })
    machine.engineFault = () => undefined
    await world.settle()
    expect(world.placesOf('web')).toHaveLength(1)
  })

  test('whose replies get lost makes no duplicates', async () => {
    const world = threeOwners()
    const { random } = world
    for (const machine of world.machines.values())
      machine.engineFault = (call) =>
        call !== 'events' && random.chance(0.2) ? { kind: 'lost-reply' } : undefined
    for (const machine of world.machines.values()) machine.start()
    world.owner('alice').publish('web', { replicas: 3 })
    await world.advance(5 * 60_000)
    for (const machine of world.machines.values()) machine.engineFault = () => undefined
    await world.settle()
    expect(world.placesOf('web')).toHaveLength(3)
    for (const { engine } of world.machines.values())
      expect(engine.containers.every(({ running }) => running)).toBe(true)
  })
})

test('an image that changes while the meshlet is down is rolled out at its return', async () => {
  const { world, machine } = await oneReplica()
  machine.crash()
  world.owner('alice').edit('web', { image: imageOf('second') })
  await world.advance(5_000)
  machine.restart()
  await world.settle()
  expect(world.containers('web').map(({ container }) => container.image)).toEqual([
    imageOf('second'),
  ])
})

test('a PDS that refuses every write stops nothing that runs', async () => {
  const { world, machine, id } = await oneReplica()
  machine.writeFault = () =>
    new CommuneError('rate-limited', 'Too many writes.', { retryAfterMs: 60_000 })
  await world.clock.run(machine.engine.killContainer(id))
  await world.advance(10 * 60_000)
  expect(world.placesOf('web')).toEqual([machine.name])
})
