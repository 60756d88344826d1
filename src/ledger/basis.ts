import { canonicalJson } from '../model/canonical.ts'
import { sha256Hex } from '../model/hash.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { RecordView } from '../ports/records.ts'
import type { LedgerMember } from './books.ts'
import type { LedgerTerms } from './ledger.ts'

/**
 * A hash over what a ledger is made of besides claims and acknowledgements: its members with their
 * machines, what they lend, what is disputed, and the rules of credit. Two ledgers of one day with the
 * same basis, from the same records, are the same, whoever they belong to.
 */
export function basisOf(
  view: RecordView,
  members: readonly LedgerMember[],
  { disputed, rules }: LedgerTerms,
): string {
  const loans = members.map(({ ownerDid }) =>
    view.list(ownerDid, COLLECTION.sponsor).map(([rkey, { cid }]) => [rkey, cid]),
  )
  const limits =
    rules &&
    [rules.rootLine, rules.sponsorLimit, rules.sponsorsMin, rules.unsponsoredLine].map(String)
  return sha256Hex(
    canonicalJson({ members, loans, disputed: [...(disputed ?? [])].toSorted(), limits }),
  )
}
