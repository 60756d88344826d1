import { candidateSet } from '../cluster/membership.ts'
import { COLLECTION } from '../model/nsid.ts'
import { placementKey } from '../model/placement-key.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did, WorkloadRecord } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { RecordView } from '../ports/records.ts'
import { bidsFor } from './bids.ts'
import { invited } from './invitation.ts'
import { allWitnesses, mayRun, witnessSetsOf } from './lease.ts'
import { shownRoom } from './shown-room.ts'

/** A workload as its owner is about to write it; without a record it is deleted. */
export interface WorkloadChange {
  readonly name: string
  readonly record: WorkloadRecord | undefined
}

/**
 * The machines that act at once on what an owner writes of a workload: those that are asked for a bid
 * first, have answered under any placement key, say something of it, or grant its lease. All others
 * have nothing to do for now, and learn of it by the stream.
 */
export function concernedBy(
  view: RecordView,
  ownerDid: Did,
  { name, record }: WorkloadChange,
): readonly Did[] {
  const uri = workloadUri(ownerDid, name)
  const rkey = recordKeyFor(uri)
  const { candidates } = candidateSet(view, ownerDid, undefined)
  const answered = bidsFor(view, candidates, uri).map(({ meshletDid }) => meshletDid)
  const reporting = candidates
    .map(({ meshletDid }) => meshletDid)
    .filter((did) => view.get(did, COLLECTION.workloadStatus, rkey) !== undefined)
  const asked = record === undefined ? [] : askedFirst(view, ownerDid, record)
  return [...new Set([...asked, ...answered, ...reporting])]
}

function askedFirst(view: RecordView, ownerDid: Did, record: WorkloadRecord): readonly Did[] {
  const { candidates } = candidateSet(view, ownerDid, record.clusters)
  const sets = witnessSetsOf(record)
  const asked = invited({
    placementKey: placementKey(ownerDid, record),
    replicas: record.everywhere === true ? 'everywhere' : (record.replicas ?? 1),
    candidates: mayRun(record, candidates).map(({ meshletDid }) => meshletDid),
    hasRoom: shownRoom(view, record),
    doublings: 0,
  })
  return sets === undefined ? asked : [...asked, ...allWitnesses(sets)]
}
