import { COLLECTION } from '../../src/model/nsid.ts'
import type { Did, MeshletStatusRecord } from '../../src/model/records.ts'
import type { RecordView } from '../../src/ports/records.ts'

/** Its owner shut it down, and its last record says so: nobody is there to write anything. */
export function isGone(view: RecordView, did: Did): boolean {
  const status = view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')?.value
  return status?.state === 'stopped'
}
