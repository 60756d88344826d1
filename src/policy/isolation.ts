import { GVISOR } from '../model/runtime.ts'
import type { WorkloadRecord } from '../model/records.ts'
import type { Policy, Rule, Terms } from './policy.ts'
import { BASELINE_CAPABILITIES } from './standard-policy.ts'
import { termsFor, type Party } from './terms-for.ts'

/** What a machine has between a container and its kernel beyond the usual. */
export interface Isolation {
  readonly gvisor: boolean
  /** Root in a container is nobody outside. */
  readonly userNamespaces: boolean
}

/** Who wants a container in gVisor: its workload, or a rule of the machine. */
export type GvisorWish = { readonly by: 'workload' } | { readonly by: 'rule'; readonly rule: Rule }

const BASELINE: Partial<Terms> = {
  security: 'baseline',
  capabilities: BASELINE_CAPABILITIES,
  rootUser: true,
  writableRoot: true,
}

const IN_GVISOR: Rule = {
  name: 'standard for members, in gVisor',
  subject: { kind: 'members' },
  terms: BASELINE,
}

const IN_USER_NAMESPACES: Rule = {
  name: 'standard for members, in user namespaces',
  subject: { kind: 'members' },
  terms: BASELINE,
}

/**
 * The policy of a machine with such walls: behind them members may ask for the level `baseline` unless
 * the owner’s file says otherwise.
 */
export function withIsolation(policy: Policy, { gvisor, userNamespaces }: Isolation): Policy {
  if (!gvisor && !userNamespaces) return policy
  return { ...policy, rules: [...policy.rules, gvisor ? IN_GVISOR : IN_USER_NAMESPACES] }
}

/**
 * Whether such a container has to run in gVisor under a policy as `withIsolation` gives it, and who says
 * so; undefined when it need not. What is granted only because there is gVisor runs in it.
 */
export function gvisorWish(
  policy: Policy,
  party: Party,
  workload: WorkloadRecord,
): GvisorWish | undefined {
  if (workload.runtime === GVISOR) return { by: 'workload' }
  const terms = termsFor(policy, party)
  const { value, rule } = terms.term('runtime')
  if (value === 'gvisor') return { by: 'rule', rule }
  const isBeyond = workload.security === 'baseline' || (workload.capAdd?.length ?? 0) > 0
  const granting = (['security', 'capabilities', 'rootUser', 'writableRoot'] as const).map(
    (key) => terms.term(key).rule,
  )
  return isBeyond && granting.includes(IN_GVISOR) ? { by: 'rule', rule: IN_GVISOR } : undefined
}
