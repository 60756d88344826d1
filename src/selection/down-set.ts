import type { Did, WorkloadRecord } from '../model/records.ts'
import { votesNeeded, type Electorate, type Voter } from './electorate.ts'

/** A suspicion that has stood unanswered for long enough (`standingVotes`). */
export interface Vote {
  readonly writer: Did
  readonly suspect: Did
}

export interface DownInput {
  readonly electorate: Electorate
  readonly votes: readonly Vote[]
  /** Of a workload that must never run twice: then one of two votes is never enough. */
  readonly atMostOne?: boolean
}

/**
 * The meshlets that count as down for one workload. Starts empty; repeatedly adds, at once, all whom
 * more than half of the voters outside suspect, counting votes from outside only; with two voters
 * left one vote is enough. A voter's vote is cast when all her meshlets agree that are outside and
 * not suspected themselves; when there is none of these it is not cast. So two that accuse each
 * other fell nobody, and somebody is always left.
 */
export function downSet(input: DownInput): ReadonlySet<Did> {
  const down = new Set<Did>()
  const everybody = input.electorate.flatMap(({ meshlets }) => meshlets)
  // Each step but the last adds somebody, so there are no more steps than meshlets.
  for (let step = 0; step < everybody.length; step++) {
    const added = nextDown(input, everybody, down)
    if (added.length === 0) break
    for (const did of added) down.add(did)
  }
  return down
}

/** Whether a replica may be taken over at all: data stays where it is unless the workload lets go of it. */
export function isTakeoverAllowed(workload: Pick<WorkloadRecord, 'volumes'>): boolean {
  return (workload.volumes ?? []).every(({ onLoss }) => onLoss === 'empty')
}

function nextDown(
  { electorate, votes, atMostOne }: DownInput,
  everybody: readonly Did[],
  down: ReadonlySet<Did>,
): readonly Did[] {
  const outside = electorate.filter(({ meshlets }) => meshlets.some((did) => !down.has(did)))
  const needed = votesNeeded(outside.length, atMostOne !== true)
  const counted = votes.filter(({ writer, suspect }) => !down.has(writer) && writer !== suspect)
  const suspectedBy = Map.groupBy(counted, ({ suspect }) => suspect)
  const mayVote = (did: Did) => !down.has(did) && !suspectedBy.has(did)
  return everybody.filter((suspect) => {
    if (down.has(suspect)) return false
    const writers = new Set(suspectedBy.get(suspect)?.map(({ writer }) => writer))
    return outside.filter((voter) => suspects(voter, writers, mayVote)).length >= needed
  })
}

function suspects(
  { meshlets }: Voter,
  writers: ReadonlySet<Did>,
  mayVote: (did: Did) => boolean,
): boolean {
  const voting = meshlets.filter(mayVote)
  return voting.length > 0 && voting.every((did) => writers.has(did))
}
