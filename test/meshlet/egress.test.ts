import { describe, expect, test } from 'vitest'
import type { MemoryEngine } from '../../src/engine/memory.ts'
import { problemsOf } from '../../src/meshlet/health.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { MeshletStatusRecord } from '../../src/model/records.ts'
import { STANDARD_POLICY } from '../../src/policy/standard-policy.ts'
import type { WallReport } from '../../src/ports/engine.ts'
import type { WallState } from '../../src/ports/walls.ts'
import { VirtualCommune } from '../support/virtual-commune.ts'

/** Workloads with a way to the internet, and the firewall rules that they depend on. */

const DOWN: WallState = { kind: 'down', why: 'the firewall rules are not there' }
const STANDING: WallState = { kind: 'standing' }
const UNKNOWN: WallState = { kind: 'unknown', why: 'nft: Operation not permitted' }
const SHOWN: WallReport = { kind: 'standing', tried: 9 }
const OPEN: WallReport = { kind: 'open', tried: 9, open: ['the gateway can be reached'] }
const GRANTED = {
  ...STANDARD_POLICY,
  rules: [{ name: 'friends', subject: { kind: 'members' }, terms: { egress: 'internet' } }],
} as const

/** Two machines that work for Bob, who has no room himself. */
async function hosts(states: Readonly<Record<string, WallState>>, shown = SHOWN) {
  const world = new VirtualCommune({ seed: 17 })
  for (const name of ['alice', 'bob', 'carol']) world.owner(name)
  world.addMachine('bob-1', { owner: 'bob', offer: { cpuMilli: 0 } })
  for (const [name, state] of Object.entries(states)) {
    world.addMachine(name, { owner: name.split('-')[0] ?? '', offer: { cpuMilli: 1_000 } })
    world.machine(name).policy = GRANTED
    engineOf(world, name).firewallState = state
    engineOf(world, name).walls.internet = shown
  }
  return world.start()
}

function engineOf(world: VirtualCommune, machine: string): MemoryEngine {
  return world.machine(machine).engine
}

function labelsOf(world: VirtualCommune, machine: string) {
  const { view, config } = world.machine(machine).meshlet
  const status = view.get<MeshletStatusRecord>(config.did, COLLECTION.meshletStatus, 'self')
  return status?.value.labels ?? []
}

const LABEL = { name: 'egress', value: 'internet' }

describe('egress: internet', () => {
  test('runs where the rules stand; where they do not, the machine says what is to be done', async () => {
    const world = await hosts({ 'alice-1': DOWN, 'carol-1': STANDING })
    world.owner('bob').publish('web', { egress: 'internet' })
    await world.settle()
    expect(world.placesOf('web')).toEqual(['carol-1'])
    expect(world.bid('alice-1', 'bob', 'web')).toMatchObject({
      slots: 0,
      reason: 'walls',
      message: 'egress: internet is not offered here: the firewall rules are not there',
    })
    expect(labelsOf(world, 'carol-1')).toContainEqual(LABEL)
    expect(labelsOf(world, 'alice-1')).not.toContainEqual(LABEL)
    const [network] = engineOf(world, 'carol-1').networks.keys()
    expect(network).toMatch(/-internet$/)
  })

  test('its containers ask the public name servers, and others none', async () => {
    const world = await hosts({ 'carol-1': STANDING })
    world.owner('bob').publish('web', { egress: 'internet' }).publish('plain')
    await world.settle()
    const resolvers = engineOf(world, 'carol-1').containers.map(({ options }) => [
      options.name.split('-')[1],
      options.resolvers,
    ])
    expect(Object.fromEntries(resolvers)).toEqual({
      web: ['9.9.9.9', '1.1.1.1'],
      plain: undefined,
    })
  })

  test('not for the owner’s own work either, while the rules do not stand', async () => {
    const world = await hosts({ 'alice-1': DOWN })
    world.owner('alice').publish('mine', { egress: 'internet' })
    await world.settle()
    expect(world.placesOf('mine')).toEqual([])
    expect(problemsOf(world.machine('alice-1').meshlet)).toEqual([])
    engineOf(world, 'alice-1').firewallState = STANDING
    await world.until('it is seen', () => world.placesOf('mine').length === 1)
  })

  test('where the rules can’t be read, a trial decides', async () => {
    const world = await hosts({ 'alice-1': UNKNOWN }, { kind: 'unproven', why: 'no way in' })
    world.owner('alice').publish('mine', { egress: 'internet' })
    await world.settle()
    expect(world.bid('alice-1', 'alice', 'mine')?.message).toContain('no trial has shown it')
    engineOf(world, 'alice-1').walls.internet = SHOWN
    world.machine('alice-1').breakEngineStreams()
    await world.until('it runs', () => world.placesOf('mine').length === 1)
  })

  test('nobody claims by a label what the machine does not offer', async () => {
    const world = await hosts({ 'alice-1': DOWN })
    const { config } = world.machine('alice-1')
    world.machine('alice-1').config = { ...config, labels: { egress: 'internet', zone: 'a' } }
    world.machine('alice-1').restart()
    await world.settle()
    expect(labelsOf(world, 'alice-1').map(({ name }) => name)).toEqual(['arch', 'os', 'zone'])
  })
})

describe('rules that vanish', () => {
  test('end the work of others at once, which runs elsewhere; own work goes on, and it is told', async () => {
    const world = await hosts({ 'carol-1': STANDING })
    world.owner('bob').publish('web', { egress: 'internet' }).publish('plain')
    world.owner('carol').publish('mine', { egress: 'internet' })
    await world.settle()
    expect(world.workloadsOn('carol-1')).toEqual(['mine', 'plain', 'web'])
    engineOf(world, 'carol-1').firewallState = DOWN
    await world.until('it ends', () => !world.workloadsOn('carol-1').includes('web'), 30_000)
    await world.settle()
    expect(world.workloadsOn('carol-1')).toEqual(['mine', 'plain'])
    expect(world.bid('carol-1', 'bob', 'web')).toMatchObject({ slots: 0, reason: 'walls' })
    const { meshlet } = world.machine('carol-1')
    expect(problemsOf(meshlet)).toEqual(['egress: internet: the firewall rules are not there'])
    const told = meshlet.chronicle.events({ kind: 'walls', limit: 10 })
    expect(told.map(({ reason }) => reason)).toContain(
      'egress internet: the firewall rules are not there',
    )
    engineOf(world, 'carol-1').firewallState = STANDING
    await world.until('it is back', () => world.workloadsOn('carol-1').includes('web'))
  })

  test('so do walls that a trial got through', async () => {
    const world = await hosts({ 'carol-1': STANDING })
    world.owner('bob').publish('web', { egress: 'internet' }).publish('plain')
    await world.settle()
    engineOf(world, 'carol-1').walls.internet = OPEN
    world.machine('carol-1').breakEngineStreams()
    await world.until('it ends', () => !world.workloadsOn('carol-1').includes('web'), 60_000)
    expect(world.workloadsOn('carol-1')).toEqual(['plain'])
  })

  test('and were not seen for a while end nothing', async () => {
    const world = await hosts({ 'carol-1': STANDING })
    world.owner('bob').publish('web', { egress: 'internet' })
    await world.settle()
    engineOf(world, 'carol-1').firewallState = UNKNOWN
    await world.advance(60 * 60_000)
    expect(world.workloadsOn('carol-1')).toEqual(['web'])
  })
})

test('a workload that is given a way out moves to another network, and the old one goes', async () => {
  const world = await hosts({ 'carol-1': STANDING })
  world.owner('bob').publish('web')
  await world.settle()
  world.owner('bob').publish('web', { egress: 'internet' })
  await world.settle()
  expect(world.workloadsOn('carol-1')).toEqual(['web'])
  const networks = [...engineOf(world, 'carol-1').networks.keys()]
  expect(networks).toEqual([expect.stringMatching(/-internet$/)])
})
