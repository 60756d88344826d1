import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/support/eventually.ts'
import { ALICE, BOB, FeedWorld, PATIENCE } from '../../test/support/feed-world.ts'
import { clusterWrite, deletion } from '../../test/support/sample-records.ts'
import { revOf } from '../../test/support/scripted-repo.ts'
import { COLLECTION } from '../model/nsid.ts'

describe('the feed given a hint', PATIENCE, () => {
  let world: FeedWorld
  beforeEach(async () => {
    world = await FeedWorld.start()
  })
  afterEach(() => world[Symbol.asyncDispose]())

  it('reads the record at once, and the stream brings the rest in order', async () => {
    const alice = await world.repoOf(ALICE)
    await alice.write(clusterWrite('x'))
    await world.settle(alice)
    const before = await alice.write(deletion(COLLECTION.cluster, 'x'))
    const named = await alice.write(clusterWrite('a'))
    world.feed.hint(ALICE, alice.rev, `at://${ALICE}/${COLLECTION.cluster}/a`)
    await eventually('it is read', () => world.keys(ALICE).includes('a'))
    expect(world.changes.at(-1)).toMatchObject({ rkey: 'a', via: 'record' })
    expect(world.keys(ALICE)).toEqual(['a', 'x'])
    world.host.emit('#commit', before)
    world.host.emit('#commit', named)
    await eventually('the stream came', world.seen(alice))
    expect(world.keys(ALICE)).toEqual(['a'])
    expect(world.changes).toHaveLength(3)
  })

  it('looks at the repo when no record is named, or when it is gone', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settleLongAgo(alice)
    await alice.write(clusterWrite('a'))
    world.feed.hint(ALICE, alice.rev)
    await eventually('it is read', world.seen(alice))
    const event = await alice.write(deletion(COLLECTION.cluster, 'a'), clusterWrite('b'))
    world.feed.hint(ALICE, alice.rev, `at://${ALICE}/${COLLECTION.cluster}/a`)
    await eventually('what is new is read', () => world.keys(ALICE).includes('b'))
    expect(world.keys(ALICE)).toEqual(['a', 'b'])
    world.host.emit('#commit', event)
    await eventually('the deletion is proven by the stream', world.seen(alice))
    expect(world.keys(ALICE)).toEqual(['b'])
  })

  it('slows down when hints are in vain, and ignores what it knows', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settle(alice)
    const before = world.host.requests.length
    for (let i = 0; i < 50; i++) {
      world.feed.hint(ALICE, alice.rev)
      world.feed.hint(BOB, revOf(1_800_000_000_000_000))
      world.feed.hint(ALICE, undefined, `at://${BOB}/${COLLECTION.cluster}/a`)
    }
    expect(world.host.requests.length).toBe(before)
    for (let second = 0; second < 100; second++) {
      for (let i = 0; i < 20; i++) world.feed.hint(ALICE, revOf(1_800_000_000_000_000))
      await eventually('it is calm', () => world.feed.status().repos.every((repo) => !repo.inDoubt))
      world.clock.advance(1000)
    }
    expect(world.host.requests.length - before).toBeLessThan(25)
  })
})
