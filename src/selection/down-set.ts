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
 * left one vote is enough, unless they accuse each other. A voter's vote is cast when all her
 * unsuspected meshlets agree. A step that would leave nobody adds nobody.
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
  const outside = electorate
    .map(({ name, meshlets }) => ({ name, meshlets: meshlets.filter((did) => !down.has(did)) }))
    .filter(({ meshlets }) => meshlets.length > 0)
  const counted = votes.filter(({ writer, suspect }) => !down.has(writer) && writer !== suspect)
  const writersBySuspect = new Map(
    [...Map.groupBy(counted, ({ suspect }) => suspect)].map(([suspect, against]) => [
      suspect,
      new Set(against.map(({ writer }) => writer)),
    ]),
  )
  const votesFor = (suspect: Did) =>
    outside.filter((voter) => isCast(voter, suspect, writersBySuspect))
  const isOneEnough = atMostOne !== true && !isStalemate(outside, votesFor)
  const needed = votesNeeded(outside.length, isOneEnough)
  const suspects = everybody.filter((did) => !down.has(did))
  const added = suspects.filter((suspect) => votesFor(suspect).length >= needed)
  return added.length === suspects.length ? [] : added
}

/** Two voters are left and each accuses the other: then one vote is not enough. */
function isStalemate(
  [first, second, ...more]: readonly Voter[],
  votesFor: (suspect: Did) => readonly Voter[],
): boolean {
  if (!first || !second || more.length > 0) return false
  const accuses = (voter: Voter, other: Voter) =>
    other.meshlets.some((suspect) => votesFor(suspect).includes(voter))
  return accuses(first, second) && accuses(second, first)
}

/**
 * Whether the voter's machines agree on the suspect, which has no say itself. Those that are
 * suspected are left out, as long as others remain: otherwise the death of one machine would undo
 * what it said of another.
 */
function isCast(
  { meshlets }: Voter,
  suspect: Did,
  writersBySuspect: ReadonlyMap<Did, ReadonlySet<Did>>,
): boolean {
  const writers = writersBySuspect.get(suspect)
  const others = meshlets.filter((did) => did !== suspect)
  if (!writers || others.length === 0) return false
  const unsuspected = others.filter((did) => !writersBySuspect.has(did))
  return (unsuspected.length > 0 ? unsuspected : others).every((did) => writers.has(did))
}
