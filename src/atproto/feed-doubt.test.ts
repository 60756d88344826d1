import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { MessageFrame } from '@atproto/xrpc-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/support/eventually.ts'
import { ALICE, BOB, FeedWorld, PATIENCE } from '../../test/support/feed-world.ts'
import { clusterWrite } from '../../test/support/sample-records.ts'
import { revOf } from '../../test/support/scripted-repo.ts'

describe('the feed in doubt', PATIENCE, () => {
  let world: FeedWorld
  beforeEach(async () => {
    world = await FeedWorld.start()
  })
  afterEach(() => world[Symbol.asyncDispose]())

  it('starts anew when its cursor lies in the future', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settle(alice)
    await world.publish(alice, clusterWrite('a'))
    await world.publish(alice, clusterWrite('b'))
    await eventually('it is seen', world.seen(alice))
    world.host.wipeStream()
    for (const socket of world.host.sockets) socket.terminate()
    await alice.write(clusterWrite('c'))
    await eventually('it is read again', world.seen(alice), world.clock)
    await eventually(
      'it streams again',
      () => world.feed.status().hosts[0]?.connected === true,
      world.clock,
    )
    expect(world.keys(ALICE)).toEqual(['a', 'b', 'c'])
    expect(world.host.connections.at(-1)).toBe('')
    const connections = world.host.connections.length
    await world.publish(alice, clusterWrite('d'))
    await eventually('it follows again', world.seen(alice), world.clock)
    expect(world.host.connections.length).toBe(connections)
  })

  it('looks at everything when its cursor is outdated', async () => {
    const [alice, bob] = [await world.repoOf(ALICE), await world.repoOf(BOB)]
    await world.settle(alice, bob)
    await world.publish(alice, clusterWrite('a'))
    await eventually('it is seen', world.seen(alice))
    for (const socket of world.host.sockets) socket.close(1001)
    await eventually('it went', () => world.host.sockets.size === 0)
    await world.publish(bob, clusterWrite('forgotten'))
    world.host.oldest = world.host.seq
    await world.publish(alice, clusterWrite('b'))
    await eventually('alice is seen', world.seen(alice), world.clock)
    await eventually('bob is read again', world.seen(bob), world.clock)
    expect(world.keys(BOB)).toEqual(['forgotten'])
  })

  it('notices a missing commit', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settle(alice)
    await alice.write(clusterWrite('dropped'))
    await world.publish(alice, clusterWrite('sent'))
    await eventually('both are there', world.seen(alice), world.clock)
    expect(world.keys(ALICE)).toEqual(['dropped', 'sent'])
  })

  it.each([
    ['#sync', { did: ALICE, rev: revOf(1_800_000_000_000_000), blocks: new Uint8Array([1]) }],
    ['#account', { did: ALICE, active: false, status: 'takendown' }],
    ['#account', { did: ALICE, active: false, status: 'desynchronized' }],
    ['#identity', { did: ALICE }],
  ])('takes %s as a reason to look, and believes none of it', async (type, body) => {
    const alice = await world.repoOf(ALICE)
    await alice.write(clusterWrite('a'))
    await world.settle(alice)
    const before = world.looks
    world.host.emit(type, body)
    await eventually('it looked', () => world.looks > before, world.clock)
    await eventually('it is calm', () => world.isQuiet([alice]), world.clock)
    expect(world.keys(ALICE)).toEqual(['a'])
    expect(world.feed.repoProblem(ALICE)).toBeUndefined()
  })

  it('does not look when #sync names the commit that it knows', async () => {
    const alice = await world.repoOf(ALICE)
    await world.publish(alice, clusterWrite('a'))
    await world.settle(alice)
    const before = world.looks
    world.host.emit('#sync', await alice.syncEvent())
    const taken = () => world.feed.status().hosts[0]?.cursor === world.host.seq
    await eventually('it is taken in', taken)
    expect(world.looks).toBe(before)
    await alice.write(clusterWrite('b'))
    world.host.emit('#sync', await alice.syncEvent())
    await eventually('it looked', world.seen(alice), world.clock)
  })

  it('passes over frames that it does not know, and does not stumble over broken ones', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settle(alice)
    const bodies = [{ foo: 1 }, { did: ALICE, blocks: 'no' }, { repo: ALICE, ops: 7 }]
    for (const type of ['#newthing', '#commit', '#sync', '#account']) {
      for (const body of bodies) world.host.emit(type, body)
    }
    for (const socket of world.host.sockets) {
      socket.send(new Uint8Array([255, 0, 255]))
      socket.send('text')
      socket.send(new MessageFrame({ name: 'Whatever' }, { type: '#info' }).toBytes())
    }
    await world.publish(alice, clusterWrite('a'))
    await eventually('it goes on', world.seen(alice), world.clock)
    expect(world.feed.status().hosts).toMatchObject([{ cursor: 13, reconnects: 0 }])
  })

  it('does not move its cursor past an event that it could not store', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settle(alice)
    await world.publish(alice, clusterWrite('a'))
    await eventually('it is seen', world.seen(alice))
    const connections = world.host.connections.length
    const other = new DatabaseSync(path.join(world.folder, 'records.sqlite'))
    other.exec('BEGIN IMMEDIATE')
    await world.publish(alice, clusterWrite('b'))
    await world.publish(alice, clusterWrite('c'))
    await eventually(
      'it connects again',
      () => world.host.connections.length > connections,
      world.clock,
    )
    expect(world.host.connections.at(-1)).toBe('?cursor=1')
    expect(world.keys(ALICE)).toEqual(['a'])
    other.close()
    await eventually('it caught up', world.seen(alice), world.clock)
    expect(world.changes.map(({ rkey, via }) => [rkey, via])).toEqual([
      ['a', 'stream'],
      ['b', 'stream'],
      ['c', 'stream'],
    ])
  })
})
