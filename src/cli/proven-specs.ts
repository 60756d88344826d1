import { candidates } from '../cluster/membership.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { WorkloadStatusRecord } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { ProvenSpec } from '../sync/previous-spec.ts'
import type { Reading } from './reading.ts'

/** What the candidates' status records say of container specs. */
export function provenSpecsIn({ view, owner }: Reading): ProvenSpec {
  const statuses = candidates(view, owner).flatMap(({ meshletDid }) =>
    view
      .list<WorkloadStatusRecord>(meshletDid, COLLECTION.workloadStatus)
      .map(([rkey, { value }]) => ({ rkey, value })),
  )
  return (name, specHash) => {
    const rkey = recordKeyFor(workloadUri(owner, name))
    const own = statuses.filter((status) => status.rkey === rkey)
    return own.length === 0 ? undefined : own.some(({ value }) => value.proven === specHash)
  }
}
