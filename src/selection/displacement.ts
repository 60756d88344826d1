import type { Did } from '../model/records.ts'
import type { Rounds } from './rounds.ts'
import { select, slotsOf, type Choice, type SelectInput } from './select.ts'

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

/**
 * Those who run the workload under the same key although this meshlet was chosen before them. When
 * it lasts for two windows they have seen the bid only after acting: see `decideBid`, which moves
 * the own bid to a later round.
 */
export function contestedBy(choice: Choice, self: Did, running: ReadonlySet<Did>): readonly Did[] {
  if (slotsOf(choice, self) === 0) return []
  const place = choice.ranked.findIndex(({ meshletDid }) => meshletDid === self)
  return choice.ranked
    .slice(place + 1)
    .map(({ meshletDid }) => meshletDid)
    .filter((did) => running.has(did) && slotsOf(choice, did) === 0)
}

/**
 * Those who run the workload because this meshlet was down: they are chosen without it, would not be
 * with it, and run. When there are any, a meshlet that comes back takes a new epoch and bids again in
 * a later round, in the commit that answers the suspicions; so nothing moves back.
 */
export function replacedBy(
  input: SelectInput,
  self: Did,
  running: ReadonlySet<Did>,
): readonly Did[] {
  const others = new Set([...input.down].filter((did) => did !== self))
  const withSelf = select({ ...input, down: others })
  const withoutSelf = select({ ...input, down: new Set([...others, self]) })
  return withoutSelf.winners
    .filter(
      ({ meshletDid, slots }) => running.has(meshletDid) && slots > slotsOf(withSelf, meshletDid),
    )
    .map(({ meshletDid }) => meshletDid)
}
