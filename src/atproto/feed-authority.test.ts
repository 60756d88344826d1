import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/support/eventually.ts'
import { ALICE, BOB, FeedWorld, PATIENCE } from '../../test/support/feed-world.ts'
import { clusterWrite } from '../../test/support/sample-records.ts'
import { ScriptedHost } from '../../test/support/scripted-host.ts'
import { keyOf, ScriptedRepo } from '../../test/support/scripted-repo.ts'

describe('who the feed believes', PATIENCE, () => {
  let world: FeedWorld
  beforeEach(async () => {
    world = await FeedWorld.start()
  })
  afterEach(() => world[Symbol.asyncDispose]())

  it('keeps what it knew of an account that was taken down, and says why', async () => {
    const alice = await world.repoOf(ALICE)
    await alice.write(clusterWrite('a'))
    await world.settle(alice)
    let down = true
    world.host.intercept = async () =>
      down ? { status: 400, body: '{"error":"RepoTakendown"}' } : undefined
    world.host.emit('#account', { did: ALICE, active: false, status: 'takendown' })
    const problem = () => world.feed.repoProblem(ALICE)
    await eventually('it says so', () => problem()?.includes('taken down') === true, world.clock)
    expect([world.feed.repoState(ALICE), world.keys(ALICE)]).toEqual(['known', ['a']])
    down = false
    await eventually('it recovers', () => problem() === undefined, world.clock)
  })

  it('believes nobody but a repo’s own host', async () => {
    await using other = await ScriptedHost.start()
    const [alice, bob] = [await world.repoOf(ALICE), await world.repoOf(BOB, other)]
    await world.settle(alice, bob)
    const forged = await ScriptedRepo.create(ALICE)
    forged.micros += 1_000_000
    other.emit('#commit', await forged.write(clusterWrite('forged')))
    other.emit('#account', { did: ALICE, active: false, status: 'deleted' })
    other.emit('#commit', await bob.write(clusterWrite('real')))
    await eventually('bob is seen', world.seen(bob), world.clock)
    await eventually('alice is calm', () => world.isQuiet([alice, bob]), world.clock)
    expect([world.keys(ALICE), world.keys(BOB)]).toEqual([[], ['real']])
    expect(world.feed.repoProblem(ALICE)).toBeUndefined()
  })

  it('moves along with a repo to another host and key', async () => {
    await using other = await ScriptedHost.start()
    const alice = await world.repoOf(ALICE)
    await world.settle(alice, await world.repoOf(BOB, other))
    alice.key = await keyOf('after the move')
    other.add(alice)
    world.identity.set(alice, other)
    world.host.repos.delete(ALICE)
    other.emit('#identity', { did: ALICE })
    other.emit('#commit', await alice.write(clusterWrite('moved')))
    await eventually('it is seen', world.seen(alice), world.clock)
    expect(world.keys(ALICE)).toEqual(['moved'])
    await eventually('one host is left', () => world.feed.status().hosts.length === 1, world.clock)
    other.emit('#commit', await alice.write(clusterWrite('settled')))
    await eventually('it is followed there', world.seen(alice), world.clock)
  })

  it('refuses a commit signed by somebody else', async () => {
    const alice = await world.repoOf(ALICE)
    await world.settle(alice)
    const right = alice.key
    alice.key = await keyOf('mallory')
    await world.publish(alice, clusterWrite('forged'))
    const problem = () => world.feed.repoProblem(ALICE)?.includes('not signed') === true
    await eventually('it is refused', problem, world.clock)
    expect(world.keys(ALICE)).toEqual([])
    expect(world.identity.forced).toBeGreaterThan(0)
    alice.key = right
    await world.publish(alice, clusterWrite('real'))
    await eventually('it recovers', world.seen(alice), world.clock)
  })
})
