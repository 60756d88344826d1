import { canonicalJson } from '../model/canonical.ts'
import { sha256Hex } from '../model/hash.ts'
import type { ClusterPolicyRecord } from '../model/records.ts'

/** What the members of a cluster hold to. Shares are millionths, times are days. */
export interface ClusterRules {
  /** Least share of what a member takes that she gives. */
  readonly minimumContribution: number
  /** Days before that holds for a newcomer. */
  readonly graceDays: number
  /** Days that a free rider’s work is last in line before it gets no new placements. */
  readonly lastInLineDays: number
  /** Days without new placements before the notice. */
  readonly noPlacementsDays: number
  /** Days between the notice and the drain. */
  readonly noticeDays: number
  /** Credit that each member starts with, in the unit of usage; absent: the ledger’s own default. */
  readonly rootCreditLine?: number
  /** Most credit that a member may lend to newcomers, likewise. */
  readonly sponsorLimit?: number
  /** Members who have to lend to a member before she gets the credit that others start with. */
  readonly sponsorsMin: number
  /** Credit that a member starts with until then, likewise; absent: a day of the reference machine. */
  readonly unsponsoredLine?: number
  /** Share of eligible voters that must vote. */
  readonly quorumMillionths: number
  /** Share of yes and no that must be yes. */
  readonly majorityMillionths: number
  readonly voteDays: number
  /** Longest suspension. */
  readonly suspensionDays: number
  /** Days in which a dispute must be answered, and those in which an answered one must be voted on. */
  readonly disputeDays: number
}

/**
 * What holds where nobody agreed on anything: nothing is asked of anybody, and decisions take more
 * than two thirds. Up to three voters, who are a commune of four, that is all of them.
 */
export const STANDARD_CLUSTER_RULES: ClusterRules = {
  minimumContribution: 0,
  graceDays: 30,
  lastInLineDays: 14,
  noPlacementsDays: 14,
  noticeDays: 7,
  sponsorsMin: 0,
  quorumMillionths: 666_667,
  majorityMillionths: 666_667,
  voteDays: 7,
  suspensionDays: 7,
  disputeDays: 7,
}

const NAMES: readonly (keyof ClusterRules)[] = [
  ...(Object.keys(STANDARD_CLUSTER_RULES) as (keyof ClusterRules)[]),
  'rootCreditLine',
  'sponsorLimit',
  'unsponsoredLine',
]

/** The rules of a record; what it leaves out is as in the standard. */
export function rulesOf(record: Partial<ClusterPolicyRecord>): ClusterRules {
  const said = NAMES.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]]))
  return { ...STANDARD_CLUSTER_RULES, ...(Object.fromEntries(said) as Partial<ClusterRules>) }
}

/** Equal for rules that ask the same of members, in the same steps, whatever else they say. */
export function stepsHash(rules: ClusterRules): string {
  const { minimumContribution, graceDays, lastInLineDays, noPlacementsDays, noticeDays } = rules
  const steps = { minimumContribution, graceDays, lastInLineDays, noPlacementsDays, noticeDays }
  return sha256Hex(canonicalJson(steps)).slice(0, 16)
}

/** Equal for equal rules, whoever published them, when, and from which file. */
export function rulesHash(rules: ClusterRules): string {
  return sha256Hex(canonicalJson(rules)).slice(0, 16)
}
