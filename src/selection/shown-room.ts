import { EGRESS_LABEL, egressOf } from '../model/egress.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did, MeshletStatusRecord, WorkloadRecord } from '../model/records.ts'
import { requestOf } from '../model/request.ts'
import type { RecordView } from '../ports/records.ts'
import { lackOf } from './room.ts'

/**
 * Whether the published status of a machine shows room for a replica; one that says nothing may have
 * some, one that takes no work, or offers no way to the internet to what asks for it, has none.
 */
export function shownRoom(
  view: RecordView,
  workload: WorkloadRecord,
): (meshletDid: Did) => boolean {
  const request = requestOf(workload)
  const egress = egressOf(workload)
  return (meshletDid) => {
    const status = view.get<MeshletStatusRecord>(
      meshletDid,
      COLLECTION.meshletStatus,
      'self',
    )?.value
    if (status && status.state !== 'active') return false
    const offers = status?.labels?.some(
      ({ name, value }) => name === EGRESS_LABEL && value === egress,
    )
    if (status && egress === 'internet' && !offers) return false
    const free = status?.available ?? status?.capacity
    if (!free) return true
    const { cpuMilli = 0, memoryBytes = 0, storageBytes = 0 } = free
    return lackOf({ cpuMilli, memoryBytes, storageBytes }, request) === undefined
  }
}
