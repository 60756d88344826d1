import { nameRule } from './judge.ts'
import type { Policy } from './policy.ts'
import { termsFor, type Party } from './terms-for.ts'

/**
 * Why an owner may not run commands inside her containers on this machine, in a sentence that names the
 * rule; undefined when she may.
 */
export function refusalOfExec(policy: Policy, party: Party): string | undefined {
  const { value, rule } = termsFor(policy, party).term('exec')
  if (value) return undefined
  return `commands inside of running containers are not granted (${nameRule(rule.name)})`
}
