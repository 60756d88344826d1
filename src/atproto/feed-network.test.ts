import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, seededRandom } from '../../test/support/eventually.ts'
import { PATIENCE } from '../../test/support/feed-world.ts'
import { realClock } from '../../test/support/real-clock.ts'
import { clusterWrite } from '../../test/support/sample-records.ts'
import { type Network, startNetwork } from '../dev/network.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { silentLog } from '../ports/log.ts'
import type { RecordChange } from '../ports/records.ts'
import { createFeed } from './feed.ts'
import type { RunningFeed } from './feed-core.ts'
import { readRepos } from './feed-snapshot.ts'
import { createIdentity } from './identity.ts'
import { openSession, type Session } from './session.ts'
import { pdsApi } from '../../test/support/pds-api.ts'

/** Against the real PDS; one story, each step on what the last one left. */
describe('the feed on a real network', PATIENCE, () => {
  let dir: string
  let network: Network
  let session: Session
  let feed: RunningFeed
  let did: Did
  let changes: RecordChange[] = []
  let warnings: string[] = []

  const identityOf = () => createIdentity({ plcUrl: network.plcUrl, allowPrivateAddresses: true })

  function startFeed(): void {
    feed = createFeed({
      identity: identityOf(),
      file: path.join(dir, 'feed', 'records.sqlite'),
      clock: realClock,
      random: seededRandom(1),
      log: { ...silentLog, warn: (message) => warnings.push(message) },
      allowPrivateAddresses: true,
    })
    changes = []
    warnings = []
    feed.onChange((more) => changes.push(...more))
    feed.follow(new Set([did]))
  }

  async function startServers(): Promise<void> {
    network = await startNetwork({ dir: path.join(dir, 'net'), owners: ['alice'], log: silentLog })
    const account = network.accounts.find((each) => each.name === 'alice')
    if (!account) throw new Error('no account')
    did = account.did
    session = await openSession({
      service: network.pdsUrl,
      identifier: account.did,
      password: account.password,
      plcUrl: network.plcUrl,
      allowPrivateAddresses: true,
    })
  }

  async function stopServers(): Promise<void> {
    await session[Symbol.asyncDispose]()
    await network[Symbol.asyncDispose]()
  }

  /** Runs a change of the PDS's event log while it is down. */
  async function restartWith(change: (sequencer: string) => Promise<void> | void): Promise<void> {
    await stopServers()
    await change(path.join(dir, 'net', 'pds', 'sequencer.sqlite'))
    await startServers()
  }

  async function put(rkey: string, n = 0): Promise<void> {
    const { collection, value = {} } = clusterWrite(rkey, n)
    await session.writer.apply([
      { action: 'put', collection: collection as typeof COLLECTION.cluster, rkey, value },
    ])
  }

  const remove = (rkey: string) =>
    session.writer.apply([{ action: 'delete', collection: COLLECTION.cluster, rkey }])

  /** The newest sequence number of the PDS. */
  function lastSeq(): number {
    const file = path.join(dir, 'net', 'pds', 'sequencer.sqlite')
    using database = new DatabaseSync(file, { readOnly: true })
    const row = database.prepare('SELECT max(seq) AS seq FROM repo_seq').get()
    return Number(row?.['seq'])
  }

  const keys = () => feed.list(did, COLLECTION.cluster).map(([rkey]) => rkey)
  const shows = (what: string, ...expected: string[]) =>
    eventually(what, () => keys().join() === expected.join())
  const connected = () => feed.status().hosts[0]?.connected === true

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'commune-feed-network-'))
    await startServers()
    startFeed()
  })
  afterAll(async () => {
    await feed?.[Symbol.asyncDispose]()
    await stopServers()
    await rm(dir, { recursive: true, force: true })
  })

  it('follows what is written', async () => {
    await eventually('it is read', () => connected() && feed.repoState(did) === 'known')
    await put('a')
    await put('b', 1)
    await put('a', 2)
    await remove('b')
    await eventually('all is seen', () => changes.length === 4)
    expect(changes.map(({ rkey, via, cid }) => [rkey, via, cid !== undefined])).toEqual([
      ['a', 'stream', true],
      ['b', 'stream', true],
      ['a', 'stream', true],
      ['b', 'stream', false],
    ])
  })

  it('takes what a hint or the stream brings first, and takes it once', async () => {
    await put('hinted')
    feed.hint(did, undefined, `at://${did}/${COLLECTION.cluster}/hinted`)
    await shows('the hint is taken', 'a', 'hinted')
    await eventually('the stream came too', () => feed.status().hosts[0]?.cursor === lastSeq())
    expect(changes.filter((change) => change.rkey === 'hinted')).toHaveLength(1)
  })

  it('misses nothing and does nothing twice when it was away', async () => {
    await feed[Symbol.asyncDispose]()
    await put('away')
    await remove('hinted')
    startFeed()
    await shows('it caught up', 'a', 'away')
    expect(changes.map((change) => change.rkey).toSorted()).toEqual(['away', 'hinted'])
  })

  it('shows a deletion at once, though its hint is faster than the stream', async () => {
    // The feed was started anew, so it holds back what it takes for a loss.
    await put('short', 3)
    await shows('it is there', 'a', 'away', 'short')
    await eventually('the stream came too', () => feed.status().hosts[0]?.cursor === lastSeq())
    const { rev } = await remove('short')
    feed.hint(did, rev, `at://${did}/${COLLECTION.cluster}/short`)
    await shows('it is gone', 'a', 'away')
    expect([warnings, feed.repoProblem(did)]).toEqual([[], undefined])
  })

  it('follows on after the PDS was restarted', async () => {
    await restartWith(() => {})
    await put('restarted')
    await shows('it is seen', 'a', 'away', 'restarted')
    expect(feed.status().hosts[0]?.reconnects).toBeGreaterThan(0)
  })

  it('reads again what the PDS does not stream any more', async () => {
    await feed[Symbol.asyncDispose]()
    await put('forgotten')
    await restartWith((sequencer) => {
      using database = new DatabaseSync(sequencer)
      database.exec("UPDATE repo_seq SET sequencedAt = '2020-01-01T00:00:00.000Z'")
    })
    startFeed()
    await shows('it is read', 'a', 'away', 'forgotten', 'restarted')
    expect(changes.map(({ rkey, via }) => [rkey, via])).toEqual([['forgotten', 'listing']])
    await eventually('it streams', connected)
    await put('later')
    await shows('it follows', 'a', 'away', 'forgotten', 'later', 'restarted')
  })

  it('starts anew when the PDS counts anew', async () => {
    const { cursor = 0 } = feed.status().hosts[0] ?? {}
    await restartWith(async (sequencer) => {
      const folder = path.dirname(sequencer)
      const log = path.basename(sequencer)
      for (const name of await readdir(folder)) {
        if (name.startsWith(log)) await rm(path.join(folder, name))
      }
    })
    await put('anew')
    await shows('it is seen', 'a', 'anew', 'away', 'forgotten', 'later', 'restarted')
    await eventually('the cursor is new', () => (feed.status().hosts[0]?.cursor ?? 0) < cursor)
  })

  it('knows of a deactivated account what it knew', async () => {
    await pdsApi(session).com.atproto.server.deactivateAccount({})
    await eventually('it says so', () => feed.repoProblem(did)?.includes('deactivated') === true)
    expect(feed.repoState(did)).toBe('known')
    expect(keys()).toHaveLength(6)
    await pdsApi(session).com.atproto.server.activateAccount()
    await eventually('it recovers', () => feed.repoProblem(did) === undefined)
  })

  it('is read as a whole by a snapshot', async () => {
    using snapshot = await readRepos({
      identity: identityOf(),
      allowPrivateAddresses: true,
      clock: realClock,
      seed: [did],
    })
    expect(snapshot.list(did, COLLECTION.cluster)).toEqual(feed.list(did, COLLECTION.cluster))
  })
})
