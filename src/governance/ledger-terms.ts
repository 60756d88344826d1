import { DEFAULT_RULES, type LedgerTerms } from '../ledger/ledger.ts'
import type { CreditRules } from '../ledger/settle.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { agreementOf } from './agreement.ts'
import type { ClusterRules } from './cluster-rules.ts'
import { claimsThatDontCount } from './disputes.ts'
import { bearing } from './member-state.ts'

/**
 * The terms of one owner's ledger: claims that are disputed or struck in any of her clusters do not
 * count, and of several policies that name credit lines the smallest holds.
 */
export function ledgerTerms(view: RecordView, owner: Did, nowMs: number): LedgerTerms {
  const { clusters, decided, disputes } = agreementOf(view, owner, nowMs)
  const binding = clusters.flatMap(({ roster }) => bearing(decided, roster))
  const disputed = claimsThatDontCount(disputes, binding)
  const [first, ...rest] = clusters.map(({ policy }) => creditRules(policy.rules))
  if (!first) return { disputed }
  const rules = rest.reduce(
    (a, b) => ({
      rootLine: least(a.rootLine, b.rootLine),
      sponsorLimit: least(a.sponsorLimit, b.sponsorLimit),
    }),
    first,
  )
  return { disputed, rules }
}

/** What a policy says of credit; the ledger’s own default where it says nothing. */
export function creditRules({
  rootCreditLine,
  sponsorLimit,
}: Pick<ClusterRules, 'rootCreditLine' | 'sponsorLimit'>): CreditRules {
  return {
    rootLine: rootCreditLine === undefined ? DEFAULT_RULES.rootLine : BigInt(rootCreditLine),
    sponsorLimit: sponsorLimit === undefined ? DEFAULT_RULES.sponsorLimit : BigInt(sponsorLimit),
  }
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
