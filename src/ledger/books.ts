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

/**
 * The commune as one owner has it: herself and everybody with whom she recognises each other. A
 * ledger is always one owner's, since consent is pairwise: whom she does not work with neither lends
 * nor owes her anything.
 */
export function communeBooks(view: RecordView, owner: Did): CommuneBooks {
  const unread = new Set<Did>()
  const members = [owner]
  if (view.repoState(owner) === 'unknown') unread.add(owner)
  for (const member of membersOf(view, owner)) {
    const verdict = recognises(view, owner, member)
    if (verdict === 'yes') members.push(member)
    if (verdict === 'unknown') unread.add(member)
  }
  const books = members.toSorted(compareText).map((member) => memberBooks(view, member, unread))
  return { members: books, unread: [...unread].toSorted(compareText) }
}

function memberBooks(view: RecordView, ownerDid: Did, unread: Set<Did>): MemberBooks {
  const machines: MachineBooks[] = []
  for (const { meshletDid, verdict } of ownedMeshlets(view, ownerDid)) {
    if (verdict === 'unknown') unread.add(meshletDid)
    if (verdict !== 'yes') continue
    machines.push({
      meshletDid,
      usage: view.list(meshletDid, COLLECTION.usage),
      acknowledgements: view.list(meshletDid, COLLECTION.acknowledgement),
    })
  }
  return {
    ownerDid,
    machines,
    acknowledgements: view.list(ownerDid, COLLECTION.acknowledgement),
    sponsors: view.list(ownerDid, COLLECTION.sponsor),
  }
}
