import type { Did } from '../model/records.ts'
import type { Rounds } from './rounds.ts'
import { select, slotsOf, type SelectInput } from './select.ts'

const CONTEST_WINDOWS = 2
const CONTEST_MS_MIN = 30_000

/**
 * Whether a meshlet that runs a replica keeps it although the records choose others: true when it
 * would be chosen if the bids that came after it had acted on their round were left out. The choice
 * itself stays a function of the records; this says only that nobody is stopped for a bid that came
 * too late. An honest late bidder notices the same (`contestedBy`) and moves to a later round, so
 * that choice and containers agree again; a dishonest one runs a replica for nothing.
 */
export function holdsGround(input: SelectInput, rounds: Rounds, self: Did): boolean {
  if (rounds.late.size === 0) return false
  const inTime = input.bids.filter(({ cid }) => !rounds.late.has(cid))
  return slotsOf(select({ ...input, bids: inTime }), self) > 0
}

/** Replicas that each meshlet is seen running under the key; who runs none may be left out. */
export type RunningReplicas = ReadonlyMap<Did, number>

/**
 * Those who run more than they were chosen for, and would be chosen for more if this meshlet, which
 * is chosen, were not there. When it lasts (`contestMs`) they have seen its bid only after acting:
 * see `decideBid`, which moves the own bid to a later round.
 */
export function contestedBy(
  input: SelectInput,
  self: Did,
  running: RunningReplicas,
): readonly Did[] {
  const choice = select(input)
  if (slotsOf(choice, self) === 0) return []
  const surplus = (did: Did) => (running.get(did) ?? 0) > slotsOf(choice, did)
  if (!choice.ranked.some(({ meshletDid }) => meshletDid !== self && surplus(meshletDid))) return []
  const without = select({ ...input, down: new Set([...input.down, self]) })
  return without.winners
    .filter(({ meshletDid, slots }) => surplus(meshletDid) && slots > slotsOf(choice, meshletDid))
    .map(({ meshletDid }) => meshletDid)
}

/**
 * How long a contest must last before the own bid moves, milliseconds: who has to give way normally
 * does so as soon as the replacement is seen running, within its stop grace.
 */
export function contestMs(windowMs: number): number {
  return Math.max(CONTEST_MS_MIN, CONTEST_WINDOWS * windowMs)
}

/**
 * Those who run the workload because this meshlet was down: they are chosen without it, would not be
 * with it, and run. When there are any, a meshlet that comes back takes a new epoch and bids again in
 * a later round, in the commit that answers the suspicions; so nothing moves back.
 */
export function replacedBy(
  input: SelectInput,
  self: Did,
  running: RunningReplicas,
): readonly Did[] {
  const others = new Set([...input.down].filter((did) => did !== self))
  const withSelf = select({ ...input, down: others })
  const withoutSelf = select({ ...input, down: new Set([...others, self]) })
  return withoutSelf.winners
    .filter(
      ({ meshletDid, slots }) =>
        (running.get(meshletDid) ?? 0) > 0 && slots > slotsOf(withSelf, meshletDid),
    )
    .map(({ meshletDid }) => meshletDid)
}
