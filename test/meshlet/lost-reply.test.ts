import { expect, test } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { Write } from '../../src/ports/records.ts'
import { threeOwners, type VirtualCommune } from '../support/virtual-commune.ts'

/** One replica that runs, on the machine that is returned. */
async function oneReplica() {
  const world = await threeOwners().start()
  world.owner('alice').publish('web')
  await world.settle()
  const [name = ''] = world.placesOf('web')
  return { world, name, machine: world.machine(name) }
}

/** Kills the meshlet right after its PDS took a commit for which this holds, before it heard of it. */
async function killAfterCommit(
  world: VirtualCommune,
  name: string,
  isIt: (write: Write) => boolean,
): Promise<void> {
  const machine = world.machine(name)
  let isTaken = false
  machine.writeFault = (writes) => {
    if (isTaken || !writes.some(isIt)) return undefined
    isTaken = true
    return 'lost-reply'
  }
  await world.until('the commit is taken', () => isTaken)
  machine.crash()
  machine.writeFault = () => undefined
}

const isDeletedBid = ({ action, collection }: Write) =>
  action === 'delete' && collection === COLLECTION.bid

test('a deletion that was committed before the crash is not undone after it', async () => {
  const { world, name, machine } = await oneReplica()
  world.owner('alice').remove('web')
  await killAfterCommit(world, name, isDeletedBid)
  const from = world.trace.length
  machine.restart()
  await world.settle()
  expect(world.bid(name, 'alice', 'web')).toBeUndefined()
  const bids = world.trace
    .writes(machine.did, from)
    .filter(({ collection, isDeletion }) => collection === COLLECTION.bid && !isDeletion)
  expect(bids).toEqual([])
})

test('a record that was changed before the crash is not changed back after it', async () => {
  const { world, name, machine } = await oneReplica()
  const isStatus = ({ collection }: Write) => collection === COLLECTION.workloadStatus
  const [running] = world.containers('web')
  const killing = machine.engine.killContainer(running?.container.id ?? '')
  await world.clock.run(killing)
  await killAfterCommit(world, name, isStatus)
  const committed = world.workloadStatus(name, 'alice', 'web')
  const seen: (string | undefined)[] = []
  machine.restart()
  for (let looks = 0; looks < 200; looks++) {
    await world.advance(500)
    seen.push(world.workloadStatus(name, 'alice', 'web')?.updatedAt)
  }
  expect(seen.filter((at) => String(at) < String(committed?.updatedAt))).toEqual([])
  expect(world.containers('web')).toHaveLength(1)
})
