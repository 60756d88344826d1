import type { Candidate } from '../cluster/membership.ts'
import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'

/** Who has a vote on whether a candidate is down: one owner with her machines, or one machine. */
export interface Voter {
  /** The owner; where all belong to one owner, the machine itself. */
  readonly name: Did
  readonly meshlets: readonly Did[]
}

/** The voters of one candidate set, by name. */
export type Electorate = readonly Voter[]

/**
 * The electorate of a workload: the owners in its candidate set, the suspect's included, one vote
 * each. Where all candidates belong to one owner, her machines vote singly. Candidates of which
 * nothing is known yet count: a majority must not come from not knowing.
 */
export function electorateOf(
  candidates: readonly Pick<Candidate, 'meshletDid' | 'ownerDid'>[],
): Electorate {
  const byOwner = Map.groupBy(candidates, ({ ownerDid }) => ownerDid)
  const voters =
    byOwner.size === 1
      ? candidates.map(({ meshletDid }) => ({ name: meshletDid, meshlets: [meshletDid] }))
      : [...byOwner].map(([name, owned]) => ({ name, meshlets: owned.map((c) => c.meshletDid) }))
  return voters.toSorted((a, b) => compareText(a.name, b.name))
}

/** Votes that make a majority among so many voters; with two left one is enough, if that is allowed. */
export function votesNeeded(voters: number, isOneOfTwoEnough: boolean): number {
  return voters === 2 && isOneOfTwoEnough ? 1 : Math.floor(voters / 2) + 1
}

/** Whether the voter that the meshlet belongs to, and she herself, is in the electorate. */
export function isIn(electorate: Electorate, meshlet: Did): boolean {
  return electorate.some(({ meshlets }) => meshlets.includes(meshlet))
}
