import PQueue from 'p-queue'
import { messageOf } from '../model/errors.ts'
import type { Collection } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import { silentLog } from '../ports/log.ts'
import type { RecordView } from '../ports/records.ts'
import { IN_MEMORY } from '../storage/open-database.ts'
import {
  createRepoReader,
  type FeedIdentity,
  readWithCurrentKey,
  type RepoReader,
} from './feed-reader.ts'
import type { InvalidRecord } from './record-store-repo.ts'
import { createRecordStore, type RecordStore } from './record-store.ts'
import { openRecordDisk } from './record-store-sql.ts'
import { revTimeMs } from './repo-walk-commit.ts'
import { createSignatureVerifier } from './repo-walk-signature.ts'
import { OVER_QUOTA, type RepoQuota } from './repo-walk.ts'

/** The verified records of some repos at one moment. */
export interface RepoSnapshot extends RecordView, Disposable {
  /** Every DID that was read or tried, sorted. */
  readonly dids: readonly Did[]
  /** When the repo last changed, by its revision, in milliseconds since 1970; undefined: not read. */
  changedAtMs(did: Did): number | undefined
  /** Records that don't count, with the reason. */
  invalid(did: Did): readonly InvalidRecord[]
}

export interface ReadReposOptions {
  readonly identity: FeedIdentity
  readonly clock: Pick<Clock, 'wallMs'>
  readonly seed: Iterable<Did>
  /** Further repos that follow from what was read; asked again until it names no new one. */
  readonly grow?: (view: RecordView) => Iterable<Did>
  /** A collection that the caller does not need: it is neither read nor in the result. */
  readonly without?: Collection | undefined
  /** In the place of the guarded one; see `RepoReaderOptions`. */
  readonly fetch?: typeof globalThis.fetch
  /** Allows PDSes on http, loopback and private networks. */
  readonly allowPrivateAddresses?: boolean
  readonly quota?: RepoQuota
  readonly signal?: AbortSignal | undefined
}

const READS_AT_ONCE_MAX = 8
/** What others wrote decides how far the set grows; this ends it. */
const REPOS_MAX = 5_000

/**
 * Reads repos once, with proof. What can't be read is `unknown` in the result, with its problem;
 * this only fails when the signal is aborted.
 */
export async function readRepos(options: ReadReposOptions): Promise<RepoSnapshot> {
  const { signal, clock, without } = options
  const reader = createRepoReader({ ...options, verify: createSignatureVerifier() })
  const store = createRecordStore({
    disk: openRecordDisk({ file: IN_MEMORY, log: silentLog, nowMs: clock.wallMs() }),
  })
  try {
    const queue = new PQueue({ concurrency: READS_AT_ONCE_MAX })
    const seen = new Set<Did>()
    for (let found = [...options.seed]; found.length > 0;) {
      const fresh = [...new Set(found)].filter((did) => !seen.has(did))
      const admitted = fresh.slice(0, REPOS_MAX - seen.size)
      for (const did of admitted) seen.add(did)
      await Promise.all(
        admitted.map((did) => queue.add(() => readInto(store, reader, did, { signal, without }))),
      )
      signal?.throwIfAborted()
      found = admitted.length > 0 ? [...(options.grow?.(store) ?? [])] : []
    }
    return toSnapshot(store, [...seen].toSorted())
  } catch (error) {
    store[Symbol.dispose]()
    throw error
  }
}

async function readInto(
  store: RecordStore,
  reader: RepoReader,
  did: Did,
  { signal, without }: Pick<ReadReposOptions, 'signal' | 'without'>,
) {
  const how = signal ? { signal } : {}
  try {
    const { listing, host } = await readWithCurrentKey(reader, did, how, async (at) => ({
      listing: await reader.listing(at, { ...how, without }),
      host: at.pdsUrl,
    }))
    const { rev, data, cid } = listing.commit
    const position = { rev, data, commit: cid }
    const { truncated } = listing
    const facts = { host, position, truncated, problem: truncated ? OVER_QUOTA : undefined }
    const put = listing.records.map((record) => ({ ...record, rev }))
    store.apply({ did, via: 'listing', facts, put })
  } catch (error) {
    store.apply({ did, via: 'listing', facts: { problem: messageOf(error) } })
  }
}

function toSnapshot(store: RecordStore, dids: readonly Did[]): RepoSnapshot {
  return {
    dids,
    changedAtMs: (did) => {
      const rev = store.facts(did).position?.rev
      return rev === undefined ? undefined : revTimeMs(rev)
    },
    repoState: (did) => store.repoState(did),
    repoProblem: (did) => store.repoProblem(did),
    get: (did, collection, rkey) => store.get(did, collection, rkey),
    list: (did, collection) => store.list(did, collection),
    invalid: (did) => store.invalid(did),
    [Symbol.dispose]: () => store[Symbol.dispose](),
  }
}
