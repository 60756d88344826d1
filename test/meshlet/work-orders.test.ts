import { expect, test } from 'vitest'
import { apiOf } from '../support/virtual-api.ts'
import type { Role } from '../../src/xrpc/access.ts'
import { threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

type Order = 'pauseWorkload' | 'resumeWorkload' | 'stopWorkload' | 'restartWorkload'

/** Alice, whose workload it is, tells a machine; or somebody with other roles does. */
function tell(
  world: VirtualCommune,
  machine: string,
  order: Order,
  roles: readonly Role[] = ['workloadOwner'],
) {
  const api = apiOf(world, machine)
  const caller = { did: world.owner('alice').did, roles }
  const input = { workload: world.uri('alice', 'web') }
  return api[order]({ caller, input, signal: AbortSignal.any([]) })
}

async function running(replicas: number) {
  const world = await threeOwners().start()
  world.owner('alice').publish('web', { replicas, update: { healthyAfterMs: 2_000 } })
  await world.settle()
  const [holder = ''] = world.placesOf('web')
  return { world, holder }
}

function runs(world: VirtualCommune): readonly string[] {
  return world
    .containers('web')
    .map(({ machine, container }) => `${machine} ${container.id} ${container.startedAtMs}`)
}

test('pause stops it there and keeps the place, over a restart too; resume starts it again', async () => {
  const { world, holder } = await running(1)
  await tell(world, holder, 'pauseWorkload')
  await world.settle()
  expect(world.containers('web')).toEqual([])
  world.machine(holder).restart({ withState: true })
  await world.settle()
  expect(world.containers('web')).toEqual([])
  await tell(world, holder, 'resumeWorkload')
  await world.settle()
  expect(world.placesOf('web')).toEqual([holder])
})

test('stop ends it there, and the next in line takes its place until resume', async () => {
  const { world, holder } = await running(1)
  await tell(world, holder, 'stopWorkload')
  await world.settle()
  expect(world.placesOf('web')).toHaveLength(1)
  expect(world.placesOf('web')).not.toContain(holder)
  world.owner('alice').edit('web', { replicas: 3, placementNonce: 'again' })
  await world.settle()
  expect(world.placesOf('web')).not.toContain(holder)
  await tell(world, holder, 'resumeWorkload')
  world.owner('alice').edit('web', { replicas: 3, placementNonce: 'once more' })
  await world.settle()
  expect(world.placesOf('web')).toContain(holder)
})

test('what the machine’s owner paused, she alone lifts; she may lift what others paused', async () => {
  const { world, holder } = await running(1)
  const owner: readonly Role[] = ['meshletOwner']
  await tell(world, holder, 'pauseWorkload', owner)
  // Nor does it become hers by pausing it as well.
  await tell(world, holder, 'pauseWorkload')
  await expect(tell(world, holder, 'resumeWorkload')).rejects.toMatchObject({
    code: 'forbidden',
    message: 'The owner of this machine paused it here.',
  })
  world.machine(holder).restart({ withState: true })
  await world.settle()
  await expect(tell(world, holder, 'resumeWorkload')).rejects.toMatchObject({ code: 'forbidden' })
  expect(world.containers('web')).toEqual([])
  await tell(world, holder, 'resumeWorkload', owner)
  await world.settle()
  expect(world.placesOf('web')).toEqual([holder])
  await tell(world, holder, 'pauseWorkload')
  await expect(tell(world, holder, 'resumeWorkload', owner)).resolves.toMatchObject({
    state: 'active',
  })
})

test('an order that comes twice changes nothing', async () => {
  const { world, holder } = await running(1)
  for (const order of ['pauseWorkload', 'stopWorkload', 'resumeWorkload'] as const) {
    const once = await tell(world, holder, order)
    await world.settle()
    const before = runs(world)
    expect(await tell(world, holder, order)).toEqual(once)
    await world.settle()
    expect(runs(world)).toEqual(before)
  }
})

test('what the machine’s owner refused, the workload’s owner can’t lift', async () => {
  const { world, holder } = await running(1)
  await tell(world, holder, 'stopWorkload', ['meshletOwner'])
  await world.settle()
  await expect(tell(world, holder, 'resumeWorkload')).rejects.toMatchObject({ code: 'forbidden' })
  await expect(tell(world, holder, 'resumeWorkload', ['meshletOwner'])).resolves.toMatchObject({
    state: 'active',
  })
})

test('nor by stopping it herself first, nor when the machine lost its journal', async () => {
  const { world, holder } = await running(1)
  await tell(world, holder, 'stopWorkload', ['meshletOwner'])
  await world.settle()
  await tell(world, holder, 'stopWorkload')
  await world.settle()
  await expect(tell(world, holder, 'resumeWorkload')).rejects.toMatchObject({ code: 'forbidden' })
  world.machine(holder).restart({ withState: false })
  await world.settle()
  await expect(tell(world, holder, 'resumeWorkload')).rejects.toMatchObject({ code: 'forbidden' })
  await tell(world, holder, 'resumeWorkload', ['meshletOwner'])
  world.owner('alice').edit('web', { replicas: 3, placementNonce: 'again' })
  await world.settle()
  expect(world.placesOf('web')).toContain(holder)
})

test('restart starts all replicas again, one after the other, and counts as no failure', async () => {
  const world = new VirtualCommune({ seed: 3 })
  world.addMachine('alice-1', { owner: 'alice' })
  await world.start()
  world.owner('alice').publish('web', { replicas: 3, update: { healthyAfterMs: 2_000 } })
  await world.settle()
  const before = runs(world)
  let fewest = Infinity
  world.trace.onAction(() => {
    const up = world.containers('web').filter(({ container }) => container.state === 'running')
    fewest = Math.min(fewest, up.length)
  })
  await tell(world, 'alice-1', 'restartWorkload')
  const isNew = () => runs(world).every((run) => !before.includes(run))
  await world.until('all were started again', isNew, 60_000)
  await world.settle()
  expect(fewest).toBe(2)
  expect(world.containers('web')).toHaveLength(3)
  const status = world.workloadStatus('alice-1', 'alice', 'web')
  expect(status?.replicas?.map(({ restarts, phase }) => ({ restarts, phase }))).toEqual(
    Array.from({ length: 3 }, () => ({ restarts: 0, phase: 'running' })),
  )
})

test('nothing can be told of what is not there', async () => {
  const { world, holder } = await running(1)
  const other = ['alice-1', 'bob-1', 'carol-1'].find((name) => name !== holder) ?? ''
  await expect(tell(world, other, 'restartWorkload')).rejects.toMatchObject({ code: 'not-found' })
})
