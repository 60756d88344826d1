import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PATIENCE } from '../../test/support/feed-world.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { clusterWrite, deletion, postWrite } from '../../test/support/sample-records.ts'
import { type CommitEvent, type RepoWrite, ScriptedRepo } from '../../test/support/scripted-repo.ts'
import { COLLECTION } from '../model/nsid.ts'
import { silentLog } from '../ports/log.ts'
import { AWAIT_STREAM_MS } from './feed-chains.ts'
import { createEventReader } from './feed-events.ts'
import type { RepoReader, ResolvedIdentity } from './feed-reader.ts'
import { createFeedRepos } from './feed-repos.ts'
import { createRecordStore } from './record-store.ts'
import { openRecordDisk } from './record-store-sql.ts'
import { createSignatureVerifier } from './repo-walk-signature.ts'
import { REPO_QUOTA, type RawRecord, type RepoListing } from './repo-walk.ts'

const DID = 'did:plc:alice'
const HOST = 'http://pds'
const signal = new AbortController().signal

/** One state of the repo after another, with the event that led to it. */
interface Revision {
  readonly event: CommitEvent | undefined
  readonly listing: RepoListing
}

async function listingOf(repo: ScriptedRepo): Promise<RepoListing> {
  const leaves = await repo.repo.data.listWithPrefix('commune.scheduler.')
  const records: RawRecord[] = []
  for (const { key, value } of leaves) {
    const bytes = (await repo.store.getBytes(value)) ?? undefined
    records.push({ key, cid: value.toString(), bytes })
  }
  const commit = { cid: repo.cid, rev: repo.rev, data: repo.data }
  return { commit, records, truncated: false }
}

/** A repo with the given history; -1 deletes, other numbers are contents. */
async function historyOf(steps: readonly (readonly [number, number])[]) {
  const repo = await ScriptedRepo.create(DID)
  const revisions: Revision[] = [{ event: undefined, listing: await listingOf(repo) }]
  for (const [name, content] of steps) {
    const rkey = `k${name}`
    const there = await repo.repo.data.get(`${COLLECTION.cluster}/${rkey}`)
    const write: RepoWrite =
      content >= 0
        ? clusterWrite(rkey, content)
        : there
          ? deletion(COLLECTION.cluster, rkey)
          : postWrite(`p${revisions.length}`)
    const event = await repo.write(write)
    revisions.push({ event, listing: await listingOf(repo) })
  }
  return { repo, revisions }
}

/** A PDS whose present revision the test sets, and whose answers it may keep under way. */
function world(repo: ScriptedRepo, revisions: readonly Revision[]) {
  const store = createRecordStore({
    disk: openRecordDisk({ file: ':memory:', log: silentLog, nowMs: 0 }),
  })
  const clock = new ManualClock()
  const at: ResolvedIdentity = { did: DID, pdsUrl: HOST, signingKey: repo.key.did() }
  let present = 0
  let gate: Promise<void> = Promise.resolve()
  const listing = () => (revisions[present] as Revision).listing
  const reader: RepoReader = {
    resolve: async () => at,
    latestCommit: async () => listing().commit,
    listing: async () => {
      const found = listing()
      await gate
      return found
    },
    record: async (_, key) => {
      const { commit, records } = listing()
      const record = records.find((each) => each.key === key)
      await gate
      return { commit, record }
    },
  }
  const events = createEventReader({ verify: createSignatureVerifier(), quota: REPO_QUOTA, clock })
  const repos = createFeedRepos({
    store,
    reader,
    events,
    quotaOf: () => REPO_QUOTA,
    clock,
    log: silentLog,
    notify: () => {},
    signal,
    located: () => {},
    later: () => {},
  })
  return {
    repos,
    store,
    clock,
    check: () => repos.check(DID, { force: false, signal }),
    /** The first reading, some time ago. */
    async begin() {
      await repos.check(DID, { force: false, signal })
      clock.advance(60_000)
    },
    /** The PDS is at this revision from now on. */
    moveTo(index: number) {
      present = index
    },
    /** Keeps what is asked from now on under way until the returned function is called. */
    hold() {
      let release = () => {}
      gate = new Promise((resolve) => (release = resolve))
      return release
    },
    deliver(index: number) {
      const event = revisions[index]?.event
      const body = { seq: index, time: '2026-01-01T00:00:00Z', ...event }
      return event ? repos.commit(DID, body) : undefined
    },
    view: () => store.list(DID, COLLECTION.cluster).map(([rkey, { cid }]) => [rkey, cid]),
  }
}

function expectedView({ listing }: Revision) {
  return listing.records.map(({ key, cid }) => [key.slice(key.indexOf('/') + 1), cid])
}

type Step =
  | { readonly kind: 'deliver'; readonly at: number }
  | { readonly kind: 'check'; readonly at: number }
  | { readonly kind: 'record'; readonly at: number; readonly name: number }
  | { readonly kind: 'hold' }
  | { readonly kind: 'release' }

describe('whatever the order of events, hints and listings', PATIENCE, () => {
  const history = fc.array(fc.tuple(fc.nat(3), fc.integer({ min: -1, max: 3 })), {
    minLength: 1,
    maxLength: 8,
  })
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ kind: fc.constant('deliver' as const), at: fc.nat(8) }),
    fc.record({ kind: fc.constant('check' as const), at: fc.nat(8) }),
    fc.record({ kind: fc.constant('record' as const), at: fc.nat(8), name: fc.nat(3) }),
    fc.constantFrom({ kind: 'hold' as const }, { kind: 'release' as const }),
  )

  it('the view ends as one listing of the last revision', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.array(step, { maxLength: 25 }), async (writes, steps) => {
        const { repo, revisions } = await historyOf(writes)
        const last = revisions.length - 1
        const it = world(repo, revisions)
        await it.begin()
        const running: Promise<unknown>[] = []
        let release = () => {}
        for (const each of steps) {
          if (each.kind === 'hold' || each.kind === 'release') {
            release()
            if (each.kind === 'hold') release = it.hold()
          } else if (each.kind === 'deliver') running.push(Promise.resolve(it.deliver(each.at)))
          else {
            it.moveTo(Math.min(each.at, last))
            const key = each.kind === 'record' ? `${COLLECTION.cluster}/k${each.name}` : undefined
            running.push(key ? it.repos.record(DID, key, signal) : it.check())
          }
          await Promise.resolve()
        }
        release()
        await Promise.all(running)
        // The rest of the stream arrives; where it does not link, a listing is called for.
        it.moveTo(last)
        for (let index = 0; index <= last; index++) await it.deliver(index)
        await it.check()
        // The stream is over. A loss that nobody explained is believed after a day.
        it.clock.advance(AWAIT_STREAM_MS)
        await it.check()
        it.clock.advance(25 * 60 * 60_000)
        await it.check()
        expect(it.view()).toEqual(expectedView(revisions[last] as Revision))
        expect(it.store.facts(DID)).toMatchObject({
          held: undefined,
          problem: undefined,
          position: { rev: repo.rev, data: repo.data },
        })
      }),
      { seed: 20261121, numRuns: 150 },
    )
  })

  it('with the whole stream, in order, no day has to pass, whatever else happens', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.array(fc.nat(2), { maxLength: 20 }), async (writes, extras) => {
        const { repo, revisions } = await historyOf(writes)
        const it = world(repo, revisions)
        await it.begin()
        for (let index = 1; index < revisions.length; index++) {
          it.moveTo(index)
          const extra = extras[index]
          // A hint is faster than the stream.
          if (extra === 1) await it.check()
          if (extra === 2) await it.repos.record(DID, `${COLLECTION.cluster}/k${index % 4}`, signal)
          const outcome = await it.deliver(index)
          expect(['applied', 'known']).toContain(outcome)
          expect(it.view()).toEqual(expectedView(revisions[index] as Revision))
        }
      }),
      { seed: 42, numRuns: 60 },
    )
  })

  it('a record that was read ahead is not undone by older commits of the stream', async () => {
    const { repo, revisions } = await historyOf([
      [0, 1],
      [1, 1],
      [0, 2],
    ])
    const it = world(repo, revisions)
    await it.begin()
    it.moveTo(3)
    await it.repos.record(DID, `${COLLECTION.cluster}/k0`, signal)
    const ahead = it.view()
    await it.deliver(1)
    expect(it.view()).toEqual(ahead)
    await it.deliver(2)
    await it.deliver(3)
    expect(it.view()).toEqual(expectedView(revisions[3] as Revision))
  })
})
