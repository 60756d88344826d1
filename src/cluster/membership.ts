import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { membershipFacts } from './membership-facts.ts'
import type { Verdict } from './verdict.ts'

/** A machine that may run an owner's work (`yes`), or may turn out to (`unknown`). */
export interface Candidate {
  readonly meshletDid: Did
  readonly ownerDid: Did
  readonly verdict: Exclude<Verdict, 'no'>
}

/** The machines that may run an owner's work, as far as is known. */
export interface CandidateSet {
  /** By DID of the meshlet; frozen. */
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
  return membershipFacts(view).candidateSet(owner, clusters?.length ? clusters : undefined)
}

/** The candidates alone, by DID of the meshlet. */
export function candidates(
  view: RecordView,
  owner: Did,
  clusters?: readonly string[],
): readonly Candidate[] {
  return candidateSet(view, owner, clusters).candidates
}
