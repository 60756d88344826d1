import { compareText } from '../model/canonical.ts'
import { COLLECTION, type Collection } from '../model/nsid.ts'
import type {
  AtUri,
  Cid,
  DecisionRecord,
  Did,
  ProposalRecord,
  SponsorRecord,
  VoteRecord,
} from '../model/records.ts'
import type { RecordView, StoredRecord } from '../ports/records.ts'

/** A record by its place and its content. */
export interface Ref {
  readonly uri: AtUri
  readonly cid: Cid
}

export interface Proposal extends Ref {
  readonly author: Did
  readonly value: ProposalRecord
}

/** A vote that stands in its voter’s own repo, which is the only proof of it. */
export interface Vote extends Ref {
  readonly voter: Did
  readonly value: VoteRecord
}

/** How a member saw a vote end. */
export interface Attestation extends Ref {
  readonly by: Did
  readonly value: DecisionRecord
}

/** Credit that one member lends to another, as far as a vote depends on it. */
export interface Sponsorship {
  readonly by: Did
  readonly newcomer: Did
  readonly sinceMs: number
}

/** All that decisions about members follow from, in a fixed order. */
export interface Ballots {
  readonly proposals: readonly Proposal[]
  readonly votes: readonly Vote[]
  readonly attestations: readonly Attestation[]
  readonly sponsorships: readonly Sponsorship[]
}

/** Records of one kind in one repo that are looked at: nobody can make others count for ever. */
export const BALLOTS_PER_OWNER_MAX = 256

/** What stands in the repos of these owners. */
export function ballotsOf(view: RecordView, owners: Iterable<Did>): Ballots {
  const dids = [...new Set(owners)].toSorted(compareText)
  const all = <T>(collection: Collection) => dids.flatMap((did) => listed<T>(view, did, collection))
  return {
    proposals: all<ProposalRecord>(COLLECTION.proposal).map(({ did, ...ref }) => ({
      ...ref,
      author: did,
    })),
    votes: all<VoteRecord>(COLLECTION.vote).map(({ did, ...ref }) => ({ ...ref, voter: did })),
    attestations: all<DecisionRecord>(COLLECTION.decision).map(({ did, ...ref }) => ({
      ...ref,
      by: did,
    })),
    sponsorships: all<SponsorRecord>(COLLECTION.sponsor).flatMap(({ did: by, value }) => {
      const { newcomer, credit, createdAt } = value
      return credit > 0 ? [{ by, newcomer, sinceMs: Date.parse(createdAt) }] : []
    }),
  }
}

/** The address of a record. */
export function recordUri(did: Did, collection: Collection, rkey: string): AtUri {
  return `at://${did}/${collection}/${rkey}` as AtUri
}

/** Whose repo a record stands in. */
export function repoOf(uri: AtUri): Did {
  return (uri.split('/')[2] ?? '') as Did
}

/** The records of one kind in one repo, by address. */
export function listed<T>(view: RecordView, did: Did, collection: Collection) {
  return view
    .list<T>(did, collection)
    .slice(0, BALLOTS_PER_OWNER_MAX)
    .map(([rkey, { cid, value }]: readonly [string, StoredRecord<T>]) => ({
      did,
      uri: recordUri(did, collection, rkey),
      cid,
      value,
    }))
}
