import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import { hash64, mix } from './mix.ts'
import type { WitnessSets } from './lease.ts'

export interface NameWitnessesInput {
  readonly uri: string
  /** Who may run the workload. */
  readonly candidates: readonly {
    readonly meshletDid: Did
    readonly ownerDid: Did
    /** It says that it runs the workload. */
    readonly runsIt: boolean
  }[]
  /** As published now; undefined for a workload that is new, or could run twice until now. */
  readonly before: WitnessSets | undefined
  /** The newest generation under which a machine says that it holds the lease. */
  readonly leasedGeneration: number
  /** For a generation that no earlier workload of this name had. */
  readonly nowSeconds: number
}

export interface NamedWitnesses {
  readonly sets: WitnessSets
  /** What the owner should know. */
  readonly note?: string
}

/** With fewer candidates a majority would be all of them, so that each loss would stop the workload. */
const WITNESSES_MIN = 3
const WITNESSES_MAX = 5

/**
 * Names the witnesses of a workload that must never run twice: three, or five where there are so many
 * candidates, spread over owners. Who is one stays one while it is a candidate. After a change the set
 * before keeps its say until a lease was granted by majorities of both; a second change waits for that.
 * Undefined when there is nobody to name.
 */
export function nameWitnesses(input: NameWitnessesInput): NamedWitnesses | undefined {
  const { before, candidates, leasedGeneration } = input
  if (!before || before.witnesses.length === 0) return firstWitnesses(input)
  const known = new Set(candidates.map(({ meshletDid }) => meshletDid))
  const kept = before.witnesses.filter((did) => known.has(did))
  const isEnough = kept.length === before.witnesses.length && !isTooFew(input, kept.length)
  const isSettled = before.previous.length === 0 || leasedGeneration >= before.generation
  if (isEnough && (before.previous.length === 0 || !isSettled)) return noted(before)
  if (isEnough) return noted({ ...before, previous: [], generation: nextGeneration(input) })
  if (candidates.length === 0) return noted(before)
  if (!isSettled) {
    const note =
      'its witnesses change again only when a machine has run it under the last change; delete and sync it if that can’t be'
    return { sets: before, note }
  }
  const size = sizeFor(candidates.length)
  // A single one is better whoever runs it now than one of those before.
  const witnesses = fill(input, size === 1 ? [] : kept.slice(0, size))
  const generation = nextGeneration(input)
  return noted({ witnesses, previous: before.witnesses, generation })
}

function firstWitnesses(input: NameWitnessesInput): NamedWitnesses | undefined {
  if (input.candidates.length === 0) return undefined
  return noted({ witnesses: fill(input, []), previous: [], generation: nextGeneration(input) })
}

function noted(sets: WitnessSets): NamedWitnesses {
  const [only, ...others] = sets.witnesses
  if (only === undefined || others.length > 0) return { sets }
  return {
    sets,
    note: `fewer than three machines: ${only} alone may run it, and nobody takes over`,
  }
}

function isTooFew({ candidates }: NameWitnessesInput, count: number): boolean {
  return count < WITNESSES_MIN && candidates.length >= WITNESSES_MIN
}

function sizeFor(candidates: number): number {
  if (candidates < WITNESSES_MIN) return 1
  return candidates < WITNESSES_MAX ? WITNESSES_MIN : WITNESSES_MAX
}

/** Adds whoever's owner has the fewest so far; who runs it goes first where only one is named. */
function fill({ uri, candidates }: NameWitnessesInput, kept: readonly Did[]): readonly Did[] {
  const size = sizeFor(candidates.length)
  const key = hash64(uri)
  const ordered = candidates
    .map((candidate) => ({ ...candidate, mix: mix(key, hash64(candidate.meshletDid)) }))
    .toSorted(
      (a, b) =>
        (size === 1 ? Number(b.runsIt) - Number(a.runsIt) : 0) ||
        a.mix - b.mix ||
        compareText(a.meshletDid, b.meshletDid),
    )
  const chosen = ordered.filter(({ meshletDid }) => kept.includes(meshletDid))
  while (chosen.length < size) {
    const countOf = (owner: Did) => chosen.filter(({ ownerDid }) => ownerDid === owner).length
    const open = ordered.filter((candidate) => !chosen.includes(candidate))
    const fewest = Math.min(...open.map(({ ownerDid }) => countOf(ownerDid)))
    const next = open.find(({ ownerDid }) => countOf(ownerDid) === fewest)
    if (!next) break
    chosen.push(next)
  }
  return chosen.map(({ meshletDid }) => meshletDid).toSorted(compareText)
}

function nextGeneration({ before, nowSeconds }: NameWitnessesInput): number {
  return Math.max((before?.generation ?? 0) + 1, nowSeconds)
}
