import { describe, expect, test, vi } from 'vitest'
import type { MemoryEngine } from '../../src/engine/memory.ts'
import type { MemoryContainer } from '../../src/engine/memory-container.ts'
import { Peace } from '../../src/meshlet/peace.ts'
import { COLLECTION, LABEL } from '../../src/model/nsid.ts'
import type { Policy, Terms } from '../../src/policy/policy.ts'
import { STANDARD_POLICY } from '../../src/policy/standard-policy.ts'
import { threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

vi.setConfig({ testTimeout: 60_000 })

const MINUTE_MS = 60_000
/** A resync, the list that it begins with, and a record on its way. */
const SOON_MS = MINUTE_MS + 5_000
const WORKLOADS = 20

function membersOnly(terms: Partial<Terms>): Policy {
  const rule = { name: 'guests', subject: { kind: 'members' }, terms } as const
  return { ...STANDARD_POLICY, rules: [rule] }
}

/** Work of Alice that lies still: each runs on one of three machines, and the other two are standbys. */
async function atRest(publish: (world: VirtualCommune) => void = publishMany) {
  const world = await threeOwners({ seed: 5, liveness: 'patient' }).start()
  publish(world)
  await world.settle()
  await world.advance(3 * MINUTE_MS)
  return world
}

function publishMany(world: VirtualCommune): void {
  for (let i = 0; i < WORKLOADS; i++) world.owner('alice').publish(`w${i}`)
}

function isOf({ options }: MemoryContainer, uri: string): boolean {
  return options.labels[LABEL.workload] === uri
}

/** Names of what runs there. */
function runningOn({ containers }: MemoryEngine): readonly string[] {
  return containers.filter(({ state }) => state === 'running').map(({ options }) => options.name)
}

function looksOf(world: VirtualCommune, machine: string): number {
  return world.machine(machine).metrics.of('reconciles', { key: 'workload', outcome: 'done' })
}

function elsewhere(world: VirtualCommune, machine: string): readonly string[] {
  const here = world.workloadsOn(machine)
  return Array.from({ length: WORKLOADS }, (_, i) => `w${i}`).filter((name) => !here.includes(name))
}

/** Names of the workloads of which this machine says that it does not offer to run them. */
function refused(world: VirtualCommune, machine: string): readonly string[] {
  return elsewhere(world, machine).filter((name) => {
    const reason = world.bid(machine, 'alice', name)?.reason
    return reason === 'policy' || reason === 'standing'
  })
}

function offered(world: VirtualCommune, machine: string): readonly string[] {
  return elsewhere(world, machine).filter(
    (name) => (world.bid(machine, 'alice', name)?.slots ?? 0) > 0,
  )
}

describe('a resync in peace', () => {
  test('looks at a sixtieth of what runs here and of what others run', async () => {
    const world = await atRest()
    const { metrics } = world.machine('bob-1')
    const before = looksOf(world, 'bob-1')
    const leftOut = metrics.of('looksLeftOut')
    expect(elsewhere(world, 'bob-1').length).toBeGreaterThan(5)
    expect(world.workloadsOn('bob-1').length).toBeGreaterThan(2)
    await world.advance(60 * MINUTE_MS)
    expect(looksOf(world, 'bob-1') - before).toBe(WORKLOADS)
    expect(metrics.of('looksLeftOut') - leftOut).toBe(59 * WORKLOADS)
  })

  test('has looked at everything within an hour', async () => {
    const world = await atRest()
    const begin = vi.spyOn(Peace.prototype, 'begin')
    await world.advance(60 * MINUTE_MS)
    const seen = new Set(begin.mock.calls.map(([uri]) => uri))
    begin.mockRestore()
    expect(seen.size).toBe(WORKLOADS)
  })

  test('looks at a workload of which something appeared that nobody told of', async () => {
    const world = await atRest()
    const [name = ''] = elsewhere(world, 'bob-1')
    const uri = world.uri('alice', name)
    const { engine } = world.machine('bob-1')
    const [options] = engine.containers.map((one) => one.options)
    if (!options) throw new Error('nothing runs')
    engine.happenings.areLost = true
    const labels = { ...options.labels, [LABEL.workload]: uri }
    await world.clock.run(engine.createContainer({ ...options, name: 'strange', labels }))
    expect(engine.containers.some((one) => isOf(one, uri))).toBe(true)
    await world.advance(SOON_MS)
    expect(engine.containers.some((one) => isOf(one, uri))).toBe(false)
  })
})

describe('found at the next resync, although nobody tells of it:', () => {
  /** What is done to the engine behind the meshlet's back, to something that lay still for long. */
  const MISHAPS: readonly (readonly [string, (engine: MemoryEngine, id: string) => unknown])[] = [
    ['a container has ended', (engine, id) => engine.tamper(id, {}, 'exited')],
    ['a container is gone', (engine, id) => engine.removeContainer(id)],
  ]

  test.each(MISHAPS)('%s', async (_, happen) => {
    const world = await atRest()
    const { engine } = world.machine('bob-1')
    const before = runningOn(engine)
    engine.happenings.areLost = true
    await world.clock.run(Promise.resolve(happen(engine, engine.containers[0]?.id ?? '')))
    expect(runningOn(engine)).not.toEqual(before)
    await world.advance(SOON_MS)
    expect(runningOn(engine)).toEqual(before)
  })

  test('a port can be opened that could not', async () => {
    const world = await threeOwners({ seed: 5, liveness: 'patient' }).start()
    for (const { engine } of world.machines.values())
      engine.script((call) => (call === 'forward' ? { kind: 'refuse' } : undefined))
    world.owner('alice').publish('web', { ports: [{ container: 80 }] })
    await world.settle()
    await world.advance(3 * MINUTE_MS)
    const [machine = ''] = world.placesOf('web')
    const endpoints = () => world.workloadStatus(machine, 'alice', 'web')?.replicas?.[0]?.endpoints
    expect(endpoints()).toBeUndefined()
    world.machine(machine).engine.script(() => undefined)
    await world.advance(SOON_MS)
    expect(endpoints()).toHaveLength(1)
  })
})

describe('found at the next resync, although nothing but time has passed:', () => {
  test('the hours of a rule end, and begin again', async () => {
    const world = await atRest()
    const minute = Math.floor(world.clock.wallMs() / MINUTE_MS) % (24 * 60)
    const at = (minutes: number) => (minute + minutes) % (24 * 60)
    const hours = [{ fromMinute: at(60), toMinute: at(30), timeZone: 'UTC' }]
    world.machine('bob-1').policy = membersOnly({ hours })
    world.machine('bob-1').meshlet.policyChanged()
    await world.advance(29 * MINUTE_MS)
    const standbys = offered(world, 'bob-1').length
    expect(standbys).toBeGreaterThan(0)
    expect(world.machine('bob-1').metrics.of('looksLeftOut')).toBeGreaterThan(WORKLOADS)
    await world.advance(MINUTE_MS + SOON_MS)
    expect(refused(world, 'bob-1')).toHaveLength(elsewhere(world, 'bob-1').length)
    await world.advance(29 * MINUTE_MS)
    expect(refused(world, 'bob-1')).toEqual([])
  })

  test('a suspension ends', async () => {
    const world = await atRest()
    const now = world.clock.wallMs()
    const at = (minutes: number) => new Date(now + minutes * MINUTE_MS).toISOString()
    const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => world.owner(name))
    const [cluster] = world.machine('bob-1').meshlet.config.clusters.keys()
    const proposal = bob!.write(COLLECTION.proposal, 'suspend', {
      ...{ cluster, action: 'suspend', subject: alice!.did },
      ...{ electorate: [bob!.did, carol!.did], closesAt: at(60), until: at(90) },
      ...{ quorumMillionths: 666_667, majorityMillionths: 666_667 },
    })
    for (const voter of [bob!, carol!])
      voter.write(COLLECTION.vote, 'vote', { proposal, choice: 'yes' })
    await world.advance(80 * MINUTE_MS)
    expect(refused(world, 'bob-1').length).toBeGreaterThan(0)
    const leftOut = world.machine('bob-1').metrics.of('looksLeftOut')
    await world.advance(9 * MINUTE_MS)
    expect(world.machine('bob-1').metrics.of('looksLeftOut')).toBeGreaterThan(leftOut)
    await world.advance(MINUTE_MS + SOON_MS)
    expect(refused(world, 'bob-1')).toEqual([])
  })
})
