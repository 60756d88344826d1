import { expect, test } from 'vitest'
import { VirtualCommune, threeOwners } from '../support/virtual-commune.ts'
import type { VirtualMachine } from '../support/virtual-machine.ts'

/** One replica of `web`, and its machine, whose offer follows from the engine. */
async function oneReplica(): Promise<{ world: VirtualCommune; machine: VirtualMachine }> {
  const world = await threeOwners({ machine: { offer: {} } }).start()
  world.owner('alice').publish('web', { constraints: ['arch=amd64'], resources: {} })
  await world.settle()
  const [place] = world.placesOf('web')
  if (place === undefined) throw new Error('nothing runs')
  return { world, machine: world.machine(place) }
}

const STATES = [
  { what: 'its state', withState: true },
  { what: 'nothing of its state', withState: false },
]

test.each(STATES)(
  'a program with $what that starts while its engine is down takes nothing back for five minutes',
  async ({ withState }) => {
    const { world, machine } = await oneReplica()
    const status = world.meshletStatus(machine.name)
    const from = world.trace.entries.length
    machine.engineFault = () => ({ kind: 'refuse' })
    machine.restart({ withState })
    await world.advance(4 * 60_000)
    expect(world.bid(machine.name, 'alice', 'web')).toMatchObject({ slots: 1 })
    const { capacity, labels } = status ?? {}
    expect(world.meshletStatus(machine.name)).toMatchObject({ capacity, labels })
    machine.engineFault = () => undefined
    await world.settle()
    expect(world.placesOf('web')).toEqual([machine.name])
    expect(world.trace.actions(undefined, from)).toEqual([])
  },
)

test.each(STATES)(
  'a program with $what that starts while its engine is down gives its work away after five minutes',
  async ({ withState }) => {
    const { world, machine } = await oneReplica()
    machine.engineFault = () => ({ kind: 'refuse' })
    machine.restart({ withState })
    const elsewhere = () => world.placesOf('web').some((place) => place !== machine.name)
    const ms = await world.until('a replica elsewhere', elsewhere, 10 * 60_000)
    expect(ms).toBeGreaterThan(5 * 60_000)
    expect(world.bid(machine.name, 'alice', 'web')).toMatchObject({ reason: 'engine-silent' })
  },
)

test('new work does not wait for a machine whose engine never answered', async () => {
  const world = threeOwners({ machine: { offer: {} } })
  const machine = world.machine('bob-1')
  machine.engineFault = () => ({ kind: 'refuse' })
  await world.start()
  world.owner('alice').publish('web', { replicas: 2, resources: {} })
  await world.untilRunning('web', 2, 30_000)
  await world.settle()
  expect(world.placesOf('web')).toEqual(['alice-1', 'carol-1'])
})
