import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/support/eventually.ts'
import { ALICE, BOB, FeedWorld, PATIENCE } from '../../test/support/feed-world.ts'
import { clusterWrite, deletion, workloadWrite } from '../../test/support/sample-records.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { REPO_QUOTA, type RepoQuota } from './repo-walk.ts'

describe('the quota of a repo', PATIENCE, () => {
  let world: FeedWorld
  beforeEach(async () => {
    world = await FeedWorld.start()
  })
  afterEach(() => world[Symbol.asyncDispose]())

  it('#36 ignores what is beyond the quota, whatever the order in which it came', async () => {
    const quota = { ...REPO_QUOTA, recordsMax: 3 }
    await world.feed[Symbol.asyncDispose]()
    world.start({ quota, file: ':memory:' })
    const alice = await world.repoOf(ALICE)
    await alice.write(clusterWrite('d'), clusterWrite('c'))
    await world.settle(alice)
    await world.publish(alice, clusterWrite('b'), clusterWrite('a'))
    await eventually('it is read', world.seen(alice), world.clock)
    expect(world.keys(ALICE)).toEqual(['a', 'b', 'c'])
    expect(world.feed.repoProblem(ALICE)).toContain('more than is read')
    expect(world.feed.invalidReason(ALICE, COLLECTION.cluster, 'd')).toContain('more than is read')
    expect(world.feed.invalidReason(ALICE, COLLECTION.cluster, 'b2')).toBeUndefined()
    await world.publish(alice, deletion(COLLECTION.cluster, 'a'))
    await eventually(
      'the next one takes its place',
      () => world.keys(ALICE).includes('d'),
      world.clock,
    )
    expect(world.keys(ALICE)).toEqual(['b', 'c', 'd'])
    expect(world.feed.repoProblem(ALICE)).toBeUndefined()
  })

  /** Room for two workloads in a machine's repo. */
  const ofMachines = { ...REPO_QUOTA, machineBytesMax: 400 }

  async function startWith(quota: RepoQuota): Promise<void> {
    await world.feed[Symbol.asyncDispose]()
    world.start({ quota, file: ':memory:' })
  }

  const flood = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => workloadWrite(name))
  const workloads = (did: Did) => world.feed.list(did, COLLECTION.workload).map(([rkey]) => rkey)

  it('#36 reads less of a machine than of an owner, and nobody else is any the worse for it', async () => {
    await startWith(ofMachines)
    const [alice, bob] = [await world.repoOf(ALICE), await world.repoOf(BOB)]
    await alice.write(...flood)
    await bob.write(...flood)
    const both = new Set<Did>([ALICE, BOB])
    const follow = (machines: Did[]) => world.feed.follow(both, new Set(machines))
    const settled = () => world.isQuiet([alice, bob])
    follow([BOB])
    await eventually('all is read', settled, world.clock)
    expect([workloads(ALICE).length, workloads(BOB)]).toEqual([6, ['a', 'b']])
    expect(world.feed.repoProblem(ALICE)).toBeUndefined()
    expect(world.feed.repoProblem(BOB)).toContain('more than is read')
    follow([])
    await eventually('an owner’s comes back', () => workloads(BOB).length === 6, world.clock)
    expect(world.feed.repoProblem(BOB)).toBeUndefined()
    follow([ALICE])
    expect([workloads(ALICE), workloads(BOB).length]).toEqual([['a', 'b'], 6])
    expect(world.feed.repoProblem(ALICE)).toContain('more than is read')
  })

  it('#36 reads the same of a machine that names its owner, for whatever reason it is followed', async () => {
    await startWith(ofMachines)
    const bob = await world.repoOf(BOB)
    await bob.write(...flood)
    await world.settle(bob)
    expect(workloads(BOB)).toHaveLength(6)
    await world.publish(bob, {
      collection: COLLECTION.meshletOwner,
      rkey: 'self',
      value: {
        $type: COLLECTION.meshletOwner,
        ownerDid: ALICE,
        createdAt: '2026-01-01T00:00:00.000Z',
      },
    })
    await eventually('it is read', world.seen(bob), world.clock)
    const streamed = workloads(BOB)
    expect(world.feed.repoProblem(BOB)).toContain('more than is read')
    await startWith(ofMachines)
    await world.settle(bob)
    expect(workloads(BOB)).toEqual(streamed)
    expect(streamed.length).toBeLessThan(2)
    await world.publish(bob, deletion(COLLECTION.meshletOwner, 'self'))
    await eventually('all of it comes back', () => workloads(BOB).length === 6, world.clock)
  })
})
