import type { Collection } from '../model/nsid.ts'
import type { Cid, Did } from '../model/records.ts'
import type { StoredRecord } from './records.ts'

/** One record of our own repo as the PDS acknowledged it. */
export interface JournalRecord extends StoredRecord {
  readonly collection: Collection
  readonly rkey: string
}

/**
 * What can be told of afterwards.
 * - `revision`: a revision of the workload is acted on;
 * - `offered`, `passed`, `refused`: the bid, once the PDS has it;
 * - `takeover`, `gave-way`: a replica came here because another machine is down, or left for others;
 * - `create`, `start`, `remove`, `remove-network`: what was done on the engine;
 * - `failed`: it could not be brought up; `pull-stalled`: its image did not come any more;
 * - `image-removed`: an image that nothing needed was removed;
 * - `exec`: somebody (its subject) ran a command inside of a container of it;
 * - `status`: what is published of it has changed;
 * - `objected`: to an offer that came too late;
 * - `doubted`: an offer claims another balance than the ledger says;
 * - `suspected`, `cleared`: a challenge by record, and its end;
 * - `down`: who is down has changed; `answered`, `epoch`: this machine’s own answers and epochs;
 * - `walls`: a trial shows that the walls around containers stand, or no longer does.
 */
export type EventKind =
  | 'revision'
  | 'offered'
  | 'passed'
  | 'refused'
  | 'takeover'
  | 'gave-way'
  | 'create'
  | 'start'
  | 'remove'
  | 'remove-network'
  | 'failed'
  | 'pull-stalled'
  | 'image-removed'
  | 'exec'
  | 'status'
  | 'objected'
  | 'doubted'
  | 'suspected'
  | 'cleared'
  | 'down'
  | 'answered'
  | 'epoch'
  | 'walls'

/** A record in the version that was acted on. */
export interface EventEvidence {
  readonly uri: string
  readonly cid: Cid
}

export interface NewEvent {
  /** Wall clock, milliseconds since 1970. */
  readonly atMs: number
  readonly kind: EventKind
  /** Absent: it concerns the machine, and so every workload. */
  readonly workload?: string
  /** The machine that it is about, where that is another. */
  readonly subject?: Did
  readonly reason: string
  readonly evidence: readonly EventEvidence[]
}

export interface JournalEvent extends NewEvent {
  /** Grows with each event; never given twice. */
  readonly seq: number
}

export interface EventQuery {
  /** Events of this workload and of the machine; all when absent. */
  readonly workload?: string
  readonly kind?: EventKind
  /** Wall clock: nothing older. */
  readonly sinceMs?: number
  /** Only events with a lower number. */
  readonly beforeSeq?: number
  readonly limit: number
}

/** Events kept of one workload (and of the machine itself), and of all together. */
export const EVENTS_PER_WORKLOAD_MAX = 500
export const EVENTS_MAX = 10_000

/**
 * What a meshlet must not forget. Each call is durable when it returns. The journal may be lost: all
 * of it can be rebuilt from the records and the engine, at the price of a new epoch.
 */
export interface Journal {
  records(): readonly JournalRecord[]
  saveRecord(record: JournalRecord): void
  removeRecord(collection: Collection, rkey: string): void
  setting(name: string): string | undefined
  saveSetting(name: string, value: string | undefined): void
  /** Forgets the oldest of the same workload, and of all, beyond their limits. */
  appendEvent(event: NewEvent): void
  /** The newest first. */
  events(query: EventQuery): readonly JournalEvent[]
}
