import { isAtLeast, type StandingStep } from '../governance/standing.ts'
import { nameRule } from './judge.ts'
import type { Policy } from './policy.ts'
import { termsFor, type Party } from './terms-for.ts'

/** What an owner’s standing keeps from a machine: new work, or all of it. */
export interface StandingRefusal {
  /** `standing` leaves alone what runs, `policy` moves it away with notice. */
  readonly reason: 'standing' | 'policy'
  /** A sentence that names the rule. */
  readonly message: string
}

/**
 * What the machine’s policy makes of how an owner stands with her cluster; undefined when nothing
 * speaks against new work. Nothing that runs is moved before the last step, which the cluster’s rules
 * announce.
 */
export function judgeStanding(
  policy: Policy,
  party: Party,
  step: (StandingStep & { readonly cluster: string }) | undefined,
): StandingRefusal | undefined {
  if (step === undefined || party.isOwn) return undefined
  const { value: minimum, rule } = termsFor(policy, party).term('standing')
  if (isAtLeast(step.standing, minimum)) return undefined
  const message =
    `its owner’s standing in ${step.cluster} is ${step.standing}: she ${step.why}; ` +
    `at least ${minimum} is asked for (${nameRule(rule.name)})`
  return { reason: step.standing === 'drain' ? 'policy' : 'standing', message }
}
