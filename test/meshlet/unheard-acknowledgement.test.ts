import { expect, test } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import { imageOf } from '../support/virtual-owner.ts'
import { threeOwners, type VirtualCommune } from '../support/virtual-commune.ts'
import type { DeathPoint } from '../support/virtual-machine.ts'

/** After the commit was sent and before its answer; after the answer, at any of the writes that follow. */
const POINTS: readonly DeathPoint[] = ['acknowledgement', 'journal']
/** More commits and journal writes than one operation needs. */
const CALLS_MAX = 6
/** What goes on meanwhile, and how many replicas there are to be afterwards. */
const OPERATIONS: readonly {
  readonly what: string
  readonly act: (world: VirtualCommune) => void
  readonly replicas: number
}[] = [
  { what: 'a placement', act: () => undefined, replicas: 3 },
  {
    what: 'a new image',
    act: (world) => world.owner('alice').edit('web', { image: imageOf('second') }),
    replicas: 3,
  },
  { what: 'a deletion', act: (world) => world.owner('alice').remove('web'), replicas: 0 },
  {
    what: 'a drain',
    act: (world) => world.machine('bob-1').running?.duty.drain({}),
    replicas: 3,
  },
]

const CASES = OPERATIONS.flatMap((operation) => POINTS.map((point) => ({ ...operation, point })))

test.each(CASES)(
  'killed at its $point in the middle of $what, a machine loses nothing and doubles nothing',
  async ({ act, point, replicas, what }) => {
    for (let calls = 1; calls <= CALLS_MAX; calls++) {
      const world = threeOwners({ seed: calls })
      for (const name of ['alice-2', 'bob-2']) world.addMachine(name, { owner: name.slice(0, -2) })
      await world.start()
      const bob = world.machine('bob-1')
      const cameBack = returnsOf(world)
      if (what === 'a placement') bob.dieAt(point, calls)
      world.owner('alice').publish('web', { replicas: 3, spread: 'owner' })
      if (what !== 'a placement') {
        await world.settle()
        bob.dieAt(point, calls)
        act(world)
      }
      await world.advance(3_000)
      bob.dieNoMore()
      bob.restart()
      await world.settle()
      const told = `${what}, the ${calls}. ${point}`
      expect(world.placesOf('web'), told).toHaveLength(replicas)
      for (const { name, engine } of world.machines.values())
        expect(engine.containers, told).toHaveLength(world.workloadsOn(name).length)
      expect(world.meshletStatus('bob-1')?.epoch, told).toBe(1)
      expect(cameBack, told).toEqual([])
    }
  },
  60_000,
)

/** Bids and statuses of work that were written again as they had been before they were changed. */
function returnsOf(world: VirtualCommune): readonly string[] {
  const returns: string[] = []
  const versions = new Map<string, (string | undefined)[]>()
  world.repos.onCommit(({ did }, { changes }) => {
    for (const { collection, rkey, record } of changes) {
      if (collection !== COLLECTION.bid && collection !== COLLECTION.workloadStatus) continue
      const key = `${did} ${collection} ${rkey}`
      const before = versions.get(key) ?? []
      const cid = record?.cid
      if (cid !== undefined && before.slice(0, -1).includes(cid)) returns.push(key)
      versions.set(key, [...before, cid])
    }
  })
  return returns
}

test('what its PDS took last stands, though the machine was killed before it heard of it', async () => {
  const world = await threeOwners().start()
  world.owner('alice').publish('web', { replicas: 3 })
  await world.settle()
  const bob = world.machine('bob-1')
  const before = world.bid('bob-1', 'alice', 'web')
  bob.crash()
  // As when it had moved its bid to a later round.
  const rkey = recordKeyFor(world.uri('alice', 'web'))
  const value = { ...before, round: 1 }
  world.repos.commit(bob.did, [{ action: 'put', collection: COLLECTION.bid, rkey, value }])
  const cameBack = returnsOf(world)
  bob.restart()
  await world.settle()
  expect(world.bid('bob-1', 'alice', 'web')).toEqual(value)
  expect(cameBack).toEqual([])
  expect(world.placesOf('web')).toHaveLength(3)
  expect(world.meshletStatus('bob-1')?.epoch).toBe(1)
})
