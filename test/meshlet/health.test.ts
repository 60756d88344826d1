import { expect, test } from 'vitest'
import type { Program } from '../../src/engine/memory-container.ts'
import type { ReplicaStatus } from '../../src/model/records.ts'
import { specHash } from '../../src/model/spec-hash.ts'
import type { WorkloadFields } from '../support/virtual-owner.ts'
import { imageOf } from '../support/virtual-owner.ts'
import { threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

const PROBE = { intervalMs: 1_000, timeoutMs: 500, retries: 2 }
const CRASH = { exit: { afterMs: 200, code: 3 } }

/** One owner with one machine, which runs a web server that answers as `ports` says at the moment. */
async function oneMachine(fields: WorkloadFields, program?: Program) {
  const world = new VirtualCommune()
  world.owner('alice')
  world.addMachine('alice-1', { owner: 'alice' })
  await world.start()
  const ports: Record<number, number> = { 80: 200 }
  world.programs.set('web', program ?? { ports })
  world.owner('alice').publish('web', { ports: [{ container: 80 }], ...fields })
  if (!program) await world.settle()
  const starts = () => world.trace.actions().filter(({ call }) => call === 'startContainer').length
  const status = () => world.workloadStatus('alice-1', 'alice', 'web')
  return { world, ports, starts, status }
}

function first(status: { readonly replicas?: readonly ReplicaStatus[] } | undefined) {
  return status?.replicas?.[0]
}

test('who is not ready gets no traffic, and is not started again', async () => {
  const { world, ports, starts, status } = await oneMachine({
    healthcheck: { http: { port: 80 }, ...PROBE },
  })
  expect(first(status())?.endpoints).toHaveLength(1)
  ports[80] = 503
  await world.until('it is unhealthy', () => status()?.health === 'unhealthy')
  expect(first(status())?.endpoints).toBeUndefined()
  expect(status()?.endpoints).toBeUndefined()
  expect(first(status())?.lastError).toContain('answered 503')
  await world.advance(5 * 60_000)
  expect(starts()).toBe(1)
  ports[80] = 200
  await world.until('it is healthy', () => status()?.health === 'healthy')
  expect(first(status())?.endpoints).toHaveLength(1)
})

test('who does nothing any more is started again, with growing delay', async () => {
  const { world, ports, starts, status } = await oneMachine({
    liveness: { http: { port: 80 }, ...PROBE },
  })
  ports[80] = 500
  await world.until('it is started again', () => starts() === 2, 10_000)
  ports[80] = 200
  await world.advance(60_000)
  expect(starts()).toBe(2)
  expect(first(status())).toMatchObject({ phase: 'running', restarts: 1 })
  ports[80] = 500
  await world.advance(10 * 60_000)
  expect(starts()).toBeGreaterThan(5)
  expect(starts()).toBeLessThan(14)
  expect(first(status())?.phase).toBe('crash-loop')
  expect(first(status())?.lastError).toContain('liveness')
})

test('with restart policy no a dead one is left alone', async () => {
  const { world, ports, starts } = await oneMachine({
    liveness: { http: { port: 80 }, ...PROBE },
    restart: { policy: 'no' },
  })
  ports[80] = 500
  await world.advance(5 * 60_000)
  expect(starts()).toBe(1)
})

test('a crash loop is a state of its own, with how it ends, and few words are made of it', async () => {
  const { world, status } = await oneMachine({}, { exit: { afterMs: 4_000, code: 3 } })
  await world.until('it is in a crash loop', () => status()?.phase === 'crash-loop')
  const phases = new Set<string | undefined>()
  world.trace.onAction(() => phases.add(status()?.phase))
  await world.advance(20 * 60_000)
  // It runs for four seconds each time, and never for long enough to be called running.
  expect([...phases]).toEqual(['crash-loop'])
  expect(first(status())).toMatchObject({ phase: 'crash-loop', exitCode: 3 })
})

test('what ran out of memory is said to have', async () => {
  const { world, status } = await oneMachine({}, { exit: { afterMs: 300, code: 137, oom: true } })
  await world.until('it is in a crash loop', () => status()?.phase === 'crash-loop')
  expect(first(status())).toMatchObject({ oomKilled: true, exitCode: 137 })
})

test.each([
  [0, 'stopped'],
  [1, 'failed'],
])('what ends with code %i and is not to be started again is %s', async (code, phase) => {
  const { world, starts, status } = await oneMachine(
    { restart: { policy: 'no' } },
    { exit: { afterMs: 300, code } },
  )
  await world.settle()
  expect(first(status())).toMatchObject({ phase, exitCode: code, restarts: 0 })
  expect(starts()).toBe(1)
})

test('what crashes on one machine again and again is run by another', async () => {
  const world = await threeOwners().start()
  world.programs.set('web', { ports: { 80: 200 } })
  world.owner('alice').publish('web', { replicas: 2, spread: 'meshlet' })
  await world.settle()
  const [sick = ''] = world.placesOf('web')
  world.programsByMachine.set(sick, CRASH)
  const { engine } = world.machine(sick)
  for (const { id } of engine.containers) await world.clock.run(engine.removeContainer(id))
  await world.until('another machine runs it', () => {
    const places = world.placesOf('web')
    return places.length === 2 && !places.includes(sick)
  })
  await world.settle()
  expect(world.bid(sick, 'alice', 'web')).toMatchObject({
    slots: 0,
    reason: 'crash-loop',
    refused: { specHash: specHash(world.workload('alice', 'web') as never) },
    message: expect.stringContaining('exit code 3') as string,
  })
  expect(engine.containers).toEqual([])
})

test('what crashes everywhere was tried by each once, and the last one goes on trying', async () => {
  const world = await threeOwners().start()
  world.programs.set('web', CRASH)
  world.owner('alice').publish('web')
  await world.advance(20 * 60_000)
  const refused = ['alice-1', 'bob-1', 'carol-1'].filter(
    (name) => world.bid(name, 'alice', 'web')?.reason === 'crash-loop',
  )
  expect(refused).toHaveLength(2)
  const tries = [...world.machines.values()].flatMap(({ engine }) => engine.containers)
  expect(tries).toHaveLength(1)
})

test('running is not enough to be good: it must not restart for healthyAfter either', async () => {
  const world = await threeOwners().start()
  world.owner('alice').publish('web', { replicas: 3, spread: 'meshlet' })
  await world.settle()
  world.programsByImage.set(imageOf('bad'), { exit: { afterMs: 8_000, code: 1 } })
  world.owner('alice').edit('web', { image: imageOf('bad') })
  await world.settle()
  expect(world.containers('web').map(({ container }) => container.image)).toEqual(
    Array(3).fill(imageOf('web')),
  )
  const bad = specHash(world.workload('alice', 'web') as never)
  expect(world.workloadStatus('alice-1', 'alice', 'web')).toMatchObject({ failed: bad })
})
