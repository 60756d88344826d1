import { invariant } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import { rememberByObject } from '../model/remember.ts'
import type { Policy, Rule, Subject, Terms } from './policy.ts'
import { STANDARD_RULES } from './standard-policy.ts'

/** Whose work it is, from the point of view of one machine. */
export interface Party {
  readonly owner: Did
  /** It is the machine’s own owner. */
  readonly isOwn: boolean
  /** Names of the machine’s clusters that list the owner. */
  readonly clusters: readonly string[]
}

/** What one term says, and which rule says it. */
export type Term<Key extends keyof Terms> = { readonly value: Terms[Key]; readonly rule: Rule }

/** The terms for one owner, each from the most specific rule that says something of it. */
export interface TermsFor {
  term<Key extends keyof Terms>(key: Key): Term<Key>
}

/** From the most specific to the least: a person, a cluster of hers, everybody. */
const ORDER: readonly Subject['kind'][] = ['owner', 'cluster', 'members', 'own']

/**
 * The most specific rule that says something of a term decides it: one for the owner goes before one
 * for a cluster, that before one for everybody; of two of the same kind the first in the file. What no
 * rule of the file says is said by the standard.
 */
export function termsFor(policy: Policy, party: Party): TermsFor {
  return termsUnder(policy)(party)
}

/** Of policies and parties that do not change, since every look at every workload asks several times. */
const termsUnder = rememberByObject((policy: Policy) =>
  rememberByObject((party: Party) => termsAmong(policy, party)),
)

function termsAmong(policy: Policy, party: Party): TermsFor {
  const rules = [...policy.rules, ...STANDARD_RULES]
    .filter(({ subject }) => isFor(subject, party))
    .toSorted((a, b) => ORDER.indexOf(a.subject.kind) - ORDER.indexOf(b.subject.kind))
  return {
    term(key) {
      for (const rule of rules) {
        const value = rule.terms[key]
        if (value !== undefined) return { value, rule }
      }
      invariant(false, `the standard says nothing of ${key}`)
    },
  }
}

function isFor(subject: Subject, { owner, isOwn, clusters }: Party): boolean {
  if (subject.kind === 'owner') return subject.owner === owner
  if (subject.kind === 'own') return isOwn
  if (subject.kind === 'members') return !isOwn
  return !isOwn && clusters.includes(subject.cluster)
}
