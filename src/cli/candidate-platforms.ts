import { candidateSet } from '../cluster/membership.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did, MeshletStatusRecord } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'

/**
 * `os/architecture` of each machine that may run an owner's workload; undefined when one of them does
 * not say, since that one may be the fitting one.
 */
export function candidatePlatforms(
  view: RecordView,
  owner: Did,
  clusters: readonly string[] | undefined,
): readonly string[] | undefined {
  const { candidates, unread } = candidateSet(view, owner, clusters)
  if (unread.length > 0) return undefined
  const platforms = candidates.map(({ meshletDid }) => platformOf(view, meshletDid))
  return platforms.includes(undefined) ? undefined : platforms.map(String)
}

function platformOf(view: RecordView, meshlet: Did): string | undefined {
  const status = view.get<MeshletStatusRecord>(meshlet, COLLECTION.meshletStatus, 'self')
  const labels = new Map(status?.value.labels?.map(({ name, value }) => [name, value]))
  const [os, arch] = [labels.get('os'), labels.get('arch')]
  return os === undefined || arch === undefined ? undefined : `${os}/${arch}`
}
