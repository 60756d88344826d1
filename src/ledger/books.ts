import { ownedMeshlets } from '../cluster/owned-meshlets.ts'
import { membersOf, recognises } from '../cluster/recognition.ts'
import { compareText } from '../model/canonical.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { AcknowledgementRecord, Did, SponsorRecord, UsageRecord } from '../model/records.ts'
import type { RecordView, StoredRecord } from '../ports/records.ts'

/** Records of one collection of one repo, by key. */
export type Listed<T> = readonly (readonly [rkey: string, record: StoredRecord<T>])[]

/** What one machine wrote for the ledger. */
export interface MachineBooks {
  readonly meshletDid: Did
  readonly usage: Listed<UsageRecord>
  /** What it acknowledged in its owner's name. */
  readonly acknowledgements: Listed<AcknowledgementRecord>
}

/** All that one member and her machines wrote for the ledger. */
export interface MemberBooks {
  readonly ownerDid: Did
  readonly machines: readonly MachineBooks[]
  readonly acknowledgements: Listed<AcknowledgementRecord>
  readonly sponsors: Listed<SponsorRecord>
}

/** The books of a commune, as its records show them. */
export interface CommuneBooks {
  /** By DID of the owner. */
  readonly members: readonly MemberBooks[]
  /** Repos that decide something here and were never read: without them no balance is known. */
  readonly unread: readonly Did[]
}

/** Whose books a ledger is made of. */
export interface LedgerMember {
  readonly ownerDid: Did
  /** Her machines, by DID. */
  readonly machines: readonly Did[]
}

/** The books of all whom a ledger of this owner is made of. */
export function communeBooks(view: RecordView, owner: Did): CommuneBooks {
  const { members, unread } = ledgerMembers(view, owner)
  return { members: members.map((member) => memberBooks(view, member)), unread }
}

/**
 * The commune as one owner has it: herself and everybody with whom she recognises each other. A
 * ledger is always one owner's, since consent is pairwise: whom she does not work with neither lends
 * nor owes her anything.
 */
export function ledgerMembers(
  view: RecordView,
  owner: Did,
): { readonly members: readonly LedgerMember[]; readonly unread: readonly Did[] } {
  const unread = new Set<Did>()
  const members = [owner]
  if (view.repoState(owner) === 'unknown') unread.add(owner)
  for (const member of membersOf(view, owner)) {
    const verdict = recognises(view, owner, member)
    if (verdict === 'yes') members.push(member)
    if (verdict === 'unknown') unread.add(member)
  }
  const known = members.toSorted(compareText).map((ownerDid): LedgerMember => {
    const machines = ownedMeshlets(view, ownerDid)
    for (const { meshletDid, verdict } of machines)
      if (verdict === 'unknown') unread.add(meshletDid)
    const own = machines.filter(({ verdict }) => verdict === 'yes')
    return { ownerDid, machines: own.map(({ meshletDid }) => meshletDid) }
  })
  return { members: known, unread: [...unread].toSorted(compareText) }
}

function memberBooks(view: RecordView, { ownerDid, machines }: LedgerMember): MemberBooks {
  return {
    ownerDid,
    machines: machines.map((meshletDid) => ({
      meshletDid,
      usage: view.list(meshletDid, COLLECTION.usage),
      acknowledgements: view.list(meshletDid, COLLECTION.acknowledgement),
    })),
    acknowledgements: view.list(ownerDid, COLLECTION.acknowledgement),
    sponsors: view.list(ownerDid, COLLECTION.sponsor),
  }
}
