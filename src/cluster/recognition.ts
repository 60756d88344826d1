import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { clusterLists, countedLists } from './cluster-lists.ts'
import { membershipFacts } from './membership-facts.ts'
import { claimedOwner } from './owned-meshlets.ts'
import { allOf, type Verdict } from './verdict.ts'

/**
 * Whether the machine runs work of this owner: one of its `cluster` records lists her, or she is
 * its own owner. Says nothing of whether the machine's link to its owner holds.
 */
export function accepts(view: RecordView, meshletDid: Did, owner: Did): Verdict {
  if (claimedOwner(view, meshletDid) === owner) return 'yes'
  const lists = countedLists(clusterLists(view, meshletDid))
  if (lists.some(({ members }) => members.has(owner))) return 'yes'
  return view.repoState(meshletDid) === 'unknown' ? 'unknown' : 'no'
}

/**
 * Whose machine it is: the owner who names it, and whom it names. Undefined when it is nobody’s or that
 * can’t be told, so that it makes no difference whether the repo of nobody’s machine was ever read.
 */
export function linkedOwner(view: RecordView, meshletDid: Did): Did | undefined {
  const claimed = claimedOwner(view, meshletDid)
  if (claimed === undefined) return undefined
  const named = membershipFacts(view).machinesOf(claimed)
  return named.some((machine) => machine.meshletDid === meshletDid) ? claimed : undefined
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
  return membershipFacts(view).someAccepts(owner, other)
}

/** Everybody whom some owned machine of the owner lists, by DID, herself left out. */
export function membersOf(
  view: RecordView,
  owner: Did,
  clusters?: readonly string[],
): readonly Did[] {
  return membershipFacts(view).membersOf(owner, clusters)
}
