import { formatBytes, formatCpu } from '../model/quantity.ts'
import type { WorkloadRecord } from '../model/records.ts'
import { requestOf, type Amount } from '../model/request.ts'
import { formatHours, isWithin } from './hours.ts'
import { fitsPattern } from './image-pattern.ts'
import type { Policy, Terms } from './policy.ts'
import { termsFor, type Party, type Term, type TermsFor } from './terms-for.ts'

/** Why a workload may not run here. */
export interface Refusal {
  readonly reason: 'policy' | 'constraint'
  /** A sentence that names the rule, where it is one. */
  readonly message: string
}

const BY_DIGEST = /@sha256:[0-9a-f]{64}$/
const ROOT = /^0*(?:$|:)|:0+$|^root(?:$|:)|:root$/

type Check = (workload: WorkloadRecord, terms: TermsFor, wallMs: number) => string | undefined

/** In the order in which they are told: whether at all, then what, then how much. */
const CHECKS: readonly Check[] = [
  byTerm('allow', (_, allow) => (allow ? undefined : 'nothing of this owner runs here')),
  checkHours,
  byTerm('images', ({ image }, patterns) =>
    patterns.some((pattern) => fitsPattern(pattern, image))
      ? undefined
      : `the image is none of ${patterns.map(({ text }) => text).join(', ') || 'those allowed (none)'}`,
  ),
  byTerm('security', (workload, level) =>
    workload.security === 'baseline' && level !== 'baseline'
      ? 'security: baseline is not granted'
      : undefined,
  ),
  byTerm('capabilities', ({ capAdd }, granted) => {
    const refused = capAdd?.find((capability) => !granted.includes(capability))
    return refused === undefined ? undefined : `the capability ${refused} is not granted`
  }),
  byTerm('rootUser', ({ user }, isGranted) =>
    user !== undefined && ROOT.test(user) && !isGranted ? 'user 0 is not granted' : undefined,
  ),
  byTerm('writableRoot', ({ readOnly }, isGranted) =>
    readOnly === false && !isGranted ? 'a writable root file system is not granted' : undefined,
  ),
  byTerm('egress', ({ egress }, granted) =>
    egress === 'internet' && granted !== 'internet' ? 'egress: internet is not granted' : undefined,
  ),
  byTerm('volumes', ({ volumes }, isGranted) =>
    volumes?.length && !isGranted ? 'volumes are not granted' : undefined,
  ),
  byTerm('ports', ({ ports }, ranges) => {
    const refused = ports?.find(
      ({ container }) => !ranges.some(({ first, last }) => first <= container && container <= last),
    )
    return refused && `port ${refused.container} is not granted`
  }),
  checkResources,
]

/**
 * What the policy says of one workload at one time, in milliseconds since 1970; undefined when it may
 * run here. How much all of an owner's work may hold together is another question (`limitFor`).
 */
export function judge(
  policy: Policy,
  party: Party,
  workload: WorkloadRecord,
  wallMs: number,
): Refusal | undefined {
  if (!BY_DIGEST.test(workload.image))
    return { reason: 'policy', message: 'the image is not named by its digest' }
  const listed = judgeLists(policy, party)
  if (listed !== undefined) return { reason: 'policy', message: listed }
  const terms = termsFor(policy, party)
  for (const check of CHECKS) {
    const message = check(workload, terms, wallMs)
    if (message !== undefined) return { reason: 'policy', message }
  }
  return undefined
}

function judgeLists({ owners }: Policy, { owner, isOwn }: Party): string | undefined {
  if (owners === undefined || isOwn) return undefined
  const why = owners.blocked.get(owner)
  if (why !== undefined) return `its owner is blocked by the machine’s policy (${why})`
  return owners.allowed === undefined || owners.allowed.has(owner)
    ? undefined
    : 'its owner is on no allow list of the machine’s policy'
}

/** What a rule is called in a sentence. */
export function nameRule(name: string): string {
  return `rule “${name}” of the machine’s policy`
}

/** A check of one term; what it objects to is completed by the name of the rule. */
function byTerm<Key extends keyof Terms>(
  key: Key,
  objectionTo: (workload: WorkloadRecord, value: Terms[Key]) => string | undefined,
): Check {
  return (workload, terms) => {
    const term = terms.term(key)
    const objection = objectionTo(workload, term.value)
    return objection === undefined ? undefined : withRule(objection, term)
  }
}

function checkHours(_: WorkloadRecord, terms: TermsFor, wallMs: number): string | undefined {
  const term = terms.term('hours')
  if (term.value.length === 0 || isWithin(term.value, wallMs)) return undefined
  const zone = term.value[0]?.timeZone ?? ''
  return withRule(`it may run only at ${term.value.map(formatHours).join(', ')} ${zone}`, term)
}

const KINDS = [
  ['cpuMilli', 'CPU', formatCpu],
  ['memoryBytes', 'memory', formatBytes],
  ['storageBytes', 'storage', formatBytes],
] as const satisfies readonly (readonly [keyof Amount, string, (amount: number) => string])[]

function checkResources(workload: WorkloadRecord, terms: TermsFor): string | undefined {
  const term = terms.term('resources')
  const request = requestOf(workload)
  for (const [kind, what, format] of KINDS) {
    const most = term.value[kind]
    if (most === undefined || request[kind] <= most) continue
    const objection = `a replica asks for ${format(request[kind])} ${what}, at most ${format(most)} is granted`
    return withRule(objection, term)
  }
  return undefined
}

function withRule(objection: string, { rule }: Term<keyof Terms>): string {
  return `${objection} (${nameRule(rule.name)})`
}
