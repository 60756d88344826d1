import type { Did } from '../model/records.ts'
import type { Rounds } from './rounds.ts'
import { select, slotsOf, type SelectInput } from './select.ts'

/**
 * How long a holder keeps running against bids that came late, milliseconds. Long enough for an
 * honest late bidder to notice and to move her bid; after that the records have the last word, since
 * otherwise two who disagree about what was late would both run for ever.
 */
export const HOLD_MS = 30_000

/**
 * Whether a meshlet that runs a replica keeps it for now although the records choose others: true
 * when it would be chosen if the bids that came after it had acted on their round were left out, and
 * `surplusForMs`, the time since it runs more than it was chosen for, is below `HOLD_MS`. The choice
 * itself stays a function of the records; this only delays a stop.
 */
export function holdsGround(
  input: SelectInput,
  rounds: Rounds,
  self: Did,
  surplusForMs: number,
): boolean {
  if (rounds.late.size === 0 || surplusForMs >= HOLD_MS) return false
  const inTime = input.bids.filter(({ cid }) => !rounds.late.has(cid))
  return slotsOf(select({ ...input, bids: inTime }), self) > slotsOf(select(input), self)
}

/** Replicas that each meshlet is seen running under the key; who runs none may be left out. */
export type RunningReplicas = ReadonlyMap<Did, number>

/**
 * Those who run the workload because this meshlet was down: without it they are chosen for more than
 * with it, and they run more than they are chosen for with it. When there are any, a meshlet that comes back takes a new epoch and bids again in
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
    .filter(({ meshletDid, slots }) => {
      const anyway = slotsOf(withSelf, meshletDid)
      return slots > anyway && (running.get(meshletDid) ?? 0) > anyway
    })
    .map(({ meshletDid }) => meshletDid)
}
