import { ownedMeshlets } from '../cluster/owned-meshlets.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did, MeshletStatusRecord } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'

/**
 * The time, milliseconds since 1970, as far as somebody else bears it out: the reader's own clock, but
 * no later than the latest status of a machine of another member. Machines write theirs anew all the
 * time. So a clock that jumps ahead skips no step, and neither does one of a member's, since both would
 * have to. While no other member has any status there is no other word, and her own clock holds.
 */
export function witnessedTime(
  view: RecordView,
  owner: Did,
  { members, nowMs }: { readonly members: readonly Did[]; readonly nowMs: number },
): number {
  const seen = members
    .filter((member) => member !== owner)
    .flatMap((member) => ownedMeshlets(view, member))
    .filter(({ verdict }) => verdict === 'yes')
    .flatMap(({ meshletDid }) => {
      const status = view.get<MeshletStatusRecord>(meshletDid, COLLECTION.meshletStatus, 'self')
      return status === undefined ? [] : [timeOf(status.value)]
    })
    .filter((ms) => !Number.isNaN(ms))
  return seen.length === 0 ? nowMs : Math.min(nowMs, Math.max(...seen))
}

function timeOf({ updatedAt, createdAt }: MeshletStatusRecord): number {
  return Date.parse(updatedAt ?? createdAt)
}
