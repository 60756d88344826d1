import { claimedOwner } from '../cluster/owned-meshlets.ts'
import { ledgerTerms } from '../governance/ledger-terms.ts'
import { BidAudit, type BidClaim } from '../ledger/bid-claims.ts'
import { COLLECTION, type Collection } from '../model/nsid.ts'
import { CommuneError } from '../model/errors.ts'
import type { BidRecord, Did, DisputeRecord } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'

/** Whether a disputed record is a bid: no entry of the ledger, so that nothing stops counting. */
export function isBid(uri: string): boolean {
  return uri.split('/')[3] === COLLECTION.bid
}

/**
 * What is wrong with what a bid claims, for the record of a dispute. Fails with `usage` when the
 * ledger bears it out, or when that can't be told: what is disputed is to be shown by arithmetic.
 */
export function faultOfBid(view: RecordView, uri: string, nowMs: number): string {
  const claim = claimOf(view, uri, nowMs)
  if (claim?.kind === 'different') return sentenceOf(claim)
  const why =
    claim?.kind === 'unknown'
      ? `What this bid claims can't be checked: ${claim.reason}.`
      : 'The ledger bears out what this bid claims.'
  throw new CommuneError('usage', why, {
    hint: '"commune balance --verify" lists the bids that claim something else.',
  })
}

/** What came of it when it was computed again just now, of the version that is disputed. */
export function bidCheckedAgain(
  view: RecordView,
  { claim: { uri, cid } }: Pick<DisputeRecord, 'claim'>,
  nowMs: number,
): string {
  const [, , did = '', collection = '', rkey = ''] = uri.split('/')
  const record = view.get<BidRecord>(did as Did, collection as Collection, rkey)
  if (record === undefined) return 'the bid is gone since'
  if (record.cid !== cid) return 'the bid was changed since'
  const claim = claimOf(view, uri, nowMs)
  if (claim?.kind === 'different') return `checked again: ${sentenceOf(claim)}`
  return claim?.kind === 'unknown' ? `can't be checked: ${claim.reason}` : 'the ledger bears it out'
}

function claimOf(view: RecordView, uri: string, nowMs: number): BidClaim | undefined {
  const [, , did = '', , rkey = ''] = uri.split('/')
  const record = view.get<BidRecord>(did as Did, COLLECTION.bid, rkey)
  const owner = claimedOwner(view, did as Did)
  if (record === undefined || owner === undefined) return undefined
  const audit = new BidAudit(view, nowMs, (who, day) => ledgerTerms(view, who, day))
  return audit.check(owner, record.value)
}

function sentenceOf({ claimed, reason }: Extract<BidClaim, { readonly kind: 'different' }>) {
  return `it claims a balance part of ${claimed}: ${reason}`
}
