import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did, MeshletStatusRecord, SuspicionRecord } from '../model/records.ts'
import { isOffer } from '../selection/bids.ts'
import { evidenceOf, type Evidence } from './evidence.ts'
import type { Reading } from './reading.ts'
import type { WorkloadView } from './workload-view.ts'

/** Something that happened to a workload, and where that is known from. */
export interface TimelineEvent {
  /** ISO 8601, UTC, by the clock of whoever says it. */
  readonly time: string
  /** As in `farm.meshlet.listEvents`; beside these `published`. */
  readonly kind: string
  /** Who did it: a machine, or the owner. */
  readonly actor: Did
  readonly name: string
  /** The machine that it is about, where that is another, or who had it done. */
  readonly subject?: Did
  readonly reason: string
  readonly evidence: readonly Evidence[]
  /** Read from public records now, or remembered by the machine. */
  readonly source: 'records' | 'machine'
}

/** An event as a machine gives it. */
export interface RememberedEvent {
  readonly time: string
  readonly kind: string
  readonly workload?: string | undefined
  readonly subject?: string | undefined
  readonly reason: string
  readonly evidence?: readonly Evidence[] | undefined
}

/** What the records still show, which is the present version of each. */
export function eventsOfRecords(
  reading: Reading,
  workload: WorkloadView,
): readonly TimelineEvent[] {
  return [
    published(reading, workload),
    ...workload.bids.map((bid) => bidEvent(reading, workload, bid)),
    ...workload.candidates.candidates.flatMap(({ meshletDid }) => [
      ...suspicionsOf(reading, workload, meshletDid),
      ...answersOf(reading, meshletDid),
    ]),
    ...workload.statuses.map((status) => statusEvent(reading, workload, status)),
  ]
}

/** What a machine remembers of this workload, and of the machines that may run it. */
export function eventsOfMachine(
  { names }: Reading,
  { candidates }: WorkloadView,
  machine: Did,
  events: readonly RememberedEvent[],
): readonly TimelineEvent[] {
  const known = new Set<string>(candidates.candidates.map(({ meshletDid }) => meshletDid))
  return events
    .filter(
      ({ workload, subject }) =>
        workload !== undefined || subject === undefined || known.has(subject),
    )
    .map(({ time, kind, subject, reason, evidence = [] }) => ({
      time,
      kind,
      actor: machine,
      name: names.meshlet(machine),
      ...(subject === undefined ? {} : { subject: subject as Did }),
      reason,
      evidence: evidence.map(({ uri, cid }) => ({ uri, cid })),
      source: 'machine' as const,
    }))
}

/** Oldest first. What a machine tells of a record stands for what the record itself shows. */
export function mergeTimeline(
  fromRecords: readonly TimelineEvent[],
  fromMachines: readonly TimelineEvent[],
): readonly TimelineEvent[] {
  const told = new Set(fromMachines.flatMap(keysOf))
  const rest = fromRecords.filter((event) => !keysOf(event).some((key) => told.has(key)))
  return [...rest, ...fromMachines].toSorted((a, b) =>
    a.time < b.time ? -1 : a.time > b.time ? 1 : 0,
  )
}

/** The same actor, kind and version of a record: the same event. */
function keysOf({ actor, kind, evidence }: TimelineEvent): readonly string[] {
  return evidence.map(({ uri, cid }) => [actor, kind, uri, cid].join(' '))
}

function published({ names, owner }: Reading, workload: WorkloadView): TimelineEvent {
  const { record, uri, cid } = workload
  const before = record.previous?.image
  return {
    time: record.createdAt,
    kind: 'published',
    actor: owner,
    name: names.account(owner),
    reason: `first published; now ${record.image}${before === undefined ? '' : `, before that ${before}`}`,
    evidence: [{ uri, cid }],
    source: 'records',
  }
}

function bidEvent(
  reading: Reading,
  { uri }: WorkloadView,
  { meshletDid, value }: WorkloadView['bids'][number],
): TimelineEvent {
  const { slots, round, score, refused, replaces } = value
  const kind = refused !== undefined ? 'refused' : isOffer(value) ? 'offered' : 'passed'
  const holds = replaces === undefined ? '' : ', and runs it already'
  const offer = `offers ${slots} in round ${round} with a score of ${score}${holds}`
  return {
    ...byMachine(reading, meshletDid),
    time: value.createdAt,
    kind,
    reason: kind === 'offered' ? offer : (value.message ?? value.reason ?? kind),
    evidence: evidenceOf(reading.view, meshletDid, COLLECTION.bid, recordKeyFor(uri)),
  }
}

function suspicionsOf(
  reading: Reading,
  { candidates }: WorkloadView,
  writer: Did,
): readonly TimelineEvent[] {
  const known = new Set(candidates.candidates.map(({ meshletDid }) => meshletDid))
  return reading.view
    .list<SuspicionRecord>(writer, COLLECTION.suspicion)
    .filter(([, { value }]) => known.has(value.suspect))
    .map(([rkey, { value }]) => ({
      ...byMachine(reading, writer),
      time: value.createdAt,
      kind: 'suspected',
      subject: value.suspect,
      reason: `not heard since ${value.since}; challenged at epoch ${value.epoch}`,
      evidence: evidenceOf(reading.view, writer, COLLECTION.suspicion, rkey),
    }))
}

function answersOf(reading: Reading, did: Did): readonly TimelineEvent[] {
  const { view } = reading
  const status = view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')?.value
  const count = status?.answers?.length ?? 0
  if (status === undefined || count === 0) return []
  return [
    {
      ...byMachine(reading, did),
      time: status.updatedAt ?? status.createdAt,
      kind: 'answered',
      subject: did,
      reason: `answers ${count === 1 ? 'a suspicion' : `${count} suspicions`}`,
      evidence: evidenceOf(view, did, COLLECTION.meshletStatus, 'self'),
    },
  ]
}

function statusEvent(
  reading: Reading,
  { uri }: WorkloadView,
  { meshletDid, record }: WorkloadView['statuses'][number],
): TimelineEvent {
  const { phase, replicas = [], lastError } = record
  const running = replicas.filter((replica) => replica.phase === 'running').length
  const error = lastError === undefined ? '' : `: ${lastError}`
  return {
    ...byMachine(reading, meshletDid),
    time: record.updatedAt ?? record.createdAt,
    kind: 'status',
    reason: `${phase}, ${running} of ${replicas.length} running${error}`,
    evidence: evidenceOf(reading.view, meshletDid, COLLECTION.workloadStatus, recordKeyFor(uri)),
  }
}

function byMachine({ names }: Reading, did: Did): Pick<TimelineEvent, 'actor' | 'name' | 'source'> {
  return { actor: did, name: names.meshlet(did), source: 'records' }
}
