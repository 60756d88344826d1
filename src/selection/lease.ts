import { invariant } from '../model/errors.ts'
import type { Did, WorkloadRecord } from '../model/records.ts'
import type { LivenessProfile } from './liveness.ts'

/** ρ: how far a clock may be off its right pace. Quartz is off by less than a ten thousandth. */
export const CLOCK_DRIFT_MAX = 0.01

/** κ: from the moment of a deadline until the guard has killed what runs past it, milliseconds. */
export const KILL_MS_MAX = 1_500

/** The longest term that a witness grants, milliseconds: S of the most patient profile. */
export const TERM_MS_MAX = 240_000

/**
 * For how long a witness is bound by a grant on whose asker's clock it holds for `termMs`: until even the
 * slowest holder is dead, by the fastest clock. (S(1 + ρ) + κ) / (1 − ρ), milliseconds.
 */
export function bindingMs(termMs: number): number {
  return Math.ceil((termMs * (1 + CLOCK_DRIFT_MAX) + KILL_MS_MAX) / (1 - CLOCK_DRIFT_MAX))
}

/**
 * Checks D(1 − ρ) ≥ S(1 + ρ) + κ: the slowest holder is dead before the fastest witness gives her lease
 * to somebody else. Throws when a profile breaks the bound.
 */
export function assertLeaseBound(profile: LivenessProfile, name: string): void {
  const isWide = profile.challengeMs >= bindingMs(profile.fenceMs)
  invariant(isWide, `the profile ${name} lets two run: D is too close to S`)
  invariant(profile.fenceMs <= TERM_MS_MAX, `the profile ${name} has an S that no witness grants`)
}

/** Who grants the right to run a workload. */
export interface WitnessSets {
  readonly witnesses: readonly Did[]
  /** The set before; empty unless it still has a say. */
  readonly previous: readonly Did[]
  readonly generation: number
}

/** Whether a workload must never run twice. */
export function isAtMostOne({ placement }: Pick<WorkloadRecord, 'placement'>): boolean {
  return placement?.atMostOne === true
}

/** The witnesses of a workload that must never run twice; undefined for any other. */
export function witnessSetsOf({
  placement,
}: Pick<WorkloadRecord, 'placement'>): WitnessSets | undefined {
  if (placement?.atMostOne !== true) return undefined
  return {
    witnesses: [...new Set(placement.witnesses)],
    previous: [...new Set(placement.previousWitnesses)],
    generation: placement.witnessGeneration ?? 0,
  }
}

/** All who have a say, each once. */
export function allWitnesses({ witnesses, previous }: WitnessSets): readonly Did[] {
  return [...new Set([...witnesses, ...previous])]
}

/**
 * The machine that alone may run the workload, where there is one witness only; undefined otherwise.
 * It grants the lease to itself, so nobody can take over.
 */
export function fixedHolder(workload: Pick<WorkloadRecord, 'placement'>): Did | undefined {
  const sets = witnessSetsOf(workload)
  return sets?.witnesses.length === 1 ? sets.witnesses[0] : undefined
}

/** Those of the candidates that may run the workload: all, or the fixed holder alone. */
export function mayRun<C extends { readonly meshletDid: Did }>(
  workload: Pick<WorkloadRecord, 'placement'>,
  candidates: readonly C[],
): readonly C[] {
  const fixed = fixedHolder(workload)
  if (fixed === undefined) return candidates
  return candidates.filter(({ meshletDid }) => meshletDid === fixed)
}

/** When the newest ask was made that each witness granted, on the holder's own clock. */
export type Granted = ReadonlyMap<Did, number>

/**
 * Until when the lease holds, on the holder's clock: S after the oldest ask of the newest majority; with
 * two sets, of both majorities. Undefined without them. `fenceMs` is S.
 */
export function leaseUntilMs(
  sets: WitnessSets,
  granted: Granted,
  fenceMs: number,
): number | undefined {
  const voting = sets.previous.length > 0 ? [sets.witnesses, sets.previous] : [sets.witnesses]
  const ends = voting.map((set) => majorityAskedMs(set, granted))
  return ends.every((end) => end !== undefined) ? Math.min(...ends) + fenceMs : undefined
}

/** Grants that are younger than S. */
export function countGrants(
  { witnesses }: WitnessSets,
  granted: Granted,
  fromMs: number,
): { readonly granted: number; readonly needed: number; readonly of: number } {
  const fresh = witnesses.filter((did) => (granted.get(did) ?? Number.NEGATIVE_INFINITY) > fromMs)
  return { granted: fresh.length, needed: majorityOf(witnesses), of: witnesses.length }
}

function majorityAskedMs(set: readonly Did[], granted: Granted): number | undefined {
  const newestFirst = set.flatMap((did) => granted.get(did) ?? []).toSorted((a, b) => b - a)
  return set.length === 0 ? undefined : newestFirst[majorityOf(set) - 1]
}

function majorityOf(set: readonly Did[]): number {
  return Math.floor(set.length / 2) + 1
}
