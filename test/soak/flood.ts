import { COLLECTION } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { Did } from '../../src/model/records.ts'
import type { Write } from '../../src/ports/records.ts'
import { didOf, VirtualCommune } from '../support/virtual-commune.ts'

const CREATED_AT = '2026-01-01T00:00:00.000Z'
const WORKLOADS = 10
const STRANGERS = 20
const BIDS = 50
/** Virtual time for all to happen, and for what is put off to be done. */
const BUSY_MS = 60_000
const CALM_MS = 180_000

/** A machine of Alice, and Bob, a member who means ill, with a machine of his own. */
export async function startFloodedCommune(): Promise<VirtualCommune> {
  const world = new VirtualCommune()
  for (const owner of ['alice', 'bob']) {
    world.owner(owner)
    world.addMachine(`${owner}-1`, { owner })
  }
  for (const name of ['alice-1', 'bob-1']) world.machine(name)
  return world.start()
}

/**
 * All that a member can do to fill somebody's memory, with names that never were there before: workloads
 * that come and go, junk records, bids for what is not there, lists of strangers, hints, and who was
 * heard. What he wrote is deleted in the end.
 */
export async function flood(world: VirtualCommune, round: number): Promise<void> {
  const bob = world.owner('bob')
  const names = Array.from({ length: WORKLOADS }, (_, i) => `w${round}-${i}`)
  const strangers = Array.from({ length: STRANGERS }, (_, i) => didOf(`stranger${round}x${i}`))
  const junk = [...bids(round), ...suspicions(round), ...broken(round)]
  for (const name of names) bob.publish(name)
  listMembers(world, strangers)
  world.repos.commit(didOf('bob-1'), junk)
  const { meshlet } = world.machine('alice-1')
  for (const did of [didOf('bob-1'), ...strangers])
    meshlet.heartbeats.receive(did, {
      epoch: round + 1,
      heard: strangers.map((each) => ({ did: each, agoMs: 0, epoch: 1 })),
      hints: strangers.map((each) => ({ did: each, rev: '3jzfcijpj2z2a' })),
    })
  await world.advance(BUSY_MS)
  for (const name of names) bob.remove(name)
  listMembers(world, [])
  const deletions = junk.map(({ collection, rkey }) => ({
    action: 'delete' as const,
    collection,
    rkey,
  }))
  world.repos.commit(didOf('bob-1'), deletions)
  await world.advance(CALM_MS)
}

function bids(round: number): readonly Write[] {
  return Array.from({ length: BIDS }, (_, i) => {
    const owner = i % 2 === 0 ? didOf('alice') : didOf(`nobody${round}x${i}`)
    const workload = `at://${owner}/${COLLECTION.workload}/none-${round}-${i}`
    const fields = { workload, placementKey: 'a.b', round: i, epoch: 1, slots: 1, score: 1 }
    return put(COLLECTION.bid, recordKeyFor(workload), fields)
  })
}

function suspicions(round: number): readonly Write[] {
  return Array.from({ length: BIDS }, (_, i) => {
    const suspect = didOf(`nobody${round}x${i}`)
    return put(COLLECTION.suspicion, recordKeyFor(suspect), {
      suspect,
      epoch: 1,
      since: CREATED_AT,
    })
  })
}

/** Records that fit no lexicon. */
function broken(round: number): readonly Write[] {
  return Array.from({ length: BIDS }, (_, i) =>
    put(COLLECTION.cluster, `broken-${round}-${i}`, { members: i }),
  )
}

function listMembers(world: VirtualCommune, members: readonly Did[]): void {
  world.repos.commit(didOf('bob'), [put(COLLECTION.cluster, 'crowd', { members })])
}

function put(collection: Write['collection'], rkey: string, fields: object) {
  const value = { $type: collection, createdAt: CREATED_AT, ...fields }
  return { action: 'put', collection, rkey, value } as const
}
