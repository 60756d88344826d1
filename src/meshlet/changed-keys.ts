import { COLLECTION } from '../model/nsid.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { BidRecord, Did, MeshletStatusRecord } from '../model/records.ts'
import type { RecordChange, RecordView } from '../ports/records.ts'

/** What has to be looked at after records changed. */
export interface ChangedKeys {
  readonly workloads: ReadonlySet<string>
  /** Links, member lists, statuses, votes and what they go by: who may run what can have changed for all workloads. */
  readonly membership: boolean
  /** Suspicions or answers: who is down can have changed for all workloads. */
  readonly liveness: boolean
}

const MEMBERSHIP: ReadonlySet<string> = new Set([
  COLLECTION.meshlet,
  COLLECTION.meshletOwner,
  COLLECTION.cluster,
  COLLECTION.clusterPolicy,
  COLLECTION.proposal,
  COLLECTION.vote,
  COLLECTION.decision,
  COLLECTION.dispute,
  COLLECTION.answer,
])

/**
 * Maps changes of records to the keys to look at. A deleted bid or status names no workload any more;
 * then the record key tells it.
 */
export function changedKeys(
  changes: readonly RecordChange[],
  view: RecordView,
  uriOfKey: (rkey: string) => string | undefined,
): ChangedKeys {
  const workloads = new Set<string>()
  const sealers = new Set<Did>()
  let membership = false
  let liveness = false
  for (const { did, collection, rkey } of changes) {
    if (collection === COLLECTION.workload) workloads.add(workloadUri(did, rkey))
    if (collection === COLLECTION.bid || collection === COLLECTION.workloadStatus) {
      const uri = view.get<BidRecord>(did, collection, rkey)?.value.workload ?? uriOfKey(rkey)
      if (uri !== undefined) workloads.add(uri)
    }
    if (collection === COLLECTION.secret) sealers.add(did)
    if (collection === COLLECTION.meshletStatus)
      for (const { workload } of view.get<MeshletStatusRecord>(did, collection, rkey)?.value
        .objections ?? [])
        workloads.add(workload)
    membership ||= MEMBERSHIP.has(collection)
    liveness ||= collection === COLLECTION.suspicion || collection === COLLECTION.meshletStatus
  }
  // A deleted secret names no workload any more.
  for (const did of sealers)
    for (const [name] of view.list(did, COLLECTION.workload)) workloads.add(workloadUri(did, name))
  return { workloads, membership, liveness }
}
