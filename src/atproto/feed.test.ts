import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/support/eventually.ts'
import { ALICE, BOB, FeedWorld, PATIENCE } from '../../test/support/feed-world.ts'
import { clusterWrite, deletion, postWrite } from '../../test/support/sample-records.ts'
import { ScriptedRepo } from '../../test/support/scripted-repo.ts'
import { COLLECTION } from '../model/nsid.ts'

describe('the feed', PATIENCE, () => {
  let world: FeedWorld
  beforeEach(async () => {
    world = await FeedWorld.start()
  })
  afterEach(() => world[Symbol.asyncDispose]())

  it('lists a repo, then follows its commits one by one', async () => {
    const alice = await world.repoOf(ALICE)
    await alice.write(clusterWrite('a'), postWrite('p'))
    await world.settle(alice)
    expect(world.keys(ALICE)).toEqual(['a'])
    expect(world.changes.map(({ rkey, via }) => [rkey, via])).toEqual([['a', 'listing']])
    const before = world.looks
    await world.publish(alice, clusterWrite('b'), postWrite('q'))
    await world.publish(alice, postWrite('r'))
    await world.publish(alice, clusterWrite('a', 2), deletion(COLLECTION.cluster, 'b'))
    await eventually('the commits are seen', world.seen(alice))
    expect(world.keys(ALICE)).toEqual(['a'])
    expect(
      world.changes.slice(1).map(({ rkey, via, cid }) => [rkey, via, cid !== undefined]),
    ).toEqual([
      ['b', 'stream', true],
      ['a', 'stream', true],
      ['b', 'stream', false],
    ])
    expect(world.looks).toBe(before)
    expect(world.feed.status().hosts).toMatchObject([{ connected: true, cursor: 3, inDoubt: 0 }])
  })

  it('lists what it follows even while the host streams nothing', async () => {
    world.host.script = (socket) => socket.close(1013)
    const alice = await world.repoOf(ALICE)
    await alice.write(clusterWrite('a'))
    world.feed.follow(new Set([ALICE]))
    await eventually('it is listed', () => world.keys(ALICE).length === 1, world.clock)
  })

  it('does nothing twice when commits are replayed', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settle(alice)
    const first = await alice.write(clusterWrite('a', 1))
    world.host.emit('#commit', first)
    await world.publish(alice, clusterWrite('a', 2))
    await eventually('both are seen', world.seen(alice))
    world.host.emit('#commit', first)
    await world.publish(alice, clusterWrite('b'))
    await eventually('the next is seen', world.seen(alice))
    expect(world.changes.map((change) => change.rkey)).toEqual(['a', 'a', 'b'])
    expect(world.feed.get(ALICE, COLLECTION.cluster, 'a')?.value).toMatchObject({
      members: ['did:plc:member2'],
    })
  })

  it('goes on where it stopped', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settle(alice)
    await world.publish(alice, clusterWrite('a'))
    await eventually('it is seen', world.seen(alice))
    await world.feed[Symbol.asyncDispose]()
    await world.publish(alice, clusterWrite('b'), deletion(COLLECTION.cluster, 'a'))
    world.start()
    expect(world.keys(ALICE)).toEqual(['a'])
    world.feed.follow(new Set([ALICE]))
    await eventually('it caught up', world.seen(alice), world.clock)
    expect(world.keys(ALICE)).toEqual(['b'])
    expect(world.host.connections.at(-1)).toBe('?cursor=1')
    expect(world.changes.map((change) => change.rkey).toSorted()).toEqual(['a', 'b'])
  })

  it('goes on when a listener fails', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settle(alice)
    world.feed.onChange(() => {
      throw new Error('no')
    })
    await world.publish(alice, clusterWrite('a'))
    await eventually('it is seen', world.seen(alice))
    expect(world.feed.status().hosts).toMatchObject([{ cursor: 1, reconnects: 0 }])
  })

  it('finds by itself what nobody told it', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settle(alice)
    await alice.write(clusterWrite('quiet'))
    world.clock.advance(10 * 60_000)
    await eventually('it is found', world.seen(alice), world.clock)
  })

  it('forgets what is not followed any more', async () => {
    const [alice, bob] = [await world.repoOf(ALICE), await world.repoOf(BOB)]
    await alice.write(clusterWrite('a'))
    await world.settle(alice, bob)
    world.feed.follow(new Set([BOB]))
    expect([world.feed.repoState(ALICE), world.keys(ALICE)]).toEqual(['unknown', []])
    await world.publish(alice, clusterWrite('b'))
    await world.publish(bob, clusterWrite('b'))
    await eventually('bob is seen', world.seen(bob))
    expect(world.feed.repoState(ALICE)).toBe('unknown')
  })

  it('tries again with a DID that does not resolve', async () => {
    const alice = await ScriptedRepo.create(ALICE)
    world.feed.follow(new Set([ALICE]))
    const problem = () => world.feed.repoProblem(ALICE)
    await eventually('it says so', () => problem()?.includes('resolve') === true, world.clock)
    expect(world.feed.repoState(ALICE)).toBe('unknown')
    world.host.add(alice)
    world.identity.set(alice, world.host)
    await eventually('it is read', () => world.feed.repoState(ALICE) === 'known', world.clock)
    expect(problem()).toBeUndefined()
  })
})
