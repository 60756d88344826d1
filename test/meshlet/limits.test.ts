import { expect, test } from 'vitest'
import { threeOwners, type VirtualCommune } from '../support/virtual-commune.ts'

const MACHINES = ['alice-1', 'bob-1', 'carol-1']

/** Machines whose engines take limits and do not enforce them. */
async function withLyingEngines(names: readonly string[]): Promise<VirtualCommune> {
  const world = threeOwners()
  for (const name of names) world.programsByMachine.set(name, { hasNoLimits: true })
  return world.start()
}

test('a container whose limits are not in force is stopped, and runs on another machine', async () => {
  const honest = await withLyingEngines([])
  honest.owner('alice').publish('web')
  await honest.settle()
  const [first = ''] = honest.placesOf('web')

  const world = await withLyingEngines([first])
  world.owner('alice').publish('web')
  const failed = () => world.bid(first, 'alice', 'web')?.reason === 'start-failed'
  await world.until('its machine gives it up', failed, 10_000)
  expect(world.bid(first, 'alice', 'web')).toMatchObject({
    slots: 0,
    message: expect.stringContaining('does not enforce its limit of memory and processes'),
  })
  await world.settle()
  expect(world.placesOf('web')).toHaveLength(1)
  expect(world.placesOf('web')).not.toContain(first)
  expect(world.machine(first).engine.containers).toEqual([])
})

test('where nobody else can run it, the status says why, and it is tried again seldom', async () => {
  const world = await withLyingEngines(MACHINES)
  world.owner('alice').publish('web')
  await world.advance(60_000)
  const [holder = ''] = MACHINES.filter((name) => world.bid(name, 'alice', 'web')?.slots === 1)
  expect(world.containers('web')).toEqual([])
  const status = world.workloadStatus(holder, 'alice', 'web')
  expect(status).toMatchObject({
    phase: 'failed',
    lastError: expect.stringMatching(/^stopped: the engine of this machine .*meshlet doctor/),
  })
  const from = world.trace.entries.length
  await world.advance(20 * 60_000)
  const starts = world.trace.entries
    .slice(from)
    .filter((entry) => entry.kind === 'action' && entry.call === 'startContainer')
  expect(starts.length).toBeGreaterThan(0)
  expect(starts.length).toBeLessThanOrEqual(6)
  world.programsByMachine.clear()
  await world.untilRunning('web', 1, 10 * 60_000)
})

test('a container that a restarted meshlet finds running is looked at too', async () => {
  const world = await withLyingEngines(MACHINES)
  world.owner('alice').publish('web')
  await world.until('it runs', () => world.placesOf('web').length > 0, 10_000)
  const [holder = ''] = world.placesOf('web')
  const [container] = world.machine(holder).engine.containers
  // Nobody came to look at it: the daemon is killed before that.
  world.machine(holder).restart()
  expect(world.machine(holder).engine.containers.map(({ id }) => id)).toEqual([container?.id])
  const failed = () => world.bid(holder, 'alice', 'web')?.reason === 'start-failed'
  await world.until('it is taken away, and given up', failed, 30_000)
  const left = world.machine(holder).engine.containers
  expect(left.map(({ id }) => id)).not.toContain(container?.id)
})
