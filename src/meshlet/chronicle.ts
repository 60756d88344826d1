import { messageOf } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import type {
  BidRecord,
  Cid,
  Did,
  MeshletStatusRecord,
  SuspicionRecord,
  WorkloadStatusRecord,
} from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type {
  EventEvidence,
  EventKind,
  EventQuery,
  Journal,
  JournalEvent,
} from '../ports/journal.ts'
import type { Log } from '../ports/log.ts'
import type { Write } from '../ports/records.ts'
import { isOffer } from '../selection/bids.ts'
import type { OwnRecords } from './own-records.ts'

export interface ChronicleOptions {
  readonly self: Did
  readonly own: OwnRecords
  readonly journal: Journal
  readonly clock: Clock
  readonly log: Log
}

/** What is noted; the time is added. */
export interface Happening {
  readonly workload?: string
  readonly subject?: Did
  readonly reason: string
  readonly evidence?: readonly EventEvidence[]
}

const REASON_CHARACTERS_MAX = 1_000
const EVIDENCE_MAX = 32
/** Workloads whose last revision is at hand. */
const REVISIONS_MAX = 20_000

/**
 * What this machine did and why, for those who ask afterwards: a repo keeps only the present state of
 * a record. Noting never fails, since nothing that runs may depend on it.
 */
export class Chronicle {
  readonly #options: ChronicleOptions
  readonly #revisions = new Map<string, Cid>()
  readonly #phases = new Map<string, string>()
  readonly #suspects = new Map<string, Did>()
  #status: Pick<MeshletStatusRecord, 'epoch' | 'answers' | 'objections'> | undefined

  constructor(options: ChronicleOptions) {
    this.#options = options
    // What an earlier run published last: a program may begin with a new epoch.
    this.#status = options.own.get<MeshletStatusRecord>(COLLECTION.meshletStatus, 'self')?.value
  }

  note(kind: EventKind, { workload, subject, reason, evidence = [] }: Happening): void {
    const { journal, clock, log } = this.#options
    try {
      journal.appendEvent({
        atMs: clock.wallMs(),
        kind,
        reason: reason.slice(0, REASON_CHARACTERS_MAX),
        evidence: evidence.slice(0, EVIDENCE_MAX),
        ...(workload === undefined ? {} : { workload }),
        ...(subject === undefined ? {} : { subject }),
      })
    } catch (error) {
      log.warn('an event could not be noted', { kind, error: messageOf(error) })
    }
  }

  /** The newest first. */
  events(query: EventQuery): readonly JournalEvent[] {
    return this.#options.journal.events(query)
  }

  /** A revision of a workload is acted on. What was noted before a restart is not noted again. */
  noteRevision(workload: string, cid: Cid): void {
    const remembered = this.#revisions.get(workload)
    if (remembered === cid) return
    const known = remembered ?? this.#lastRevision(workload)
    // What is forgotten is looked up in the journal.
    if (this.#revisions.size >= REVISIONS_MAX) this.#revisions.clear()
    this.#revisions.set(workload, cid)
    if (known === cid) return
    const reason = known === undefined ? 'the workload was seen' : 'the workload has changed'
    this.note('revision', { workload, reason, evidence: [{ uri: workload, cid }] })
  }

  /** Our own records, as the PDS has them now. */
  noteAcknowledged(writes: readonly Write[]): void {
    for (const write of writes) this.#noteWrite(write)
  }

  #lastRevision(workload: string): Cid | undefined {
    const [event] = this.#options.journal.events({ workload, kind: 'revision', limit: 1 })
    return event?.evidence[0]?.cid
  }

  #noteWrite(write: Write): void {
    const { collection, rkey } = write
    const value: unknown = write.action === 'put' ? write.value : undefined
    const evidence = this.#evidenceOf(write)
    if (collection === COLLECTION.bid) this.#noteBid(value as BidRecord | undefined, evidence)
    if (collection === COLLECTION.workloadStatus)
      this.#noteStatus(rkey, value as WorkloadStatusRecord | undefined, evidence)
    if (collection === COLLECTION.suspicion)
      this.#noteSuspicion(rkey, value as SuspicionRecord | undefined, evidence)
    if (collection === COLLECTION.meshletStatus && value !== undefined)
      this.#noteSelf(value as MeshletStatusRecord, evidence)
  }

  #evidenceOf({ collection, rkey }: Write): readonly EventEvidence[] {
    const { own, self } = this.#options
    const cid = own.get(collection, rkey)?.cid
    return cid === undefined ? [] : [{ uri: `at://${self}/${collection}/${rkey}`, cid }]
  }

  /** A bid that is taken back is told of by whatever takes it back. */
  #noteBid(bid: BidRecord | undefined, evidence: readonly EventEvidence[]): void {
    if (bid === undefined) return
    const { workload, round, score, slots } = bid
    const offer = `offers ${slots} in round ${round} with a score of ${score}`
    const kind = bid.refused !== undefined ? 'refused' : isOffer(bid) ? 'offered' : 'passed'
    const reason = kind === 'offered' ? offer : (bid.message ?? bid.reason ?? kind)
    this.note(kind, { workload, reason, evidence })
  }

  #noteStatus(
    rkey: string,
    status: WorkloadStatusRecord | undefined,
    evidence: readonly EventEvidence[],
  ): void {
    if (status === undefined) return void this.#phases.delete(rkey)
    const { workload, phase, lastError, replicas = [] } = status
    const running = replicas.filter((replica) => replica.phase === 'running').length
    const text = `${phase}, ${running} of ${replicas.length} running`
    if (this.#phases.get(rkey) === text) return
    this.#phases.set(rkey, text)
    const reason = lastError === undefined || phase === 'running' ? text : `${text}: ${lastError}`
    this.note('status', { workload, reason, evidence })
  }

  #noteSuspicion(
    rkey: string,
    suspicion: SuspicionRecord | undefined,
    evidence: readonly EventEvidence[],
  ): void {
    if (suspicion === undefined) {
      const subject = this.#suspects.get(rkey)
      this.#suspects.delete(rkey)
      if (subject !== undefined)
        this.note('cleared', { subject, reason: 'it was heard again, or has answered' })
      return
    }
    const { suspect, epoch, since } = suspicion
    this.#suspects.set(rkey, suspect)
    const reason = `not heard since ${since}; challenged at epoch ${epoch}`
    this.note('suspected', { subject: suspect, reason, evidence })
  }

  #noteSelf(status: MeshletStatusRecord, evidence: readonly EventEvidence[]): void {
    const { self } = this.#options
    const before = this.#status
    this.#status = status
    const isNewEpoch = before !== undefined && before.epoch !== status.epoch
    if (isNewEpoch)
      this.note('epoch', { subject: self, reason: `its epoch is ${status.epoch} now`, evidence })
    this.#noteObjections(before?.objections, status.objections, evidence)
    const answered = (status.answers ?? []).filter((cid) => !before?.answers?.includes(cid))
    if (answered.length === 0) return
    const reason = `answered ${answered.length === 1 ? 'a suspicion' : `${answered.length} suspicions`}`
    this.note('answered', { subject: self, reason, evidence })
  }

  #noteObjections(
    before: MeshletStatusRecord['objections'],
    now: MeshletStatusRecord['objections'],
    evidence: readonly EventEvidence[],
  ): void {
    const known = new Set((before ?? []).map((one) => JSON.stringify(one)))
    for (const one of now ?? []) {
      if (known.has(JSON.stringify(one))) continue
      const { workload, meshletDid, round } = one
      const reason = `the offer for round ${round} came too late, and would push out what runs`
      this.note('objected', { workload, subject: meshletDid, reason, evidence })
    }
  }
}
