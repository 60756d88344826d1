import { compareText } from '../model/canonical.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { ClusterRecord, Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { claimedOwner, ownedMeshlets } from './owned-meshlets.ts'
import { allOf, anyOf, type Verdict } from './verdict.ts'

/** Clusters of one machine that are looked at. */
export const CLUSTERS_PER_MESHLET_MAX = 32

/**
 * Whether the machine runs work of this owner: one of its `cluster` records lists her, or she is
 * its own owner. Says nothing of whether the machine's link to its owner holds.
 */
export function accepts(view: RecordView, meshletDid: Did, owner: Did): Verdict {
  if (claimedOwner(view, meshletDid) === owner) return 'yes'
  if (listedBy(view, meshletDid).has(owner)) return 'yes'
  return view.repoState(meshletDid) === 'unknown' ? 'unknown' : 'no'
}

/**
 * Whether two owners recognise each other: some machine of each accepts the other. An owner always
 * recognises herself.
 */
export function recognises(view: RecordView, a: Did, b: Did): Verdict {
  if (a === b) return 'yes'
  return allOf([someMeshletAccepts(view, a, b), someMeshletAccepts(view, b, a)])
}

/** Whether some owned machine of the first owner accepts the second. */
export function someMeshletAccepts(view: RecordView, owner: Did, other: Did): Verdict {
  if (view.repoState(owner) === 'unknown') return 'unknown'
  return anyOf(
    ownedMeshlets(view, owner).map(({ meshletDid, verdict }) =>
      allOf([verdict, accepts(view, meshletDid, other)]),
    ),
  )
}

/**
 * Whom the machine's cluster records list, its owner left out unless it lists her. With `clusters`,
 * only those of these names count.
 */
export function listedBy(
  view: RecordView,
  meshletDid: Did,
  clusters?: readonly string[],
): ReadonlySet<Did> {
  const listed = new Set<Did>()
  for (const [, record] of clusterRecords(view, meshletDid, clusters))
    for (const member of record.value.members) listed.add(member)
  return listed
}

/** Whether the machine has a cluster of one of these names. */
export function isInCluster(
  view: RecordView,
  meshletDid: Did,
  clusters: readonly string[],
): boolean {
  return clusterRecords(view, meshletDid, clusters).length > 0
}

/** Everybody whom some owned machine of the owner lists, by DID, herself left out. */
export function membersOf(
  view: RecordView,
  owner: Did,
  clusters?: readonly string[],
): readonly Did[] {
  const members = new Set<Did>()
  for (const { meshletDid, verdict } of ownedMeshlets(view, owner))
    if (verdict === 'yes')
      for (const member of listedBy(view, meshletDid, clusters)) members.add(member)
  members.delete(owner)
  return [...members].toSorted(compareText)
}

function clusterRecords(view: RecordView, meshletDid: Did, clusters?: readonly string[]) {
  const records = view.list<ClusterRecord>(meshletDid, COLLECTION.cluster)
  const named = clusters ? records.filter(([name]) => clusters.includes(name)) : records
  return named.length > CLUSTERS_PER_MESHLET_MAX ? named.slice(0, CLUSTERS_PER_MESHLET_MAX) : named
}
