import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Cid } from '../model/records.ts'
import type { RecordChange, Via } from '../ports/records.ts'
import type { CountedBid } from '../selection/bids.ts'

/** How each bid that is in force came to be known; one entry a bid, gone with it. */
export class BidArrivals {
  readonly #arrivals = new Map<string, { readonly cid: Cid; readonly via: Via }>()

  note(changes: readonly RecordChange[]): void {
    for (const { did, collection, rkey, cid, via } of changes) {
      if (collection !== COLLECTION.bid) continue
      const key = `${did} ${rkey}`
      if (cid === undefined) this.#arrivals.delete(key)
      else if (this.#arrivals.get(key)?.cid !== cid) this.#arrivals.set(key, { cid, via })
    }
  }

  /** Bids that were there before this program are of unknown age, as those that were listed. */
  viaOf({ meshletDid, cid, value }: CountedBid): Via {
    const arrival = this.#arrivals.get(`${meshletDid} ${recordKeyFor(value.workload)}`)
    return arrival?.cid === cid ? arrival.via : 'listing'
  }
}
