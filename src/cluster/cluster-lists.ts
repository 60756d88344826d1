import { COLLECTION } from '../model/nsid.ts'
import { rememberByObject, rememberByText } from '../model/remember.ts'
import type { ClusterRecord, Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'

/** Clusters of one machine that are looked at. */
export const CLUSTERS_PER_MESHLET_MAX = 32

/** Lists that differ, of which the sets are remembered. */
const LISTS_REMEMBERED_MAX = 1_024

/** Whom one `cluster` record of a machine lists. */
export interface ClusterList {
  readonly name: string
  readonly members: ReadonlySet<Did>
}

/** The lists of a machine, by name of the cluster, however many. */
export function clusterLists(view: RecordView, meshletDid: Did): readonly ClusterList[] {
  return view
    .list<ClusterRecord>(meshletDid, COLLECTION.cluster)
    .map(([name, { value }]) => ({ name, members: listedIn(value) }))
}

/** Those of them that count: with `clusters`, only those of these names. */
export function countedLists(
  lists: readonly ClusterList[],
  clusters?: readonly string[],
): readonly ClusterList[] {
  const named = clusters ? lists.filter(({ name }) => clusters.includes(name)) : lists
  return named.length > CLUSTERS_PER_MESHLET_MAX ? named.slice(0, CLUSTERS_PER_MESHLET_MAX) : named
}

const listedIn = rememberByObject(({ members }: ClusterRecord) => setOf(members.join(' ')))

/** The machines of one owner mostly list the same: then they share one set. */
const setOf = rememberByText(
  LISTS_REMEMBERED_MAX,
  (text): ReadonlySet<Did> => new Set(text.split(' ').filter((did) => did !== '') as Did[]),
)
