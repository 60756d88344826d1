import type { Cid, Did } from '../model/records.ts'
import type { Collection } from '../model/nsid.ts'

/** A record that was read, verified against its repo's signed commit, and parsed with its lexicon. */
export interface StoredRecord<T = unknown> {
  readonly cid: Cid
  readonly value: T
}

/**
 * How much is known about a repo.
 * - `known`: read and verified at least once; `records` is its content as last verified.
 * - `unknown`: never read, or taken down, deactivated or unreachable since before it was ever read.
 *   A repo that becomes unreachable later stays `known`: the last verified answer holds.
 */
export type RepoState = 'known' | 'unknown'

/** How a change came to be known. Bids learnt by `listing` count as closed rounds (DESIGN §5). */
export type Via = 'listing' | 'stream' | 'record'

export interface RecordChange {
  readonly did: Did
  readonly collection: Collection
  readonly rkey: string
  /** Absent: the record was deleted. */
  readonly cid?: Cid
  readonly via: Via
}

/** The verified records of all followed repos. Reading is synchronous and never blocks. */
export interface RecordView {
  repoState(did: Did): RepoState
  /** Why the repo can't be read at the moment, for people; undefined when all is well. */
  repoProblem(did: Did): string | undefined
  get<T>(did: Did, collection: Collection, rkey: string): StoredRecord<T> | undefined
  /** By record key, sorted. Empty when there are none. */
  list<T>(did: Did, collection: Collection): readonly (readonly [rkey: string, StoredRecord<T>])[]
  /**
   * Another text whenever a link between an owner and a machine, a list of members, or whether a repo
   * was ever read has changed: what follows from these alone is remembered for as long. Absent where
   * nobody keeps count of it; then it is worked out each time.
   */
  membershipVersion?(): string
}

/** A view that can be asked whether it still says the same. */
export interface VersionedView extends RecordView {
  /** Grows whenever an answer may be another than before: as long as it stays, all of them are the same. */
  version(): number
  /**
   * The same, but for the times in the status of a machine, which is written again and again only to show
   * that it is meant.
   */
  newsVersion(): number
}

/** Follows repos and keeps the view up to date. */
export interface Feed extends VersionedView {
  /**
   * Replaces the set of followed repos; what is no longer followed is forgotten. Of `machines`, those of
   * them that are followed as machines and not as owners too, less is read.
   */
  follow(dids: ReadonlySet<Did>, machines?: ReadonlySet<Did>): void
  /** Somebody said that this repo moved on: look now. Coalesced; never believed without proof. */
  hint(did: Did, rev?: string, uri?: string): void
  /**
   * Why a record that is there does not count: it does not fit its lexicon, or is beyond a limit.
   * Undefined when there is no such record, or it counts. What does not count is not deleted.
   */
  invalidReason(did: Did, collection: Collection, rkey: string): string | undefined
  /** The revision up to which all of the repo has been read; undefined: it never was. */
  readUpTo(did: Did): string | undefined
  /**
   * For how long what is known of the repo has most likely been what it holds, milliseconds: its
   * host's stream is open and was heard all the time, and nothing of the repo is in doubt; else 0.
   */
  currentForMs(did: Did): number
  /** Whether what is known of the repo has yet to be compared with its PDS, as after each start. */
  isInDoubt(did: Did): boolean
  /** Calls back after each durable change of the view, never before. */
  onChange(listener: (changes: readonly RecordChange[]) => void): () => void
}

export type Write =
  | {
      readonly action: 'put'
      readonly collection: Collection
      readonly rkey: string
      readonly value: object
    }
  | { readonly action: 'delete'; readonly collection: Collection; readonly rkey: string }

export interface WriteResult {
  /** Revision of the repo after the writes, and the CID of that commit. */
  readonly rev: string
  readonly commit: Cid
  /** CID of each written record, in the order of the writes; undefined for a deletion. */
  readonly cids: readonly (Cid | undefined)[]
}

/** What is left of one limit on writes, of which a burst may be used at once. */
export interface WindowAllowance {
  /** Points: a creation costs 3, an update 2, a deletion 1. */
  readonly pointsLeft: number
  readonly pointsMax: number
  /** Commits, each of which is one event for a relay. */
  readonly eventsLeft: number
  readonly eventsMax: number
}

/** What may be written. */
export interface WriteAllowance {
  readonly hour: WindowAllowance
  readonly day: WindowAllowance
  /** For how long the PDS wants nothing more, milliseconds; 0: it takes writes. */
  readonly pausedMs: number
}

/** Writes to one repo. Every `put` is validated with its lexicon before it is sent. */
export interface RepoWriter {
  readonly did: Did
  /** One commit for all writes. With `swapCommit`, fails with code `conflict` when the repo moved. */
  apply(
    writes: readonly Write[],
    options?: { swapCommit?: Cid; signal?: AbortSignal },
  ): Promise<WriteResult>
}

/** A writer that knows how much it may write, so that what can wait may wait. */
export interface PacedRepoWriter extends RepoWriter {
  allowance(): WriteAllowance
}
