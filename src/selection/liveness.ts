import type { Did } from '../model/records.ts'

/** How patient a meshlet is with silent peers. */
export interface LivenessProfile {
  /** S: a cut-off meshlet stops what must stop after this long. */
  readonly fenceMs: number
  /** D: silence after which a peer is challenged by a suspicion. */
  readonly challengeMs: number
  /** C: time in which the challenge must be answered, by each reader's own clock. */
  readonly answerMs: number
  /** How often each peer is called. */
  readonly heartbeatMs: number
}

export const PROFILES = {
  fast: { fenceMs: 4_000, challengeMs: 6_000, answerMs: 2_000, heartbeatMs: 1_000 },
  normal: { fenceMs: 10_000, challengeMs: 15_000, answerMs: 5_000, heartbeatMs: 3_000 },
  patient: { fenceMs: 240_000, challengeMs: 300_000, answerMs: 30_000, heartbeatMs: 60_000 },
} as const satisfies Readonly<Record<string, LivenessProfile>>

export type ProfileName = keyof typeof PROFILES

export const DEFAULT_PROFILE: ProfileName = 'normal'

/** However often a peer answers by record alone, it is challenged again after this long. */
export const PATIENCE_MS_MAX = 15 * 60_000

/** Patience with each peer where it differs from the profile's. */
export type Patience = ReadonlyMap<Did, number>

/** Silence of this peer that is borne before it is challenged. */
export function patienceWith(patience: Patience, peer: Did, profile: LivenessProfile): number {
  return Math.max(profile.challengeMs, patience.get(peer) ?? 0)
}

/** The peer answered a challenge by record: it lives, it only can't be heard. Twice the patience. */
export function patienceAfterAnswer(
  patience: Patience,
  peer: Did,
  profile: LivenessProfile,
): Patience {
  const most = Math.max(PATIENCE_MS_MAX, profile.challengeMs)
  const doubled = Math.min(most, 2 * patienceWith(patience, peer, profile))
  return new Map(patience).set(peer, doubled)
}

/** The peer has been heard without a gap for `heardForMs`: back to the profile after the longest patience. */
export function patienceAfterHearing(patience: Patience, peer: Did, heardForMs: number): Patience {
  if (heardForMs < PATIENCE_MS_MAX || !patience.has(peer)) return patience
  const rest = new Map(patience)
  rest.delete(peer)
  return rest
}
