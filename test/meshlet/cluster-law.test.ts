import { expect, test, vi } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { ClusterRecord } from '../../src/model/records.ts'
import { STANDARD_POLICY } from '../../src/policy/standard-policy.ts'
import { mayCall } from '../../src/xrpc/access.ts'
import { didOf, VirtualCommune } from '../support/virtual-commune.ts'

vi.setConfig({ testTimeout: 60_000 })

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const NAMES = ['alice', 'bob', 'carol'] as const

/** Alice and Bob have machines; Carol has work, and a machine without room. */
async function commune() {
  const world = new VirtualCommune({ seed: 3, liveness: 'patient' })
  for (const name of NAMES) world.owner(name)
  world.addMachine('a1', { owner: 'alice' })
  world.addMachine('b1', { owner: 'bob' })
  world.addMachine('c1', { owner: 'carol', offer: { cpuMilli: 0 } })
  return world.start()
}

function clusterName(world: VirtualCommune): string {
  const [name] = world.machine('a1').meshlet.config.clusters.keys()
  return name ?? ''
}

/** Alice and Bob vote about Carol. */
function decideOn(world: VirtualCommune, action: string, more: object = {}) {
  const now = world.clock.wallMs()
  const at = (ms: number) => new Date(now + ms).toISOString()
  const [alice, bob, carol] = NAMES.map((name) => world.owner(name))
  const proposal = alice!.write(COLLECTION.proposal, `${action}-${now}`, {
    cluster: clusterName(world),
    action,
    subject: carol!.did,
    electorate: [alice!.did, bob!.did],
    quorumMillionths: 666_667,
    majorityMillionths: 666_667,
    closesAt: at(DAY_MS),
    ...(action === 'suspend' ? { until: at(DAY_MS + 3 * 60 * MINUTE_MS) } : {}),
    ...more,
  })
  for (const voter of [alice!, bob!])
    voter.write(COLLECTION.vote, `vote-${action}-${now}`, { proposal, choice: 'yes' })
  return proposal
}

test('whom the others suspend gets nothing new, and what runs goes on', async () => {
  const world = await commune()
  world.owner('carol').publish('before')
  await world.settle()
  expect(world.containers('before')).toHaveLength(1)
  decideOn(world, 'suspend')
  await world.settle()
  world.owner('carol').publish('after')
  await world.advance(20 * MINUTE_MS)
  expect(world.containers('before')).toHaveLength(1)
  expect(world.containers('after')).toEqual([])
  expect(world.bid('a1', 'carol', 'after')).toMatchObject({
    slots: 0,
    reason: 'standing',
    message: expect.stringContaining('has voted: its owner is suspended until'),
  })
})

test('#67 when the suspension is over new work is taken again', async () => {
  const world = await commune()
  decideOn(world, 'suspend', {
    until: new Date(world.clock.wallMs() + 90 * MINUTE_MS).toISOString(),
    closesAt: new Date(world.clock.wallMs() + 60 * MINUTE_MS).toISOString(),
  })
  await world.settle()
  world.owner('carol').publish('web')
  await world.advance(30 * MINUTE_MS)
  expect(world.containers('web')).toEqual([])
  await world.advance(75 * MINUTE_MS)
  expect(world.containers('web')).toHaveLength(1)
})

test('whom the others expel keeps what runs for the notice, and no longer', async () => {
  const world = await commune()
  world.owner('carol').publish('web')
  await world.settle()
  decideOn(world, 'expel')
  await world.advance(10 * MINUTE_MS)
  expect(world.containers('web')).toHaveLength(1)
  await world.advance(10 * MINUTE_MS)
  expect(world.containers('web')).toEqual([])
})

test('what must never run twice goes on for the notice, under the same lease, and no longer', async () => {
  const world = await commune()
  const witnesses = ['a1', 'b1', 'c1'].map(didOf)
  const placement = { atMostOne: true, witnesses, witnessGeneration: 1 }
  world.owner('carol').publish('db', { placement })
  await world.untilRunning('db', 1, 600_000)
  await world.settle()
  const running = world.containers('db')
  decideOn(world, 'expel')
  await world.advance(14 * MINUTE_MS)
  expect(world.containers('db')).toEqual(running)
  await world.advance(3 * MINUTE_MS)
  expect(world.containers('db')).toEqual([])
  expect(world.violations).toEqual([])
})

test('whose owner only takes advice goes on as before', async () => {
  const world = await commune()
  world.machine('a1').policy = { ...STANDARD_POLICY, decisions: 'advise' }
  world.machine('a1').running?.policyChanged()
  decideOn(world, 'expel')
  await world.settle()
  world.owner('carol').publish('web')
  await world.settle()
  expect(world.placesOf('web')).toEqual(['a1'])
})

test('an admission lets nobody in', async () => {
  const world = await commune()
  world.owner('dave')
  world.addMachine('d1', { owner: 'dave', offer: { cpuMilli: 0 } })
  const dave = world.owner('dave')
  decideOn(world, 'admit', { subject: dave.did })
  dave.publish('web')
  await world.advance(5 * MINUTE_MS)
  expect(world.machine('a1').meshlet.rolesOf(dave.did) ?? []).toEqual([])
})

test('#14 a suspended member has no rights but those on her own work', async () => {
  const world = await commune()
  const { meshlet } = world.machine('a1')
  const carol = world.owner('carol').did
  expect(mayCall('getCapacity', meshlet.rolesOf(carol) ?? [])).toBe(true)
  decideOn(world, 'suspend')
  await world.settle()
  await world.advance(MINUTE_MS)
  expect(mayCall('getCapacity', meshlet.rolesOf(carol) ?? [])).toBe(false)
  expect(mayCall('heartbeat', meshlet.rolesOf(world.machine('c1').did) ?? [])).toBe(true)
})

test('a machine names the policy of its owner, and the new one when she changes it', async () => {
  const world = await commune()
  const name = clusterName(world)
  const named = () =>
    world
      .machine('b1')
      .meshlet.view.get<ClusterRecord>(world.machine('a1').did, COLLECTION.cluster, name)?.value
      .policy
  expect(named()).toBeUndefined()
  const first = world.owner('alice').write(COLLECTION.clusterPolicy, name, { graceDays: 1 })
  await world.settle()
  expect(named()).toEqual(first)
  const second = world.owner('alice').write(COLLECTION.clusterPolicy, name, { graceDays: 2 })
  await world.settle()
  expect(named()).toEqual(second)
})

test('a machine says since when it holds to the steps, also after a restart, until they change', async () => {
  const world = await commune()
  const name = clusterName(world)
  const says = () => {
    const { view } = world.machine('b1').meshlet
    const record = view.get<ClusterRecord>(world.machine('a1').did, COLLECTION.cluster, name)
    return record?.value.stepsSince
  }
  const rules = { minimumContribution: 500_000, noticeDays: 9 }
  world.owner('alice').write(COLLECTION.clusterPolicy, name, rules)
  await world.settle()
  const first = says()
  expect(first).toBeDefined()
  await world.advance(MINUTE_MS)
  world.owner('alice').write(COLLECTION.clusterPolicy, name, { ...rules, voteDays: 3 })
  await world.settle()
  world.machine('a1').restart({ withJournal: false })
  await world.advance(20 * MINUTE_MS)
  expect(says()).toBe(first)
  world.owner('alice').write(COLLECTION.clusterPolicy, name, { ...rules, noticeDays: 1 })
  await world.settle()
  expect(Date.parse(says() ?? '')).toBeGreaterThan(Date.parse(first ?? ''))
})
