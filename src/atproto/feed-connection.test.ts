import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/support/eventually.ts'
import { ALICE, FeedWorld, PATIENCE } from '../../test/support/feed-world.ts'
import { clusterWrite } from '../../test/support/sample-records.ts'

describe('the connection of the feed to a host', PATIENCE, () => {
  let world: FeedWorld
  beforeEach(async () => {
    world = await FeedWorld.start()
  })
  afterEach(() => world[Symbol.asyncDispose]())

  it('comes back after a clean close, as after any other', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settle(alice)
    await world.publish(alice, clusterWrite('first'))
    await eventually('it is seen', world.seen(alice))
    for (const code of [1000, 1001, 1011, undefined]) {
      const connections = world.host.connections.length
      for (const socket of world.host.sockets) {
        if (code === undefined) socket.terminate()
        else socket.close(code)
      }
      await eventually('it went', () => world.host.sockets.size === 0)
      await world.publish(alice, clusterWrite(`meanwhile-${code}`))
      await eventually('it is back', () => world.host.connections.length > connections, world.clock)
      await eventually('it caught up', world.seen(alice), world.clock)
    }
    expect(world.host.connections.slice(1)).toEqual([
      '?cursor=1',
      '?cursor=2',
      '?cursor=3',
      '?cursor=4',
    ])
    expect(world.changes.every((change) => change.via === 'stream')).toBe(true)
    expect(world.keys(ALICE)).toHaveLength(5)
  })

  it('does not hammer a host that hangs up at once', async () => {
    world.host.script = (socket) => socket.close(1000)
    world.feed.follow(new Set([(await world.repoOf(ALICE)).did]))
    await eventually(
      'it tried a few times',
      () => world.host.connections.length >= 9,
      world.clock,
      200,
    )
    // A quarter of a second, doubling each time, and at least half of it: 31 s.
    expect(world.clock.monotonicMs()).toBeGreaterThan(31_000)
  })

  it('ends at once, leaving no timer and no connection, also when the host closed cleanly', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settle(alice)
    for (const socket of world.host.sockets) socket.close(1000)
    await eventually('it went', () => world.host.sockets.size === 0)
    await world.feed[Symbol.asyncDispose]()
    expect(world.clock.timers).toBe(0)
  })

  it('connects again when the host falls silent', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settle(alice)
    const connections = world.host.connections.length
    for (const socket of world.host.sockets) socket.pause()
    await eventually(
      'it connects again',
      () => world.host.connections.length > connections,
      world.clock,
      200,
    )
  })

  it('looks twice at first, since a host may begin to send late', async () => {
    const alice = await world.repoOf(ALICE)
    let inGap = true
    world.host.script = (socket, cursor) => {
      if (!inGap) return world.host.behave(socket, cursor)
      // Accepted, but what is written now is not sent.
      world.host.sockets.delete(socket)
      void alice.write(clusterWrite('in the gap'.replaceAll(' ', '-')))
    }
    world.feed.follow(new Set([ALICE]))
    await eventually('it is found', () => world.keys(ALICE).includes('in-the-gap'), world.clock)
    expect(world.clock.monotonicMs()).toBeLessThan(60_000)
    inGap = false
  })

  it('opens no stream to this machine or its network unless that is allowed', async () => {
    await world.feed[Symbol.asyncDispose]()
    const alice = await world.repoOf(ALICE)
    world.start({ allowPrivateAddresses: false })
    world.feed.follow(new Set([ALICE]))
    const problem = () => world.feed.repoProblem(ALICE) !== undefined
    await eventually('it is refused', problem, world.clock)
    expect([world.host.requests, world.host.connections, alice.did]).toEqual([[], [], ALICE])
  })
})
