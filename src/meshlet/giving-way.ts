import type { Amount } from '../model/request.ts'
import { requestOf } from '../model/request.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { BidInput } from '../selection/decide-bid.ts'
import { minus, slotsIn, times } from '../selection/room.ts'
import { slotsOf } from '../selection/select.ts'
import { compareClaims, type Waiting } from '../selection/waiting-line.ts'
import type { BidCall } from './bidder.ts'

export interface GivingWayInput {
  readonly call: BidCall
  readonly input: BidInput
  /** All that waits for room here. */
  readonly line: readonly Waiting[]
  /** What nobody has reserved. */
  readonly free: Amount
  readonly callOf: (uri: string) => BidCall | undefined
}

/**
 * The waiting workload that this one gives way to. Two workloads of two replicas may each have won one
 * of two places: then both would run half for ever. One whose choice is short, and of which nothing
 * was begun here yet, hands its place back if that makes another one whole that comes before it in
 * the order that is the same on all machines; once for each opening of its bidding.
 */
export function givesWayTo(given: GivingWayInput): BidInput['givesWayTo'] {
  const { call, input, line, free, callOf } = given
  const { placement, memory, containers } = call
  const won = slotsOf(placement.choice, input.self.meshletDid)
  if (won === 0 || placement.choice.missing === 0 || containers.length > 0) return undefined
  if (memory.gaveWayUnder === placement.placementKey) return undefined
  const { uri, ownerDid } = placement
  const { value } = placement.record
  const claim = { ownerDid, priority: value.priority ?? 0, key: recordKeyFor(uri) }
  const room = minus(free, times(requestOf(value), -won))
  for (const other of line) {
    if (other.uri === uri || compareClaims(other, claim) >= 0) continue
    const missing = callOf(other.uri)?.placement.prospect.missing ?? 0
    if (missing === 0 || slotsIn(room, other.request) < missing) continue
    return { uri: other.uri, needs: times(other.request, missing) }
  }
  return undefined
}
