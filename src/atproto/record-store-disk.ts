import type { Did } from '../model/records.ts'
import type { RepoFacts, VersionedRecord } from './record-store-repo.ts'

/** How far the event stream of a host was read. */
export interface HostCursor {
  readonly host: string
  /** Undefined: begin without one. */
  readonly cursor: number | undefined
}

/** A repo as it lies on disk. */
export interface StoredRepo {
  readonly did: Did
  readonly facts: RepoFacts
  readonly records: Iterable<VersionedRecord>
}

export interface RepoWrite {
  readonly did: Did
  /** All of them. */
  readonly facts: RepoFacts
  readonly put: readonly VersionedRecord[]
  /** Keys, `collection/rkey`; removed before `put`. */
  readonly remove: readonly string[]
}

/**
 * Where records outlast the program. Each write is one transaction, safe from a crash of the program
 * when it returns; a power cut may take the last ones with it, never one without those after it.
 * Writes throw code `io`.
 */
export interface RecordDisk extends Disposable {
  load(): {
    readonly cursors: Iterable<readonly [host: string, cursor: number]>
    readonly repos: Iterable<StoredRepo>
  }
  /** The bytes of a stored record; undefined when it is not there, or has none. Throws code `io`. */
  bytes(did: Did, key: string): Uint8Array | undefined
  /** All of them, each of another repo, or none. */
  write(changes: readonly RepoWrite[]): void
  writeCursors(cursors: readonly HostCursor[]): void
  forget(did: Did): void
}
