import { candidateSet } from '../cluster/membership.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did, WorkloadStatusRecord } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { RecordView } from '../ports/records.ts'
import type { WitnessCandidates } from '../sync/with-witnesses.ts'

/**
 * Who may witness a workload; undefined while a member's repo could not be read: her machines would look
 * as if they were gone.
 */
export function witnessCandidates(
  view: RecordView,
  owner: Did,
  name: string,
  clusters: readonly string[] | undefined,
): WitnessCandidates | undefined {
  const { candidates, unread } = candidateSet(view, owner, clusters)
  if (unread.length > 0) return undefined
  const uri = workloadUri(owner, name)
  const rkey = recordKeyFor(uri)
  const said = candidates.map(({ meshletDid, ownerDid }) => {
    const status = view.get<WorkloadStatusRecord>(meshletDid, COLLECTION.workloadStatus, rkey)
    const own = status?.value.workload === uri ? status.value : undefined
    return { meshletDid, ownerDid, status: own }
  })
  return {
    candidates: said.map(({ meshletDid, ownerDid, status }) => ({
      meshletDid,
      ownerDid,
      runsIt: status?.phase === 'running',
    })),
    leasedGeneration: Math.max(0, ...said.map(({ status }) => status?.witnessGeneration ?? 0)),
  }
}
