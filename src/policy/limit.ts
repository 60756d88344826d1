import type { Amount } from '../model/request.ts'
import { nameRule } from './judge.ts'
import type { Policy, Rule } from './policy.ts'
import { termsFor, type Party } from './terms-for.ts'

/** What others hold on the machine, as far as it bears on one workload. */
export interface Holdings {
  /** All that the machine offers. */
  readonly offer: Amount
  /** What the machine’s own owner holds. */
  readonly own: Amount
  /** What everybody else holds, without the workload in question. */
  readonly others: Amount
  /** What those hold whose total the same rule decides, without the workload in question. */
  readonly sameRule: Amount
}

/** Most that a workload may hold, all replicas together; parts without a limit are left out. */
export interface Limit {
  readonly amount: Partial<Amount>
  /** What limits it, for a sentence. */
  readonly by: string
}

const KINDS = ['cpuMilli', 'memoryBytes', 'storageBytes'] as const

/** The rule that says how much an owner’s work may hold in total here. */
export function totalRuleOf(policy: Policy, party: Party): Rule {
  return termsFor(policy, party).term('total').rule
}

/**
 * How much the policy lets one workload hold beside what others do: no more than the total of its rule,
 * and for everybody but the machine’s owner nothing of her reserve. Undefined without any limit.
 */
export function limitFor(policy: Policy, party: Party, holdings: Holdings): Limit | undefined {
  const { value: total, rule } = termsFor(policy, party).term('total')
  const amount: Partial<Record<keyof Amount, number>> = {}
  const by = new Set<string>()
  for (const kind of KINDS) {
    const most = total[kind]
    const ofRule = most === undefined ? Infinity : most - holdings.sameRule[kind]
    const ofReserve = party.isOwn ? Infinity : besideReserve(policy, holdings, kind)
    const limit = Math.min(ofRule, ofReserve)
    if (limit === Infinity) continue
    amount[kind] = limit
    by.add(ofRule <= ofReserve ? nameRule(rule.name) : 'the reserve of the machine’s policy')
  }
  return by.size === 0 ? undefined : { amount, by: [...by].join(' and ') }
}

function besideReserve({ reserve }: Policy, holdings: Holdings, kind: keyof Amount): number {
  if (reserve[kind] === 0) return Infinity
  return holdings.offer[kind] - Math.max(reserve[kind], holdings.own[kind]) - holdings.others[kind]
}
