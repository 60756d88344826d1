import { describe, expect, test } from 'vitest'
import type { Policy, Rule, Terms } from '../../src/policy/policy.ts'
import { STANDARD_POLICY } from '../../src/policy/standard-policy.ts'
import { threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

const MIB = 1024 ** 2
const NOTICE_MS = 15 * 60_000

function rules(...list: readonly Rule[]): Policy {
  return { ...STANDARD_POLICY, rules: list }
}

function members(terms: Partial<Terms>): Rule {
  return { name: 'guests', subject: { kind: 'members' }, terms }
}

function allow(world: VirtualCommune, machine: string, policy: Policy): void {
  world.machine(machine).policy = policy
  world.machine(machine).running?.policyChanged()
}

/** So many times a tenth of a core, and little else. */
const slots = (count: number) => ({ cpuMilli: 100 * count, memoryBytes: 16 * MIB })

/** One machine of Alice with room for ten slots; Bob works with her and has none. */
async function hostAndGuest(policy: Policy) {
  const world = new VirtualCommune({ seed: 7 })
  for (const name of ['alice', 'bob']) world.owner(name)
  world.addMachine('alice-1', { owner: 'alice', offer: { cpuMilli: 1_000 } })
  world.addMachine('bob-1', { owner: 'bob', offer: { cpuMilli: 0 } })
  world.machine('alice-1').policy = policy
  return world.start()
}

describe('what a policy does not allow', () => {
  test('is refused by a bid that names the rule, and runs on other machines', async () => {
    const world = threeOwners()
    world.machine('bob-1').policy = rules(members({ images: [] }))
    await world.start()
    world.owner('alice').publish('web', { replicas: 3 })
    await world.settle()
    expect(world.placesOf('web')).not.toContain('bob-1')
    expect(world.bid('bob-1', 'alice', 'web')).toMatchObject({
      slots: 0,
      reason: 'policy',
      message: expect.stringContaining('rule “guests” of the machine’s policy'),
    })
  })

  test('binds others, not the machine’s owner', async () => {
    const world = await hostAndGuest(rules(members({ allow: false })))
    world.owner('alice').publish('mine')
    world.owner('bob').publish('his')
    await world.settle()
    expect(world.workloadsOn('alice-1')).toEqual(['mine'])
  })

  test('a more specific rule lets in what the general one keeps out', async () => {
    const guests = members({ allow: false })
    const world = await hostAndGuest(rules(guests))
    const bob = { kind: 'owner', owner: world.owner('bob').did } as const
    allow(world, 'alice-1', rules(guests, { name: 'bob', subject: bob, terms: { allow: true } }))
    world.owner('bob').publish('his', { resources: slots(1) })
    await world.settle()
    expect(world.workloadsOn('alice-1')).toEqual(['his'])
  })
})

describe('when the policy changes while work runs', () => {
  test('what is not allowed any more moves first, and stops then', async () => {
    const world = await threeOwners().start()
    world.owner('alice').publish('web')
    await world.settle()
    world.owner('alice').publish('site')
    await world.settle()
    const [holder = ''] = world.placesOf('web')
    let fewest = 1
    world.trace.onAction(() => (fewest = Math.min(fewest, world.containers('web').length)))
    const shut = { allow: false }
    const everybody = [
      members(shut),
      { name: 'me', subject: { kind: 'own' }, terms: shut } as const,
    ]
    allow(world, holder, rules(...everybody))
    await world.until('it moved', () => !world.placesOf('web').includes(holder), 60_000)
    await world.settle()
    expect(fewest).toBe(1)
    expect(world.placesOf('web')).toHaveLength(1)
  })

  test('where nobody else takes it, it has the whole notice', async () => {
    const world = await hostAndGuest(STANDARD_POLICY)
    world.owner('bob').publish('his', { resources: slots(1) })
    await world.settle()
    allow(world, 'alice-1', rules(members({ allow: false })))
    await world.advance(NOTICE_MS - 60_000)
    expect(world.workloadsOn('alice-1')).toEqual(['his'])
    await world.advance(5 * 60_000)
    expect(world.workloadsOn('alice-1')).toEqual([])
    allow(world, 'alice-1', STANDARD_POLICY)
    await world.settle()
    expect(world.workloadsOn('alice-1')).toEqual(['his'])
  })

  test('a new revision that is not allowed is withdrawn from with notice', async () => {
    const world = await hostAndGuest(rules(members({ security: 'restricted' })))
    world.owner('bob').publish('his', { resources: slots(1) })
    await world.settle()
    world.owner('bob').edit('his', { security: 'baseline' })
    await world.settle()
    expect(world.bid('alice-1', 'bob', 'his')).toMatchObject({ slots: 0, reason: 'policy' })
    await world.advance(NOTICE_MS + 60_000)
    expect(world.workloadsOn('alice-1')).toEqual([])
  })
})

describe('limits', () => {
  test('a total holds for all of a rule’s work together; what is over it says so and waits', async () => {
    const world = await hostAndGuest(rules(members({ total: { cpuMilli: 300 } })))
    for (const name of ['a', 'b']) world.owner('bob').publish(name, { resources: slots(2) })
    world.owner('alice').publish('mine', { resources: slots(5) })
    await world.settle()
    expect(world.workloadsOn('alice-1')).toHaveLength(2)
    expect(world.workloadsOn('alice-1')).toContain('mine')
    const waiting = world.workloadsOn('alice-1').includes('a') ? 'b' : 'a'
    expect(world.bid('alice-1', 'bob', waiting)).toMatchObject({
      reason: 'no-cpu',
      message: expect.stringContaining('100m free under rule “guests” of the machine’s policy'),
    })
    world.owner('bob').remove(waiting === 'a' ? 'b' : 'a')
    await world.settle()
    expect(world.workloadsOn('alice-1')).toEqual([waiting, 'mine'].toSorted())
  })

  test('a workload that waits for its total keeps no room from others', async () => {
    const world = await hostAndGuest(rules(members({ total: { cpuMilli: 100 } })))
    world.owner('bob').publish('big', { resources: slots(8) })
    await world.advance(60_000)
    for (const name of ['m1', 'm2', 'm3'])
      world.owner('alice').publish(name, { resources: slots(3) })
    await world.settle()
    expect(world.workloadsOn('alice-1')).toEqual(['m1', 'm2', 'm3'])
  })

  test('the reserve is kept for the machine’s owner', async () => {
    const reserve = { cpuMilli: 600, memoryBytes: 0, storageBytes: 0 }
    const world = await hostAndGuest({ ...STANDARD_POLICY, reserve })
    world.owner('bob').publish('his', { replicas: 8, resources: slots(1) })
    await world.settle()
    expect(world.containers('his')).toHaveLength(4)
    world.owner('alice').publish('mine', { resources: slots(6) })
    await world.settle()
    expect(world.containers('his')).toHaveLength(4)
    expect(world.containers('mine')).toHaveLength(1)
  })
})

test('hours: work runs at night only, and moves away in the morning', async () => {
  const world = await hostAndGuest(STANDARD_POLICY)
  const minute = Math.floor(world.clock.wallMs() / 60_000) % (24 * 60)
  const from = (minute + 30) % (24 * 60)
  const hours = [{ fromMinute: from, toMinute: (from + 60) % (24 * 60), timeZone: 'UTC' }]
  allow(world, 'alice-1', rules(members({ hours })))
  world.owner('bob').publish('his', { resources: slots(1) })
  await world.advance(25 * 60_000)
  expect(world.workloadsOn('alice-1')).toEqual([])
  await world.advance(10 * 60_000)
  expect(world.workloadsOn('alice-1')).toEqual(['his'])
  await world.advance(60 * 60_000 + NOTICE_MS)
  expect(world.workloadsOn('alice-1')).toEqual([])
})
