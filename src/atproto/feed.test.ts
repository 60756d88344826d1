import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually, seededRandom } from '../../test/support/eventually.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { clusterWrite, deletion, postWrite } from '../../test/support/sample-records.ts'
import { ScriptedHost, ScriptedIdentity } from '../../test/support/scripted-host.ts'
import { keyOf, revOf, type RepoWrite, ScriptedRepo } from '../../test/support/scripted-repo.ts'
import { MessageFrame } from '@atproto/xrpc-server'
import { COLLECTION, SYNC_METHOD } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { silentLog } from '../ports/log.ts'
import type { RecordChange } from '../ports/records.ts'
import { createFeed, type FeedOptions, type RunningFeed } from './feed.ts'

const ALICE = 'did:plc:alice'
const BOB = 'did:plc:bob'

describe('the feed', () => {
  let folder: string
  let host: ScriptedHost
  let identity: ScriptedIdentity
  let clock: ManualClock
  let feed: RunningFeed
  let changes: RecordChange[]
  let open: RunningFeed[]

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'commune-feed-'))
    host = await ScriptedHost.start()
    identity = new ScriptedIdentity()
    clock = new ManualClock()
    open = []
    feed = start()
  })
  afterEach(async () => {
    for (const each of open) await each[Symbol.asyncDispose]()
    await host[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  function start(options: Partial<FeedOptions> = {}): RunningFeed {
    const made = createFeed({
      identity,
      file: path.join(folder, 'records.sqlite'),
      clock,
      random: seededRandom(1),
      log: silentLog,
      allowPrivateAddresses: true,
      ...options,
    })
    changes = []
    made.onChange((more) => changes.push(...more))
    open.push(made)
    return made
  }

  async function repoOf(did: Did, at = host): Promise<ScriptedRepo> {
    const repo = await ScriptedRepo.create(did)
    at.add(repo)
    identity.set(repo, at)
    return repo
  }

  /** Follows the repos and waits until they are read and the stream stands. */
  async function settle(...repos: ScriptedRepo[]): Promise<void> {
    feed.follow(new Set(repos.map((repo) => repo.did)))
    await eventually('all is read', () => isQuiet(repos), clock)
  }

  function isQuiet(repos: ScriptedRepo[]): boolean {
    const { hosts, repos: known } = feed.status()
    const connected = hosts.length > 0 && hosts.every((each) => each.connected)
    return (
      connected && repos.every((repo) => known.some((it) => it.rev === repo.rev && !it.inDoubt))
    )
  }

  const keys = (did: Did) => feed.list(did, COLLECTION.cluster).map(([rkey]) => rkey)
  const rev = (did: Did) => feed.status().repos.find((repo) => repo.did === did)?.rev
  const seen = (repo: ScriptedRepo) => () => rev(repo.did) === repo.rev
  const publish = async (repo: ScriptedRepo, ...writes: RepoWrite[]) =>
    host.emit('#commit', await repo.write(...writes))
  const listings = () => host.requests.filter((each) => each === SYNC_METHOD.getLatestCommit).length

  it('lists a repo, then follows its commits one by one', async () => {
    const alice = await repoOf(ALICE)
    await alice.write(clusterWrite('a'), postWrite('p'))
    await settle(alice)
    expect(keys(ALICE)).toEqual(['a'])
    expect(changes.map(({ rkey, via }) => [rkey, via])).toEqual([['a', 'listing']])
    const before = listings()
    await publish(alice, clusterWrite('b'), postWrite('q'))
    await publish(alice, postWrite('r'))
    await publish(alice, clusterWrite('a', 2), deletion(COLLECTION.cluster, 'b'))
    await eventually('the commits are seen', seen(alice))
    expect(keys(ALICE)).toEqual(['a'])
    expect(changes.slice(1).map(({ rkey, via, cid }) => [rkey, via, cid !== undefined])).toEqual([
      ['b', 'stream', true],
      ['a', 'stream', true],
      ['b', 'stream', false],
    ])
    expect(listings()).toBe(before)
    expect(feed.status().hosts).toMatchObject([{ connected: true, cursor: 3, inDoubt: 0 }])
  })

  it('lists what it follows even while the host streams nothing', async () => {
    host.script = (socket) => socket.close(1013)
    const alice = await repoOf(ALICE)
    await alice.write(clusterWrite('a'))
    feed.follow(new Set([ALICE]))
    await eventually('it is listed', () => keys(ALICE).length === 1, clock)
  })

  it('comes back after a clean close, as after any other', async () => {
    const alice = await repoOf(ALICE)
    await settle(alice)
    await publish(alice, clusterWrite('first'))
    await eventually('it is seen', seen(alice))
    for (const code of [1000, 1001, 1011, undefined]) {
      const connections = host.connections.length
      for (const socket of host.sockets) {
        if (code === undefined) socket.terminate()
        else socket.close(code)
      }
      await eventually('it went', () => host.sockets.size === 0)
      await publish(alice, clusterWrite(`meanwhile-${code}`))
      await eventually('it is back', () => host.connections.length > connections, clock)
      await eventually('it caught up', seen(alice), clock)
    }
    expect(host.connections.slice(1)).toEqual(['?cursor=1', '?cursor=2', '?cursor=3', '?cursor=4'])
    expect(changes.every((change) => change.via === 'stream')).toBe(true)
    expect(keys(ALICE)).toHaveLength(5)
  })

  it('does not hammer a host that hangs up at once', async () => {
    host.script = (socket) => socket.close(1000)
    feed.follow(new Set([(await repoOf(ALICE)).did]))
    await eventually('it tried a few times', () => host.connections.length >= 9, clock)
    // A quarter of a second, doubling each time, and at least half of it: 31 s.
    expect(clock.monotonicMs()).toBeGreaterThan(31_000)
  })

  it('ends at once, leaving no timer and no connection, also when the host closed cleanly', async () => {
    const alice = await repoOf(ALICE)
    await settle(alice)
    for (const socket of host.sockets) socket.close(1000)
    await eventually('it went', () => host.sockets.size === 0)
    await feed[Symbol.asyncDispose]()
    expect(clock.timers).toBe(0)
  })

  it('starts anew when its cursor lies in the future', async () => {
    const alice = await repoOf(ALICE)
    await settle(alice)
    await publish(alice, clusterWrite('a'))
    await publish(alice, clusterWrite('b'))
    await eventually('it is seen', seen(alice))
    host.wipeStream()
    for (const socket of host.sockets) socket.terminate()
    await alice.write(clusterWrite('c'))
    await eventually('it is read again', seen(alice), clock)
    await eventually('it streams again', () => feed.status().hosts[0]?.connected === true, clock)
    expect(keys(ALICE)).toEqual(['a', 'b', 'c'])
    expect(host.connections.at(-1)).toBe('')
    const connections = host.connections.length
    await publish(alice, clusterWrite('d'))
    await eventually('it follows again', seen(alice), clock)
    expect(host.connections.length).toBe(connections)
  })

  it('looks at everything when its cursor is outdated', async () => {
    const [alice, bob] = [await repoOf(ALICE), await repoOf(BOB)]
    await settle(alice, bob)
    await publish(alice, clusterWrite('a'))
    await eventually('it is seen', seen(alice))
    for (const socket of host.sockets) socket.close(1001)
    await eventually('it went', () => host.sockets.size === 0)
    await publish(bob, clusterWrite('forgotten'))
    host.oldest = host.seq
    await publish(alice, clusterWrite('b'))
    await eventually('alice is seen', seen(alice), clock)
    await eventually('bob is read again', seen(bob), clock)
    expect(keys(BOB)).toEqual(['forgotten'])
  })

  it('notices a missing commit', async () => {
    const alice = await repoOf(ALICE)
    await settle(alice)
    await alice.write(clusterWrite('dropped'))
    await publish(alice, clusterWrite('sent'))
    await eventually('both are there', seen(alice), clock)
    expect(keys(ALICE)).toEqual(['dropped', 'sent'])
  })

  it('does nothing twice when commits are replayed', async () => {
    const alice = await repoOf(ALICE)
    await settle(alice)
    const first = await alice.write(clusterWrite('a', 1))
    host.emit('#commit', first)
    await publish(alice, clusterWrite('a', 2))
    await eventually('both are seen', seen(alice))
    host.emit('#commit', first)
    await publish(alice, clusterWrite('b'))
    await eventually('the next is seen', seen(alice))
    expect(changes.map((change) => change.rkey)).toEqual(['a', 'a', 'b'])
    expect(feed.get(ALICE, COLLECTION.cluster, 'a')?.value).toMatchObject({
      members: ['did:plc:member2'],
    })
  })

  it.each([
    ['#sync', { did: ALICE, rev: revOf(1_800_000_000_000_000), blocks: new Uint8Array([1]) }],
    ['#account', { did: ALICE, active: false, status: 'takendown' }],
    ['#account', { did: ALICE, active: false, status: 'desynchronized' }],
    ['#identity', { did: ALICE }],
  ])('takes %s as a reason to look, and believes none of it', async (type, body) => {
    const alice = await repoOf(ALICE)
    await alice.write(clusterWrite('a'))
    await settle(alice)
    const before = listings()
    host.emit(type, body)
    await eventually('it looked', () => listings() > before, clock)
    await eventually('it is calm', () => isQuiet([alice]), clock)
    expect(keys(ALICE)).toEqual(['a'])
    expect(feed.repoProblem(ALICE)).toBeUndefined()
  })

  it('keeps what it knew of an account that was taken down, and says why', async () => {
    const alice = await repoOf(ALICE)
    await alice.write(clusterWrite('a'))
    await settle(alice)
    let down = true
    host.intercept = async () =>
      down ? { status: 400, body: '{"error":"RepoTakendown"}' } : undefined
    host.emit('#account', { did: ALICE, active: false, status: 'takendown' })
    const problem = () => feed.repoProblem(ALICE)
    await eventually('it says so', () => problem()?.includes('taken down') === true, clock)
    expect([feed.repoState(ALICE), keys(ALICE)]).toEqual(['known', ['a']])
    down = false
    await eventually('it recovers', () => problem() === undefined, clock)
  })

  it('believes nobody but a repo’s own host', async () => {
    await using other = await ScriptedHost.start()
    const [alice, bob] = [await repoOf(ALICE), await repoOf(BOB, other)]
    await settle(alice, bob)
    const forged = await ScriptedRepo.create(ALICE)
    forged.micros += 1_000_000
    other.emit('#commit', await forged.write(clusterWrite('forged')))
    other.emit('#account', { did: ALICE, active: false, status: 'deleted' })
    other.emit('#commit', await bob.write(clusterWrite('real')))
    await eventually('bob is seen', seen(bob), clock)
    await eventually('alice is calm', () => isQuiet([alice, bob]), clock)
    expect([keys(ALICE), keys(BOB)]).toEqual([[], ['real']])
    expect(feed.repoProblem(ALICE)).toBeUndefined()
  })

  it('moves along with a repo to another host and key', async () => {
    await using other = await ScriptedHost.start()
    const alice = await repoOf(ALICE)
    await settle(alice, await repoOf(BOB, other))
    alice.key = await keyOf('after the move')
    other.add(alice)
    identity.set(alice, other)
    host.repos.delete(ALICE)
    other.emit('#identity', { did: ALICE })
    other.emit('#commit', await alice.write(clusterWrite('moved')))
    await eventually('it is seen', seen(alice), clock)
    expect(keys(ALICE)).toEqual(['moved'])
    await eventually('one host is left', () => feed.status().hosts.length === 1, clock)
    other.emit('#commit', await alice.write(clusterWrite('settled')))
    await eventually('it is followed there', seen(alice), clock)
  })

  it('refuses a commit signed by somebody else', async () => {
    const alice = await repoOf(ALICE)
    await settle(alice)
    const right = alice.key
    alice.key = await keyOf('mallory')
    await publish(alice, clusterWrite('forged'))
    const problem = () => feed.repoProblem(ALICE)?.includes('not signed') === true
    await eventually('it is refused', problem, clock)
    expect(keys(ALICE)).toEqual([])
    expect(identity.forced).toBeGreaterThan(0)
    alice.key = right
    await publish(alice, clusterWrite('real'))
    await eventually('it recovers', seen(alice), clock)
  })

  it('passes over frames that it does not know, and does not stumble over broken ones', async () => {
    const alice = await repoOf(ALICE)
    await settle(alice)
    const bodies = [{ foo: 1 }, { did: ALICE, blocks: 'no' }, { repo: ALICE, ops: 7 }]
    for (const type of ['#newthing', '#commit', '#sync', '#account']) {
      for (const body of bodies) host.emit(type, body)
    }
    for (const socket of host.sockets) {
      socket.send(new Uint8Array([255, 0, 255]))
      socket.send('text')
      socket.send(new MessageFrame({ name: 'Whatever' }, { type: '#info' }).toBytes())
    }
    await publish(alice, clusterWrite('a'))
    await eventually('it goes on', seen(alice), clock)
    expect(feed.status().hosts).toMatchObject([{ cursor: 13, reconnects: 0 }])
  })

  it('does not move its cursor past an event that it could not store', async () => {
    const alice = await repoOf(ALICE)
    await settle(alice)
    await publish(alice, clusterWrite('a'))
    await eventually('it is seen', seen(alice))
    const connections = host.connections.length
    const other = new DatabaseSync(path.join(folder, 'records.sqlite'))
    other.exec('BEGIN IMMEDIATE')
    await publish(alice, clusterWrite('b'))
    await publish(alice, clusterWrite('c'))
    await eventually('it connects again', () => host.connections.length > connections, clock)
    expect(host.connections.at(-1)).toBe('?cursor=1')
    expect(keys(ALICE)).toEqual(['a'])
    other.close()
    await eventually('it caught up', seen(alice), clock)
    expect(changes.map(({ rkey, via }) => [rkey, via])).toEqual([
      ['a', 'stream'],
      ['b', 'stream'],
      ['c', 'stream'],
    ])
  })

  it('goes on when a listener fails', async () => {
    const alice = await repoOf(ALICE)
    await settle(alice)
    feed.onChange(() => {
      throw new Error('no')
    })
    await publish(alice, clusterWrite('a'))
    await eventually('it is seen', seen(alice))
    expect(feed.status().hosts).toMatchObject([{ cursor: 1, reconnects: 0 }])
  })

  it('goes on where it stopped', async () => {
    const alice = await repoOf(ALICE)
    await settle(alice)
    await publish(alice, clusterWrite('a'))
    await eventually('it is seen', seen(alice))
    await feed[Symbol.asyncDispose]()
    await publish(alice, clusterWrite('b'), deletion(COLLECTION.cluster, 'a'))
    feed = start()
    expect(keys(ALICE)).toEqual(['a'])
    feed.follow(new Set([ALICE]))
    await eventually('it caught up', seen(alice), clock)
    expect(keys(ALICE)).toEqual(['b'])
    expect(host.connections.at(-1)).toBe('?cursor=1')
    expect(changes.map((change) => change.rkey).toSorted()).toEqual(['a', 'b'])
  })

  it('connects again when the host falls silent', async () => {
    const alice = await repoOf(ALICE)
    await settle(alice)
    const connections = host.connections.length
    for (const socket of host.sockets) socket.pause()
    await eventually('it connects again', () => host.connections.length > connections, clock)
  })

  it('looks twice at first, since a host may begin to send late', async () => {
    const alice = await repoOf(ALICE)
    let inGap = true
    host.script = (socket, cursor) => {
      if (!inGap) return host.behave(socket, cursor)
      // Accepted, but what is written now is not sent.
      host.sockets.delete(socket)
      void alice.write(clusterWrite('in the gap'.replaceAll(' ', '-')))
    }
    feed.follow(new Set([ALICE]))
    await eventually('it is found', () => keys(ALICE).includes('in-the-gap'), clock)
    expect(clock.monotonicMs()).toBeLessThan(60_000)
    inGap = false
  })

  it('opens no stream to this machine or its network unless that is allowed', async () => {
    await feed[Symbol.asyncDispose]()
    const alice = await repoOf(ALICE)
    feed = start({ allowPrivateAddresses: false })
    feed.follow(new Set([ALICE]))
    const problem = () => feed.repoProblem(ALICE) !== undefined
    await eventually('it is refused', problem, clock)
    expect([host.requests, host.connections, alice.did]).toEqual([[], [], ALICE])
  })

  it('finds by itself what nobody told it', async () => {
    const alice = await repoOf(ALICE)
    await settle(alice)
    await alice.write(clusterWrite('quiet'))
    clock.advance(10 * 60_000)
    await eventually('it is found', seen(alice), clock)
  })

  it('forgets what is not followed any more', async () => {
    const [alice, bob] = [await repoOf(ALICE), await repoOf(BOB)]
    await alice.write(clusterWrite('a'))
    await settle(alice, bob)
    feed.follow(new Set([BOB]))
    expect([feed.repoState(ALICE), keys(ALICE)]).toEqual(['unknown', []])
    await publish(alice, clusterWrite('b'))
    await publish(bob, clusterWrite('b'))
    await eventually('bob is seen', seen(bob))
    expect(feed.repoState(ALICE)).toBe('unknown')
  })

  it('tries again with a DID that does not resolve', async () => {
    const alice = await ScriptedRepo.create(ALICE)
    feed.follow(new Set([ALICE]))
    const problem = () => feed.repoProblem(ALICE)
    await eventually('it says so', () => problem()?.includes('resolve') === true, clock)
    expect(feed.repoState(ALICE)).toBe('unknown')
    host.add(alice)
    identity.set(alice, host)
    await eventually('it is read', () => feed.repoState(ALICE) === 'known', clock)
    expect(problem()).toBeUndefined()
  })

  describe('given a hint', () => {
    it('reads the record at once, and the stream brings the rest in order', async () => {
      const alice = await repoOf(ALICE)
      await alice.write(clusterWrite('x'))
      await settle(alice)
      const before = await alice.write(deletion(COLLECTION.cluster, 'x'))
      const named = await alice.write(clusterWrite('a'))
      feed.hint(ALICE, alice.rev, `at://${ALICE}/${COLLECTION.cluster}/a`)
      await eventually('it is read', () => keys(ALICE).includes('a'))
      expect(changes.at(-1)).toMatchObject({ rkey: 'a', via: 'record' })
      expect(keys(ALICE)).toEqual(['a', 'x'])
      host.emit('#commit', before)
      host.emit('#commit', named)
      await eventually('the stream came', seen(alice))
      expect(keys(ALICE)).toEqual(['a'])
      expect(changes).toHaveLength(3)
    })

    it('looks at the repo when no record is named, or when it is gone', async () => {
      const alice = await repoOf(ALICE)
      await settle(alice)
      await alice.write(clusterWrite('a'))
      feed.hint(ALICE, alice.rev)
      await eventually('it is read', seen(alice))
      const event = await alice.write(deletion(COLLECTION.cluster, 'a'), clusterWrite('b'))
      feed.hint(ALICE, alice.rev, `at://${ALICE}/${COLLECTION.cluster}/a`)
      await eventually('what is new is read', () => keys(ALICE).includes('b'))
      expect(keys(ALICE)).toEqual(['a', 'b'])
      host.emit('#commit', event)
      await eventually('the deletion is proven by the stream', seen(alice))
      expect(keys(ALICE)).toEqual(['b'])
    })

    it('slows down when hints are in vain, and ignores what it knows', async () => {
      const alice = await repoOf(ALICE)
      await settle(alice)
      const before = host.requests.length
      for (let i = 0; i < 50; i++) {
        feed.hint(ALICE, alice.rev)
        feed.hint(BOB, revOf(1_800_000_000_000_000))
        feed.hint(ALICE, undefined, `at://${BOB}/${COLLECTION.cluster}/a`)
      }
      expect(host.requests.length).toBe(before)
      for (let second = 0; second < 100; second++) {
        for (let i = 0; i < 20; i++) feed.hint(ALICE, revOf(1_800_000_000_000_000))
        await eventually('it is calm', () => feed.status().repos.every((repo) => !repo.inDoubt))
        clock.advance(1000)
      }
      expect(host.requests.length - before).toBeLessThan(25)
    })
  })

  describe('a PDS restored from a backup', () => {
    it('loses no records for it until the repo is written again', async () => {
      const alice = await repoOf(ALICE)
      await alice.write(clusterWrite('old'))
      const backup = alice.repo
      await alice.write(clusterWrite('lost'))
      await settle(alice)
      alice.repo = backup
      await publish(alice, clusterWrite('new'))
      await eventually('what is new is there', () => keys(ALICE).includes('new'), clock)
      expect(keys(ALICE)).toEqual(['lost', 'new', 'old'])
      expect(feed.repoProblem(ALICE)).toContain('lacks records')
      await publish(alice, clusterWrite('newer'))
      await eventually('it is believed', seen(alice), clock)
      expect(keys(ALICE)).toEqual(['new', 'newer', 'old'])
      expect(feed.repoProblem(ALICE)).toBeUndefined()
    })

    it('is believed after a day', async () => {
      const alice = await repoOf(ALICE)
      await alice.write(clusterWrite('old'))
      const backup = alice.repo
      await alice.write(clusterWrite('lost'))
      await settle(alice)
      alice.repo = backup
      clock.advance(10 * 60_000)
      const problem = () => feed.repoProblem(ALICE)?.includes('older state') === true
      await eventually('it is noticed', problem, clock)
      expect(keys(ALICE)).toEqual(['lost', 'old'])
      clock.advance(23 * 60 * 60_000)
      await eventually(
        'it is calm',
        () => feed.status().repos.every((repo) => !repo.inDoubt),
        clock,
      )
      expect(keys(ALICE)).toEqual(['lost', 'old'])
      clock.advance(2 * 60 * 60_000)
      await eventually('it is believed', seen(alice), clock)
      expect(keys(ALICE)).toEqual(['old'])
    })
  })

  it('ignores what is beyond the quota, whatever the order in which it came', async () => {
    const quota = { recordsMax: 3, recordBytesMax: 10_000, repoBytesMax: 100_000 }
    await feed[Symbol.asyncDispose]()
    feed = start({ quota, file: ':memory:' })
    const alice = await repoOf(ALICE)
    await alice.write(clusterWrite('d'), clusterWrite('c'))
    await settle(alice)
    await publish(alice, clusterWrite('b'), clusterWrite('a'))
    await eventually('it is read', seen(alice), clock)
    expect(keys(ALICE)).toEqual(['a', 'b', 'c'])
    expect(feed.repoProblem(ALICE)).toContain('more than is read')
    expect(feed.invalidReason(ALICE, COLLECTION.cluster, 'd')).toContain('more than is read')
    expect(feed.invalidReason(ALICE, COLLECTION.cluster, 'b2')).toBeUndefined()
    await publish(alice, deletion(COLLECTION.cluster, 'a'))
    await eventually('the next one takes its place', () => keys(ALICE).includes('d'), clock)
    expect(keys(ALICE)).toEqual(['b', 'c', 'd'])
    expect(feed.repoProblem(ALICE)).toBeUndefined()
  })
})
