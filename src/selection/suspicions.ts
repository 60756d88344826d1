import { compareText } from '../model/canonical.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Cid, Did, MeshletStatusRecord, SuspicionRecord } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import type { Vote } from './down-set.ts'

/** Suspicions of one writer that are looked at; more would be noise or malice. */
const SUSPICIONS_PER_WRITER_MAX = 256
/** CIDs in `meshletStatus.answers`, as in the lexicon. */
const ANSWERS_MAX = 64

/** A suspicion record and who wrote it. */
export interface Suspicion {
  readonly cid: Cid
  readonly writer: Did
  readonly suspect: Did
  readonly epoch: number
}

/** First sight of each suspicion that is in force, milliseconds of the local monotonic clock. */
export type SuspicionMemory = ReadonlyMap<Cid, number>

/**
 * The suspicions that these meshlets hold against each other and that are in force: not answered by
 * the suspect's status, and not of an older epoch. By writer, then suspect.
 */
export function suspicionsInForce(
  view: RecordView,
  meshlets: readonly Did[],
): readonly Suspicion[] {
  const known = new Set(meshlets)
  const writers = [...known].flatMap((writer) => {
    const written = view.list<SuspicionRecord>(writer, COLLECTION.suspicion)
    // Nearly always nobody has written any.
    return written.length === 0 ? [] : [{ writer, written }]
  })
  return writers
    .toSorted((a, b) => compareText(a.writer, b.writer))
    .flatMap(({ writer, written }) =>
      written
        .slice(0, SUSPICIONS_PER_WRITER_MAX)
        .filter(
          ([rkey, { value }]) => known.has(value.suspect) && rkey === recordKeyFor(value.suspect),
        )
        .map(
          ([
            ,
            {
              cid,
              value: { suspect, epoch },
            },
          ]) => ({ cid, writer, suspect, epoch }),
        )
        .filter(
          (suspicion) =>
            suspicion.suspect !== writer && !isVoid(suspicion, statusOf(view, suspicion.suspect)),
        ),
    )
}

/** Whether the suspect's own record ends the suspicion: an answer or a newer epoch. */
export function isVoid(
  { cid, epoch }: Pick<Suspicion, 'cid' | 'epoch'>,
  status: Pick<MeshletStatusRecord, 'epoch' | 'answers'> | undefined,
): boolean {
  return status !== undefined && (status.epoch > epoch || (status.answers ?? []).includes(cid))
}

/** Remembers when each was first seen, and forgets those that are gone. */
export function observeSuspicions(
  memory: SuspicionMemory,
  suspicions: readonly Suspicion[],
  now: number,
): SuspicionMemory {
  return new Map(suspicions.map(({ cid }) => [cid, memory.get(cid) ?? now]))
}

export interface StandingVotes {
  readonly votes: readonly Vote[]
  /** When the next one has stood for long enough; undefined when none is waiting. */
  readonly againInMs?: number
}

/** Those that have stood unanswered for `answerMs` of this reader's own time. */
export function standingVotes(
  memory: SuspicionMemory,
  suspicions: readonly Suspicion[],
  { now, answerMs }: { readonly now: number; readonly answerMs: number },
): StandingVotes {
  const remaining = ({ cid }: Suspicion) => (memory.get(cid) ?? now) + answerMs - now
  const votes = suspicions
    .filter((suspicion) => remaining(suspicion) <= 0)
    .map(({ writer, suspect }) => ({ writer, suspect }))
  const waits = suspicions.map(remaining).filter((ms) => ms > 0)
  return waits.length === 0 ? { votes } : { votes, againInMs: Math.min(...waits) }
}

export interface Answers {
  /** What `meshletStatus.answers` should hold, sorted. */
  readonly answers: readonly Cid[]
  /** True when a suspicion waits for its answer; without one the record need not be rewritten. */
  readonly isDue: boolean
}

/** Those of the peers who hold a suspicion against a meshlet, answered or not. */
export function suspectorsOf(view: RecordView, self: Did, peers: readonly Did[]): readonly Did[] {
  const rkey = recordKeyFor(self)
  return peers.filter((peer) => view.get(peer, COLLECTION.suspicion, rkey) !== undefined)
}

/**
 * The answers of a meshlet to the suspicions that the given peers hold against it: all at its epoch
 * or later. Those that are answered already stay listed as long as their records stand.
 */
export function answersFor(
  view: RecordView,
  self: Did,
  status: Pick<MeshletStatusRecord, 'epoch' | 'answers'>,
  peers: readonly Did[],
): Answers {
  const rkey = recordKeyFor(self)
  const found = new Map<Did, Cid>()
  for (const peer of peers) {
    const stored = view.get<SuspicionRecord>(peer, COLLECTION.suspicion, rkey)
    if (stored === undefined || peer === self) continue
    if (stored.value.suspect === self && stored.value.epoch >= status.epoch)
      found.set(peer, stored.cid)
  }
  const against = [...found].toSorted(([a], [b]) => compareText(a, b)).map(([, cid]) => cid)
  const given = new Set<Cid>(status.answers)
  return {
    answers: against.slice(0, ANSWERS_MAX).toSorted(compareText),
    isDue: against.slice(0, ANSWERS_MAX).some((cid) => !given.has(cid)),
  }
}

function statusOf(view: RecordView, did: Did): MeshletStatusRecord | undefined {
  return view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')?.value
}
