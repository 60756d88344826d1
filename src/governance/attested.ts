import { compareText } from '../model/canonical.ts'
import { recordCid } from '../model/record-cid.ts'
import type { Did } from '../model/records.ts'
import { repoOf, type Attestation, type Proposal } from './ballots.ts'
import { faultOfProposal } from './proposal-faults.ts'
import { votersOf } from './tally.ts'

export interface Attested {
  /** As the attestations have it, since the record itself may be gone. */
  readonly proposal: Proposal
  readonly outcome: 'passed' | 'failed'
  readonly decidedAtMs: number
  readonly by: readonly Did[]
}

/**
 * Results that more than half of those who could vote have on record, by the proposal as `refKey`
 * names it. What was proposed stands in each of them and is proved by its CID. Fewer prove nothing,
 * whatever votes they list: whoever lists a vote did not cast it.
 */
export function attestedOutcomes(
  attestations: readonly Attestation[],
): ReadonlyMap<string, Attested> {
  const found = new Map<string, Attested>()
  const sound = attestations.filter(isSound)
  for (const [key, group] of Map.groupBy(sound, ({ value }) => refKey(value.proposal))) {
    const attested = (['passed', 'failed'] as const)
      .map((outcome) => attestedBy(group, outcome))
      .find((one) => one !== undefined)
    if (attested !== undefined) found.set(key, attested)
  }
  return found
}

/** One version of one record. */
export function refKey({ uri, cid }: { readonly uri: string; readonly cid: string }): string {
  return `${uri} ${cid}`
}

function attestedBy(
  group: readonly Attestation[],
  outcome: Attested['outcome'],
): Attested | undefined {
  const agreeing = group.filter(({ value }) => value.outcome === outcome)
  const [first] = agreeing
  if (first === undefined) return undefined
  const { proposal: ref, content } = first.value
  const proposal: Proposal = { ...ref, author: repoOf(ref.uri), value: content }
  const voters = votersOf(proposal)
  const by = [...new Set(agreeing.map((one) => one.by))].filter((did) => voters.includes(did))
  if (by.length * 2 <= voters.length || faultOfProposal(proposal) !== undefined) return undefined
  // The earliest that they have on record: whoever attests later does not move it.
  const decidedAtMs = Math.min(...agreeing.map(({ value }) => Date.parse(value.decidedAt)))
  return { proposal, outcome, decidedAtMs, by: by.toSorted(compareText) }
}

function isSound({ value }: Attestation): boolean {
  return recordCid(value.content) === value.proposal.cid
}
