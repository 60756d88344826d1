import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually } from '../../test/support/eventually.ts'
import { ALICE, FeedWorld, PATIENCE } from '../../test/support/feed-world.ts'
import { clusterWrite, deletion } from '../../test/support/sample-records.ts'
import type { CommitEvent, ScriptedRepo } from '../../test/support/scripted-repo.ts'
import { COLLECTION, SYNC_METHOD } from '../model/nsid.ts'

const gone = (rkey: string) => deletion(COLLECTION.cluster, rkey)

describe('a deletion by the owner', PATIENCE, () => {
  let world: FeedWorld
  let alice: ScriptedRepo
  beforeEach(async () => {
    world = await FeedWorld.start()
    alice = await world.repoOf(ALICE)
    await alice.write(clusterWrite('a'), clusterWrite('b'), clusterWrite('stays'))
  })
  afterEach(() => world[Symbol.asyncDispose]())

  const emit = (event: CommitEvent) => world.host.emit('#commit', event)
  const shows = (...expected: string[]) =>
    eventually(`it shows ${expected.join()}`, () => world.keys(ALICE).join() === expected.join())
  const hint = (rkey?: string) =>
    world.feed.hint(
      ALICE,
      alice.rev,
      rkey === undefined ? undefined : `at://${ALICE}/${COLLECTION.cluster}/${rkey}`,
    )
  /** The repo was looked at since `looks`, and nothing is under way. */
  const looked = (looks: number) =>
    eventually('it looked', () => {
      const calm = world.feed.status().repos.every((repo) => !repo.inDoubt)
      return world.looks > looks && calm
    })
  const nothingIsHeld = () => {
    expect([world.warnings, world.feed.repoProblem(ALICE)]).toEqual([[], undefined])
  }

  it.each([
    [
      'the hint first',
      async (event: CommitEvent) => {
        const { looks } = world
        hint('a')
        await looked(looks)
        nothingIsHeld()
        emit(event)
      },
    ],
    [
      'the stream first',
      async (event: CommitEvent) => {
        emit(event)
        hint('a')
      },
    ],
    [
      'a listing first',
      async (event: CommitEvent) => {
        const { looks } = world
        hint()
        await looked(looks)
        nothingIsHeld()
        emit(event)
      },
    ],
    [
      'the stream while a listing is under way',
      async (event: CommitEvent) => {
        let release = () => {}
        const gate = new Promise<undefined>((resolve) => (release = () => resolve(undefined)))
        world.host.intercept = (method) =>
          method === SYNC_METHOD.getBlocks ? gate : Promise.resolve(undefined)
        hint('a')
        const asked = () => world.host.requests.includes(SYNC_METHOD.getBlocks)
        await eventually('the listing is under way', asked)
        emit(event)
        await eventually('the stream came', world.seen(alice))
        release()
      },
    ],
  ])('shows at once, and nothing is held back: %s', async (_, deliver) => {
    await world.settleLongAgo(alice)
    const event = await alice.write(gone('a'), gone('b'))
    world.host.requests.length = 0
    await deliver(event)
    await shows('stays')
    await eventually('it is calm', () => world.isQuiet([alice]))
    nothingIsHeld()
  })

  it('shows at once, however far hints are ahead of the stream', async () => {
    await world.settleLongAgo(alice)
    const events: CommitEvent[] = []
    for (const write of [
      gone('a'),
      clusterWrite('c'),
      gone('b'),
      clusterWrite('a', 7),
      gone('c'),
    ]) {
      events.push(await alice.write(write))
      const { looks } = world
      hint(write.rkey)
      hint()
      await looked(looks)
      world.clock.advance(2_000)
    }
    nothingIsHeld()
    for (const event of events) emit(event)
    await shows('a', 'stays')
    await eventually('the stream came', world.seen(alice))
    nothingIsHeld()
  })

  it('shows at once when it falls between the first reading and the stream', async () => {
    let connected = 0
    world.host.script = (socket) => {
      // What is written before the host begins to send is never sent.
      world.host.sockets.delete(socket)
      connected += 1
    }
    world.feed.follow(new Set([ALICE]))
    await eventually('it is read', () => connected > 0 && world.isQuiet([alice]))
    await alice.write(gone('a'), gone('b'))
    await eventually('it is found', () => world.keys(ALICE).join() === 'stays', world.clock)
    nothingIsHeld()
  })

  it('shows after a restart, though the listing is ahead of what the stream replays', async () => {
    await world.settleLongAgo(alice)
    await world.publish(alice, clusterWrite('c'))
    await eventually('it is seen', world.seen(alice))
    await world.feed[Symbol.asyncDispose]()
    await world.publish(alice, gone('a'), gone('c'))
    await world.publish(alice, gone('b'))
    let resume = () => {}
    world.host.script = (socket, cursor) => {
      resume = () => world.host.behave(socket, cursor)
    }
    const { looks } = world
    world.start()
    world.feed.follow(new Set([ALICE]))
    await eventually('it is connected', () => world.feed.status().hosts[0]?.connected === true)
    await looked(looks)
    nothingIsHeld()
    resume()
    await shows('stays')
    nothingIsHeld()
  })

  it('shows as soon as the directory of DIDs answers again', async () => {
    await world.settleLongAgo(alice)
    world.identity.isDown = true
    await world.publish(alice, gone('a'))
    await world.publish(alice, clusterWrite('c'), gone('b'))
    const taken = () => world.feed.status().hosts[0]?.cursor === world.host.seq
    await eventually('the stream came', taken)
    expect(world.keys(ALICE)).toEqual(['a', 'b', 'stays'])
    world.identity.isDown = false
    await eventually('it is calm', () => world.isQuiet([alice]), world.clock)
    expect(world.keys(ALICE)).toEqual(['c', 'stays'])
    nothingIsHeld()
  })

  it('is held back when the stream does not tell of it in time', async () => {
    await world.settleLongAgo(alice)
    await alice.write(gone('a'), clusterWrite('c'))
    hint('a')
    await eventually('what is new is there', () => world.keys(ALICE).includes('c'))
    nothingIsHeld()
    const held = () => world.feed.repoProblem(ALICE)?.includes('lacks records') === true
    await eventually('it is held back', held, world.clock)
    expect(world.warnings).toHaveLength(1)
    expect(world.keys(ALICE)).toEqual(['a', 'b', 'c', 'stays'])
    await world.publish(alice, clusterWrite('d'))
    await eventually('it is written again', world.seen(alice), world.clock)
    expect(world.keys(ALICE)).toEqual(['b', 'c', 'd', 'stays'])
  })
})
