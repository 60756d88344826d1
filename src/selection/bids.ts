import type { Candidate } from '../cluster/membership.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { AtUri, BidRecord, Did } from '../model/records.ts'
import type { RecordView, StoredRecord } from '../ports/records.ts'

/** A bid record together with who wrote it, verified by the reader. */
export interface CountedBid extends StoredRecord<BidRecord> {
  readonly meshletDid: Did
  readonly ownerDid: Did
}

/**
 * A round beyond this is nonsense, and the bid is ignored: nobody can push the others' next round
 * out of the range of safe integers.
 */
export const ROUND_MAX = 1_000_000_000

/** What the candidates say of one workload, whatever the placement key; by DID of the meshlet. */
export function bidsFor(
  view: RecordView,
  candidates: readonly Candidate[],
  workload: AtUri,
): readonly CountedBid[] {
  const rkey = recordKeyFor(workload)
  return candidates.flatMap(({ meshletDid, ownerDid }) => {
    const stored = view.get<BidRecord>(meshletDid, COLLECTION.bid, rkey)
    if (stored?.value.workload !== workload) return []
    return [{ meshletDid, ownerDid, cid: stored.cid, value: stored.value }]
  })
}

/** Whether the bid offers to run something; else it is a pass or a refusal. */
export function isOffer(record: Pick<BidRecord, 'slots' | 'refused'>): boolean {
  return record.slots > 0 && record.refused === undefined
}

/**
 * Whether the machine's owner took her consent back. Unlike any other answer this one speaks of the
 * workload, not of one opening of its bidding: it holds under every placement key.
 */
export function isConsentWithdrawn({
  refused,
  reason,
}: Pick<BidRecord, 'refused' | 'reason'>): boolean {
  return refused?.standing === true && reason === 'consent-withdrawn'
}
