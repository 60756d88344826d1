import { candidates } from '../cluster/membership.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { WorkloadStatusRecord } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { ProvenSpec } from '../sync/previous-spec.ts'
import type { Reader } from './reading.ts'

/** What the candidates' status records say of container specs. Fails as reading does. */
export async function readProvenSpecs(reader: Reader): Promise<ProvenSpec> {
  using reading = await reader.read()
  const { view } = reading
  const statuses = candidates(view, reader.owner).flatMap(({ meshletDid }) =>
    view
      .list<WorkloadStatusRecord>(meshletDid, COLLECTION.workloadStatus)
      .map(([rkey, { value }]) => ({ rkey, value })),
  )
  return (name, specHash) => {
    const rkey = recordKeyFor(workloadUri(reader.owner, name))
    const own = statuses.filter((status) => status.rkey === rkey)
    return own.length === 0 ? undefined : own.some(({ value }) => value.proven === specHash)
  }
}
