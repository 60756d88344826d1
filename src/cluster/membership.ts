import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { ownedMeshlets } from './owned-meshlets.ts'
import { accepts, isInCluster, membersOf } from './recognition.ts'
import { allOf, type Verdict } from './verdict.ts'

/** A machine that may run an owner's work (`yes`), or may turn out to (`unknown`). */
export interface Candidate {
  readonly meshletDid: Did
  readonly ownerDid: Did
  readonly verdict: Exclude<Verdict, 'no'>
}

/** The machines that may run an owner's work, as far as is known. */
export interface CandidateSet {
  /** By DID of the meshlet. */
  readonly candidates: readonly Candidate[]
  /** Listed owners whose repo has never been read: their machines may be missing above. */
  readonly unread: readonly Did[]
}

/**
 * The candidates of the owner's workloads: her own machines and every owned machine that accepts
 * her and whose owner she lists. They follow from her edges alone, so that everybody computes the
 * same set, also those who do not know each other. Names of `clusters` are hers: of her machines
 * those that have such a cluster count, of others those whose owner such a cluster lists.
 */
export function candidateSet(
  view: RecordView,
  owner: Did,
  clusters?: readonly string[],
): CandidateSet {
  const narrowed = clusters && clusters.length > 0 ? clusters : undefined
  const members = membersOf(view, owner, narrowed)
  const byDid = new Map<Did, Candidate>()
  for (const candidate of [
    ...ownCandidates(view, owner, narrowed),
    ...members.flatMap((member) => memberCandidates(view, member, owner)),
  ])
    byDid.set(candidate.meshletDid, candidate)
  return {
    candidates: [...byDid.values()].toSorted((a, b) => compareText(a.meshletDid, b.meshletDid)),
    unread: [owner, ...members].filter((did) => view.repoState(did) === 'unknown'),
  }
}

/** The candidates alone, by DID of the meshlet. */
export function candidates(
  view: RecordView,
  owner: Did,
  clusters?: readonly string[],
): readonly Candidate[] {
  return candidateSet(view, owner, clusters).candidates
}

function ownCandidates(
  view: RecordView,
  owner: Did,
  clusters: readonly string[] | undefined,
): readonly Candidate[] {
  return ownedMeshlets(view, owner)
    .filter(({ meshletDid }) => !clusters || isInCluster(view, meshletDid, clusters))
    .flatMap(({ meshletDid, verdict }) => unlessNo(meshletDid, owner, verdict))
}

function memberCandidates(view: RecordView, member: Did, owner: Did): readonly Candidate[] {
  return ownedMeshlets(view, member).flatMap(({ meshletDid, verdict }) =>
    unlessNo(meshletDid, member, allOf([verdict, accepts(view, meshletDid, owner)])),
  )
}

function unlessNo(meshletDid: Did, ownerDid: Did, verdict: Verdict): readonly Candidate[] {
  return verdict === 'no' ? [] : [{ meshletDid, ownerDid, verdict }]
}
