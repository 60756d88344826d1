import { COLLECTION } from '../model/nsid.ts'
import type { BidRecord, WorkloadRecord } from '../model/records.ts'
import type { OwnRecords } from './own-records.ts'

const ROOM_REASONS: ReadonlySet<string> = new Set(['no-cpu', 'no-memory', 'no-storage'])

/** Uris of the workloads for which this machine offers less than is wanted, and may offer more. */
export function shortOfRoom(
  own: OwnRecords,
  recordOf: (uri: string) => WorkloadRecord | undefined,
): readonly string[] {
  return own.list<BidRecord>(COLLECTION.bid).flatMap(([, { workload, slots, reason }]) => {
    const isSome = slots > 0 && slots < (recordOf(workload)?.replicas ?? 1)
    return ROOM_REASONS.has(reason ?? '') || isSome ? [workload] : []
  })
}
