import { COLLECTION } from '../model/nsid.ts'
import type { BidRecord, Did, MeshletStatusRecord } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { isOffer } from '../selection/bids.ts'
import { expectedChoice } from '../selection/expectation.ts'
import type { FairShare } from '../selection/score.ts'
import { slotsOf } from '../selection/select.ts'
import type { Placement } from './observe.ts'
import type { WorkloadMemory } from './workload-memory.ts'

export interface ExpectsInput {
  readonly self: Did
  /** The own offer, acknowledged or on its way. */
  readonly bid: BidRecord
  readonly placement: Placement
  readonly memory: Pick<WorkloadMemory, 'networkAheadUnder'>
  readonly view: RecordView
  readonly fairShare: FairShare
}

/**
 * Whether the offer will probably be chosen in a round that is still open. Where somebody ran the
 * workload under another key she goes first, so nothing is expected. What was expected once, so that
 * its network was made, stands until the round is decided: nothing is made and removed in turn.
 */
export function expectsToWin(input: ExpectsInput): boolean {
  const { self, bid, placement, memory, view, fairShare } = input
  const { uri, placementKey, rounds, bids, candidates, invited, down } = placement
  if (bid.placementKey !== placementKey || bid.round <= rounds.decidedThrough) return false
  if (memory.networkAheadUnder === placementKey) return true
  const isOfKey = ({ value }: { readonly value: BidRecord }) => value.placementKey === placementKey
  if (bids.some((one) => isOffer(one.value) && !isOfKey(one))) return false
  const answered = new Set(bids.filter(isOfKey).map(({ meshletDid }) => meshletDid))
  const asked = new Set(invited)
  const silent = candidates.flatMap(({ meshletDid, ownerDid }) => {
    if (!asked.has(meshletDid) || answered.has(meshletDid) || down.has(meshletDid)) return []
    const status = view.get<MeshletStatusRecord>(meshletDid, COLLECTION.meshletStatus, 'self')
    return status?.value.state === 'active' ? [{ meshletDid, ownerDid, status }] : []
  })
  const choice = expectedChoice({
    ...{ uri, selectInput: placement.selectInput, round: bid.round, silent, fairShare },
    workload: placement.record.value,
  })
  return slotsOf(choice, self) > 0
}
