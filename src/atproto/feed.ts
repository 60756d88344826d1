import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { StorageState } from '../storage/storage-state.ts'
import { type RunningFeed, startFeed } from './feed-core.ts'
import { createEventReader } from './feed-events.ts'
import { createRepoReader, type FeedIdentity } from './feed-reader.ts'
import { createSocketConnector } from './feed-socket.ts'
import { createRecordStore } from './record-store.ts'
import { openRecordDisk } from './record-store-sql.ts'
import { createSignatureVerifier } from './repo-walk-signature.ts'
import { REPO_QUOTA, type RepoQuota } from './repo-walk.ts'

export interface FeedOptions {
  readonly identity: FeedIdentity
  /** Where what was read is kept; `:memory:` forgets it. */
  readonly file: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** In the place of the guarded one; see `RepoReaderOptions`. */
  readonly fetch?: typeof globalThis.fetch
  /** Allows PDSes on http, loopback and private networks. */
  readonly allowPrivateAddresses?: boolean
  /** How often each repo is compared with its PDS; 5 minutes. */
  readonly relistMs?: number
  readonly quota?: RepoQuota
  /** Hears of what can't be stored. */
  readonly storage?: StorageState
}

/**
 * A feed on the real network: streams over WebSocket, repos read over HTTP with proof, records in a
 * file. Opens the store and follows nothing yet. Throws code `io` when the file can't be opened.
 */
export function createFeed(options: FeedOptions): RunningFeed {
  const { clock, random, log, file, relistMs } = options
  const quota = options.quota ?? REPO_QUOTA
  const verify = createSignatureVerifier()
  return startFeed({
    clock,
    random,
    log,
    relistMs,
    quota,
    store: createRecordStore({
      disk: openRecordDisk({ file, log, nowMs: clock.wallMs(), state: options.storage }),
    }),
    reader: createRepoReader({ ...options, verify, quota }),
    events: createEventReader({ verify, quota, clock }),
    connect: createSocketConnector({
      allowPrivateAddresses: options.allowPrivateAddresses ?? false,
    }),
  })
}
