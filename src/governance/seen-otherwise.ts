import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import type { Attestation, Vote } from './ballots.ts'

/**
 * Somebody has another history on record than the one that can be read: a voter changed or deleted her
 * vote after it was counted, or showed different readers different ones, or whoever recorded it is
 * wrong. Which of these, records do not tell, so it is shown and changes no count.
 */
export interface SeenOtherwise {
  /** Who has it on record. */
  readonly by: Did
  /** Whose vote it is; absent when it is the outcome that was seen otherwise. */
  readonly voter?: Did
  readonly recorded: string
  /** What can be read now; undefined: nothing. */
  readonly now: string | undefined
}

/** What the voters' own records of one result say that is not, or no longer, to be read. */
export function seenOtherwise({
  attestations,
  votes,
  outcome,
}: {
  /** Of voters, on this proposal. */
  readonly attestations: readonly Attestation[]
  /** Those on this proposal. */
  readonly votes: readonly Vote[]
  /** How it ended for whoever reads; undefined: it has not. */
  readonly outcome: string | undefined
}): readonly SeenOtherwise[] {
  return attestations
    .toSorted((a, b) => compareText(a.uri, b.uri))
    .flatMap(({ by, value }) => {
      const other = outcome !== undefined && value.outcome !== outcome
      const ended = other ? [{ by, recorded: value.outcome, now: outcome }] : []
      return [...ended, ...(value.votes ?? []).flatMap((seen) => votesOtherwise(by, seen, votes))]
    })
}

function votesOtherwise(
  by: Did,
  { voter, choice, vote }: NonNullable<Attestation['value']['votes']>[number],
  votes: readonly Vote[],
): readonly SeenOtherwise[] {
  const own = votes.filter((one) => one.voter === voter)
  if (own.some((one) => one.value.choice === choice)) return []
  // The record that was seen, if it is still there; else whatever else she has said.
  const now = own.find(({ uri }) => uri === vote?.uri) ?? own[0]
  return [{ by, voter, recorded: choice, now: now?.value.choice }]
}
