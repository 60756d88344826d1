import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { membershipFacts } from './membership-facts.ts'
import { membersOf } from './recognition.ts'

/** Repos that one meshlet follows at most: nearest first, the rest is left out. */
export const FOLLOWED_REPOS_MAX = 4096
/** Members of one owner whose repos are followed for her sake; her clusters may list many more. */
export const FOLLOWED_PER_OWNER_MAX = 512
/** How far membership is followed: my members, and whom they list. */
const HOPS = 2

/** Repos to follow, and which of them. */
export interface FollowSet {
  readonly repos: ReadonlySet<Did>
  /** Those that are followed as machines and not as owners too. */
  readonly machines: ReadonlySet<Did>
}

/**
 * The repos that decide anything for this meshlet: its own, its owner's, those of the members and
 * of their members, and the machines that they all name, owned or not yet. Grows as repos are read:
 * compute it again after each change. At most `FOLLOWED_REPOS_MAX`, the nearest first and then by
 * DID, and of no owner's members more than `FOLLOWED_PER_OWNER_MAX`, so that a member with an endless
 * list can push out neither my own members nor those of others.
 */
export function followSet(
  view: RecordView,
  selfMeshlet: Did,
  selfOwner: Did,
  members: readonly Did[],
): FollowSet {
  const facts = membershipFacts(view)
  const followed = new Set<Did>([selfMeshlet, selfOwner])
  const owners = new Set<Did>([selfOwner])
  let ring: readonly Did[] = [...new Set([selfOwner, ...members])]
  const visited = new Set(ring)
  for (let hop = 0; hop < HOPS; hop++) {
    addAll(followed, ring)
    for (const owner of ring) owners.add(owner)
    for (const owner of ring)
      addAll(
        followed,
        // Also those that do not link back: the missing half may come any time.
        facts.machinesOf(owner).map(({ meshletDid }) => meshletDid),
      )
    ring = nextRing(view, ring, visited)
  }
  return { repos: followed, machines: new Set([...followed].filter((did) => !owners.has(did))) }
}

function nextRing(view: RecordView, ring: readonly Did[], visited: Set<Did>): readonly Did[] {
  const next: Did[] = []
  for (const owner of ring)
    for (const member of firstOf(membersOf(view, owner))) {
      if (visited.has(member)) continue
      visited.add(member)
      next.push(member)
    }
  return next.toSorted(compareText)
}

/** The same for everybody who reads the same records. */
function firstOf(members: readonly Did[]): readonly Did[] {
  return members.toSorted(compareText).slice(0, FOLLOWED_PER_OWNER_MAX)
}

function addAll(followed: Set<Did>, dids: readonly Did[]): void {
  for (const did of dids) if (followed.size < FOLLOWED_REPOS_MAX) followed.add(did)
}
