import { type RunningFeed, startFeed } from '../../src/atproto/feed-core.ts'
import type { RecordDisk } from '../../src/atproto/record-store-disk.ts'
import { createRecordStore } from '../../src/atproto/record-store.ts'
import type { Did } from '../../src/model/records.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { Log } from '../../src/ports/log.ts'
import type { Random } from '../../src/ports/random.ts'
import { VirtualConnection } from './virtual-connection.ts'
import { createVirtualEventReader, createVirtualReader } from './virtual-reader.ts'
import type { VirtualRepos } from './virtual-repos.ts'

export interface VirtualFeedOptions {
  readonly repos: VirtualRepos
  /** Outlives the program when it is passed to the next one. */
  readonly disk: RecordDisk
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** How long a commit is on its way to this reader. */
  readonly nextDelayMs: () => number
  /** Whether this reader reaches that PDS now. */
  readonly canReach: (did: Did) => boolean
}

/** The feed of production on the hosts of a virtual world, and a way to kill it at once. */
export interface VirtualFeed {
  readonly feed: RunningFeed
  /** Its connections are gone and tell it nothing any more. */
  readonly kill: () => void
}

/** Requests are answered sooner than commits come. */
const REQUEST_SHARE = 1 / 4

/** Starts a feed that follows nothing yet. */
export function startVirtualFeed(options: VirtualFeedOptions): VirtualFeed {
  const { repos, disk, clock, random, log, nextDelayMs, canReach } = options
  const connections = new Set<VirtualConnection>()
  const feed = startFeed({
    clock,
    random,
    log,
    store: createRecordStore({ disk, parse: repos.parse }),
    reader: createVirtualReader({
      repos,
      clock,
      nextDelayMs: () => nextDelayMs() * REQUEST_SHARE,
      canReach,
    }),
    events: createVirtualEventReader(clock),
    connect: (url, cursor, listener) => {
      const connection = new VirtualConnection({
        host: repos.hostAt(url),
        cursor,
        listener,
        clock,
        nextDelayMs,
        canReach: () => repos.didsAt(url).every((did) => canReach(did)),
        onEnd: (ended) => connections.delete(ended),
      })
      connections.add(connection)
      return connection
    },
  })
  return {
    feed,
    kill: () => {
      for (const connection of connections) connection.drop()
    },
  }
}
