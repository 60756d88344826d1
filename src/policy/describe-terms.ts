import { formatBytes, formatCpu } from '../model/quantity.ts'
import type { Amount } from '../model/request.ts'
import { formatHours } from './hours.ts'
import { describeSigner } from './signers.ts'
import type { Policy, PortRange, Terms } from './policy.ts'
import { termsFor, type Party } from './terms-for.ts'

/** One term for people: what holds, and which rule says so. */
export interface DescribedTerm {
  readonly term: keyof Terms
  readonly value: string
  readonly rule: string
}

type Describe = { readonly [Key in keyof Terms]: (value: Terms[Key]) => string }

/** In the order in which they are told. */
const DESCRIBE: Describe = {
  allow: yesOrNo,
  hours: (hours) =>
    hours.length === 0
      ? 'always'
      : `${hours.map(formatHours).join(', ')} ${hours[0]?.timeZone ?? ''}`,
  images: (patterns) => patterns.map(({ text }) => text).join(', ') || 'none',
  imageSize: describeBytes,
  imageTotal: describeBytes,
  signatures: (signers) => signers.map(describeSigner).join(', ') || 'none needed',
  security: (level) => level,
  runtime: (runtime) => runtime,
  capabilities: (names) => names.join(', ') || 'none',
  rootUser: yesOrNo,
  writableRoot: yesOrNo,
  egress: (egress) => egress,
  volumes: yesOrNo,
  exec: yesOrNo,
  canary: (canary) => canary,
  ports: (ranges) => ranges.map(describeRange).join(', ') || 'none',
  resources: describeAmounts,
  total: describeAmounts,
  standing: (standing) => standing,
}

/** All terms that hold for one owner, as texts. */
export function describeTerms(policy: Policy, party: Party): readonly DescribedTerm[] {
  const terms = termsFor(policy, party)
  const describe = <Key extends keyof Terms>(key: Key): DescribedTerm => {
    const { value, rule } = terms.term(key)
    return { term: key, value: DESCRIBE[key](value), rule: rule.name }
  }
  return (Object.keys(DESCRIBE) as (keyof Terms)[]).map((key) => describe(key))
}

function yesOrNo(value: boolean): string {
  return value ? 'yes' : 'no'
}

function describeRange({ first, last }: PortRange): string {
  return first === last ? String(first) : `${first}-${last}`
}

function describeBytes(bytes: number): string {
  return bytes === Infinity ? 'no limit' : formatBytes(bytes)
}

function describeAmounts({ cpuMilli, memoryBytes, storageBytes }: Partial<Amount>): string {
  const parts = [
    cpuMilli === undefined ? [] : [`${formatCpu(cpuMilli)} CPU`],
    memoryBytes === undefined ? [] : [`${formatBytes(memoryBytes)} memory`],
    storageBytes === undefined ? [] : [`${formatBytes(storageBytes)} storage`],
  ].flat()
  return parts.join(', ') || 'no limit'
}
