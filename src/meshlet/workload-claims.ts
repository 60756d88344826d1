import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did, WorkloadRecord } from '../model/records.ts'
import { requestOf } from '../model/request.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { RecordView } from '../ports/records.ts'

/** Disk that one replica was promised, bytes; 0 when nothing is known of the workload any more. */
export function storageOf(view: RecordView, uri: string): number {
  const workload = workloadOf(view, uri)
  return workload ? requestOf(workload).storageBytes : 0
}

/** What orders a workload among others, whenever this machine heard of it. */
export function claimOf(view: RecordView, uri: string) {
  const ownerDid = parseWorkloadUri(uri)?.owner ?? ('' as Did)
  return { ownerDid, priority: workloadOf(view, uri)?.priority ?? 0, key: recordKeyFor(uri) }
}

/** Its record as it is known now; undefined when it is not. */
export function workloadOf(view: RecordView, uri: string): WorkloadRecord | undefined {
  const parsed = parseWorkloadUri(uri)
  return parsed && view.get<WorkloadRecord>(parsed.owner, COLLECTION.workload, parsed.name)?.value
}
