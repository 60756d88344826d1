import { addDays, type LedgerDay } from '../ledger/ledger-day.ts'
import { DEFAULT_RULES, type LedgerTerms } from '../ledger/ledger.ts'
import type { CreditRules } from '../ledger/settle.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { agreementOf } from './agreement.ts'
import type { ClusterRules } from './cluster-rules.ts'
import { claimsThatDontCount } from './disputes.ts'
import { bearing } from './member-state.ts'
import { viewAsOf } from './view-as-of.ts'

/**
 * The terms of one owner's ledger of a closed day: claims that were disputed or struck in any of her
 * clusters when the day was closed do not count, and of several policies that name credit lines the
 * smallest holds. What is disputed or settled later counts in later ledgers, as with every record, so
 * that a bid that was right stays right. Policies are those of today: records show no others.
 */
export function ledgerTerms(view: RecordView, owner: Did, ledgerDay: LedgerDay): LedgerTerms {
  const closedMs = Date.parse(addDays(ledgerDay, 2))
  const { clusters, decided, disputes } = agreementOf(viewAsOf(view, closedMs), owner, closedMs)
  const binding = clusters.flatMap(({ roster }) => bearing(decided, roster))
  const disputed = claimsThatDontCount(disputes, binding)
  const [first, ...rest] = clusters.map(({ policy }) => creditRules(policy.rules))
  if (!first) return { disputed }
  const rules = rest.reduce(
    (a, b) => ({
      rootLine: least(a.rootLine, b.rootLine),
      sponsorLimit: least(a.sponsorLimit, b.sponsorLimit),
      sponsorsMin: Math.max(a.sponsorsMin, b.sponsorsMin),
      unsponsoredLine: least(a.unsponsoredLine, b.unsponsoredLine),
    }),
    first,
  )
  return { disputed, rules }
}

/** What a policy says of credit; the ledger’s own default where it says nothing. */
export function creditRules({
  rootCreditLine,
  sponsorLimit,
  sponsorsMin,
  unsponsoredLine,
}: Pick<
  ClusterRules,
  'rootCreditLine' | 'sponsorLimit' | 'sponsorsMin' | 'unsponsoredLine'
>): CreditRules {
  return {
    rootLine: rootCreditLine === undefined ? DEFAULT_RULES.rootLine : BigInt(rootCreditLine),
    sponsorLimit: sponsorLimit === undefined ? DEFAULT_RULES.sponsorLimit : BigInt(sponsorLimit),
    sponsorsMin,
    unsponsoredLine:
      unsponsoredLine === undefined ? DEFAULT_RULES.unsponsoredLine : BigInt(unsponsoredLine),
  }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
