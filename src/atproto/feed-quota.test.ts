import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/support/eventually.ts'
import { ALICE, FeedWorld, PATIENCE } from '../../test/support/feed-world.ts'
import { clusterWrite, deletion } from '../../test/support/sample-records.ts'
import { COLLECTION } from '../model/nsid.ts'

describe('the quota of a repo', PATIENCE, () => {
  let world: FeedWorld
  beforeEach(async () => {
    world = await FeedWorld.start()
  })
  afterEach(() => world[Symbol.asyncDispose]())

  it('#36 ignores what is beyond the quota, whatever the order in which it came', async () => {
    const quota = { recordsMax: 3, recordBytesMax: 10_000, repoBytesMax: 100_000 }
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
})
