import { compareText } from '../model/canonical.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did, MeshletOwnerRecord, MeshletRecord } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import type { Verdict } from './verdict.ts'

/** Machines of one owner that are looked at; a hostile owner can't make others follow more. */
export const MESHLETS_PER_OWNER_MAX = 64

/** A machine that an owner claims, and whether the machine says so too. */
export interface OwnedMeshlet {
  readonly meshletDid: Did
  readonly ownerDid: Did
  readonly verdict: Verdict
  /** One line for people. */
  readonly reason: string
}

/**
 * The machines that the owner's `meshlet` records name, by DID. A machine is hers (`yes`) only when
 * its own `meshletOwner` record names her: one link alone is nothing. Empty as well when the owner's
 * repo has never been read: ask `view.repoState` for that.
 */
export function ownedMeshlets(view: RecordView, owner: Did): readonly OwnedMeshlet[] {
  const named = view.list<MeshletRecord>(owner, COLLECTION.meshlet)
  const dids = [...new Set(named.map(([, record]) => record.value.meshletDid))]
  return dids
    .toSorted(compareText)
    .slice(0, MESHLETS_PER_OWNER_MAX)
    .map((meshletDid) => ({ meshletDid, ownerDid: owner, ...linkBack(view, meshletDid, owner) }))
}

/** The owner that the machine names; undefined when it names none or has never been read. */
export function claimedOwner(view: RecordView, meshletDid: Did): Did | undefined {
  const record = view.get<MeshletOwnerRecord>(meshletDid, COLLECTION.meshletOwner, 'self')
  return record?.value.ownerDid
}

function linkBack(
  view: RecordView,
  meshletDid: Did,
  owner: Did,
): { readonly verdict: Verdict; readonly reason: string } {
  const claimed = claimedOwner(view, meshletDid)
  if (claimed === owner)
    return { verdict: 'yes', reason: 'the owner and the meshlet name each other' }
  if (claimed !== undefined)
    return { verdict: 'no', reason: `one-way link: the meshlet names ${claimed} as its owner` }
  if (view.repoState(meshletDid) === 'unknown')
    return { verdict: 'unknown', reason: neverRead(view, meshletDid, 'the meshlet’s repo') }
  return { verdict: 'no', reason: 'one-way link: the meshlet has no meshletOwner record' }
}

/** Why nothing is known of a repo, in one line. */
export function neverRead(view: RecordView, did: Did, what: string): string {
  const problem = view.repoProblem(did)
  return problem === undefined
    ? `${what} has not been read yet`
    : `${what} can’t be read: ${problem}`
}
