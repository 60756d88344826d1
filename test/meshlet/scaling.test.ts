import { expect, test } from 'vitest'
import { VirtualCommune } from '../support/virtual-commune.ts'

const SEEDS = 12

/** So many machines, in turn of alice and bob, or all of alice. */
function commune(seed: number, machines: number, owners: readonly string[]): VirtualCommune {
  const world = new VirtualCommune({ seed })
  for (const owner of owners) world.owner(owner)
  for (let i = 0; i < machines; i++) {
    const owner = owners[i % owners.length] ?? ''
    world.addMachine(`${owner}-${i + 1}`, { owner })
  }
  return world
}

test.each([
  { machines: 2, owners: ['alice', 'bob'], from: 1, to: 3 },
  { machines: 2, owners: ['alice'], from: 1, to: 3 },
  { machines: 2, owners: ['alice', 'bob'], from: 2, to: 5 },
  { machines: 3, owners: ['alice', 'bob', 'carol'], from: 1, to: 7 },
  { machines: 3, owners: ['alice', 'bob'], from: 3, to: 4 },
])(
  'scaled from $from to $to on $machines machines of $owners, what is missing is started and nothing else is done',
  async ({ machines, owners, from, to }) => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = await commune(seed, machines, owners).start()
      world.owner('alice').publish('web', { replicas: from })
      await world.settle()
      const mark = world.trace.entries.length
      world.owner('alice').edit('web', { replicas: to })
      await world.settle()
      expect(world.placesOf('web'), `seed ${seed}`).toHaveLength(to)
      const calls = world.trace.actions(undefined, mark).map(({ call }) => call)
      const counted = Object.fromEntries(
        ['createContainer', 'startContainer', 'stopContainer', 'removeContainer'].map((name) => [
          name,
          calls.filter((call) => call === name).length,
        ]),
      )
      expect(counted, `seed ${seed}`).toEqual({
        createContainer: to - from,
        startContainer: to - from,
        stopContainer: 0,
        removeContainer: 0,
      })
    }
  },
)

test('what is too many ends although the workload is named again all the time', async () => {
  const world = await commune(1, 1, ['alice']).start()
  world.owner('alice').publish('web', { replicas: 2 })
  await world.settle()
  const nameIt = () => {
    world.machine('alice-1').running?.lookAt(world.uri('alice', 'web'))
    world.clock.schedule(1, nameIt)
  }
  nameIt()
  world.owner('alice').edit('web', { replicas: 1 })
  await world.until('one is left', () => world.placesOf('web').length === 1, 10_000)
})
