import { ledgerTerms } from '../governance/ledger-terms.ts'
import { BidAudit, type BidClaim } from '../ledger/bid-claims.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { BidRecord, Cid, Did } from '../model/records.ts'
import { isOffer } from '../selection/bids.ts'
import type { Reading } from './reading.ts'

/** What one offer says of its owner's balance, held against the ledger. */
export interface OfferClaim {
  readonly meshletDid: Did
  readonly workload: string
  readonly claim: BidClaim
  readonly bid: { readonly uri: string; readonly cid: Cid }
}

/** Checks all offers of these machines; by machine and record key. */
export function offerClaims(
  { view }: Pick<Reading, 'view'>,
  machines: Iterable<{ readonly ownerDid: Did; readonly meshletDid: Did }>,
  nowMs: number,
): readonly OfferClaim[] {
  const audit = new BidAudit(view, nowMs, (owner, day) => ledgerTerms(view, owner, day))
  return [...machines].flatMap(({ ownerDid, meshletDid }) =>
    view
      .list<BidRecord>(meshletDid, COLLECTION.bid)
      .filter(([, { value }]) => isOffer(value))
      .map(([rkey, { cid, value }]) => ({
        meshletDid,
        workload: value.workload,
        claim: audit.check(ownerDid, value),
        bid: { uri: `at://${meshletDid}/${COLLECTION.bid}/${rkey}`, cid },
      })),
  )
}
