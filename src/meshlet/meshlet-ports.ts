import type { Hint } from '../model/records.ts'
import type { Policy } from '../policy/policy.ts'
import type { Clock } from '../ports/clock.ts'
import type { Engine } from '../ports/engine.ts'
import type { Guard } from '../ports/guard.ts'
import type { Journal } from '../ports/journal.ts'
import type { Log } from '../ports/log.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Peers } from '../ports/peers.ts'
import type { Random } from '../ports/random.ts'
import type { Feed, PacedRepoWriter, Write, WriteResult } from '../ports/records.ts'
import type { SealKey } from '../ports/seal-key.ts'
import type { StorageState } from '../storage/storage-state.ts'
import type { Registries } from '../ports/registries.ts'

/** Everything that a meshlet needs from outside. */
export interface MeshletPorts {
  readonly feed: Feed
  readonly writer: PacedRepoWriter
  readonly engine: Engine
  readonly peers: Peers
  readonly journal: Journal
  readonly guard: Guard
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  readonly registries: Registries
  /** Absent: nothing can be sealed for this machine. */
  readonly sealKey?: SealKey
  /** What the owner allows; it may change while the program runs. */
  readonly policy: () => Policy
  /** What the journal and the feed report of their disk. */
  readonly storage: StorageState
  /** Given by tests: see `PeaceOptions`. */
  readonly onBrokenPeace?: (uri: string, how: string) => void
}

/** What the parts call for when something has happened. */
export interface Triggers {
  readonly lookAt: (uri: string) => void
  readonly lookAtAll: () => void
  readonly lookAtLiveness: () => void
  readonly lookAtSelf: () => void
  readonly lookAtWalls: () => void
  readonly roomFreed: () => void
  readonly dutyChanged: () => void
  readonly acknowledged: (result: WriteResult, writes: readonly Write[]) => void
  readonly hint: (hint: Hint) => void
}
