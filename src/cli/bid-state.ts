import type { CountedBid } from '../selection/bids.ts'
import { slotsOf } from '../selection/select.ts'
import type { WorkloadView } from './workload-view.ts'

/** What became of a bid, in one or two words. */
export type BidState =
  | 'won'
  | 'standby'
  | 'passed'
  | 'refused'
  | 'outdated'
  | 'down'
  | 'late'
  | 'undecided'
  | 'not a candidate'
  | 'invalid'

/** By the same choice that every meshlet makes. */
export function bidState({ choice }: WorkloadView, { meshletDid }: CountedBid): BidState {
  if (slotsOf(choice, meshletDid) > 0) return 'won'
  const ignored = choice.ignored.find((bid) => bid.meshletDid === meshletDid)
  switch (ignored?.reason) {
    case undefined:
      return 'standby'
    case 'other-key':
    case 'old-epoch':
      return 'outdated'
    case 'passed':
    case 'refused':
    case 'down':
    case 'late':
    case 'undecided':
      return ignored.reason
    case 'not-a-candidate':
      return 'not a candidate'
    case 'nonsense':
      return 'invalid'
  }
}
