import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/support/eventually.ts'
import { ALICE, FeedWorld, PATIENCE } from '../../test/support/feed-world.ts'
import { clusterWrite } from '../../test/support/sample-records.ts'

describe('a PDS restored from a backup', PATIENCE, () => {
  let world: FeedWorld
  beforeEach(async () => {
    world = await FeedWorld.start()
  })
  afterEach(() => world[Symbol.asyncDispose]())

  it('#34 loses no records for it until the repo is written again', async () => {
    const alice = await world.repoOf(ALICE)
    await alice.write(clusterWrite('old'))
    const backup = alice.repo
    await alice.write(clusterWrite('lost'))
    await world.settleLongAgo(alice)
    alice.repo = backup
    await world.publish(alice, clusterWrite('new'))
    await eventually('what is new is there', () => world.keys(ALICE).includes('new'), world.clock)
    expect(world.keys(ALICE)).toEqual(['lost', 'new', 'old'])
    expect(world.feed.repoProblem(ALICE)).toContain('lacks records')
    await world.publish(alice, clusterWrite('newer'))
    await eventually('it is believed', world.seen(alice), world.clock)
    expect(world.keys(ALICE)).toEqual(['new', 'newer', 'old'])
    expect(world.feed.repoProblem(ALICE)).toBeUndefined()
  })

  it('is believed after a day', async () => {
    const alice = await world.repoOf(ALICE)
    await alice.write(clusterWrite('old'))
    const backup = alice.repo
    await alice.write(clusterWrite('lost'))
    await world.settleLongAgo(alice)
    alice.repo = backup
    world.clock.advance(10 * 60_000)
    const problem = () => world.feed.repoProblem(ALICE)?.includes('older state') === true
    await eventually('it is noticed', problem, world.clock)
    expect(world.keys(ALICE)).toEqual(['lost', 'old'])
    world.clock.advance(23 * 60 * 60_000)
    await eventually(
      'it is calm',
      () => world.feed.status().repos.every((repo) => !repo.inDoubt),
      world.clock,
    )
    expect(world.keys(ALICE)).toEqual(['lost', 'old'])
    world.clock.advance(2 * 60 * 60_000)
    await eventually('it is believed', world.seen(alice), world.clock)
    expect(world.keys(ALICE)).toEqual(['old'])
  })
})
