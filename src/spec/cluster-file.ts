import { invariant } from '../model/errors.ts'
import { parseDnsLabel, suggestDnsLabel } from '../model/name.ts'
import { notParsed, parsed, type Parsed } from '../model/parsed.ts'
import type { ClusterPolicyRecord } from '../model/records.ts'
import type { ClusterFile } from './cluster-file.gen.ts'
import { schema, validate } from './cluster-validator.gen.ts'
import { describeValue } from './describe-schema.ts'
import { finding, quote, type Finding, type Path } from './finding.ts'
import { schemaFindings } from './schema-findings.ts'

/** The rules as their file says them, before sync adds what only sync knows. */
export type ClusterDraft = Omit<ClusterPolicyRecord, '$type' | 'source' | 'createdAt'>

/** Millionths of the reference machine, times the seconds of a day: the unit of usage. */
const MACHINE_DAY = 1_000_000 * 86_400
/** What a member starts with where a policy does not say it. */
const STANDARD_START_DAYS = 7
const MILLIONTHS = 1_000_000
const HALF = 500_000

/** Everything that is wrong with a document of kind Cluster. */
export function checkCluster(value: object): readonly Finding[] {
  if (!validate(value)) return schemaFindings(validate.errors ?? [], value, schema)
  const { name, contribution, credit, newcomers, votes } = value as ClusterFile
  return [
    ...checkName(name),
    ...checkShare(['contribution', 'minimum'], contribution?.minimum, 0),
    ...checkNewcomers(newcomers?.startDays, credit?.startDays),
    ...checkShare(['votes', 'quorum'], votes?.quorum, HALF),
    ...checkShare(['votes', 'majority'], votes?.majority, HALF),
  ]
}

/** The record of a document that has passed the checks. */
export function toClusterDraft(document: ClusterFile): ClusterDraft {
  const { contribution, freeRiders, credit, newcomers, votes, disputes } = document
  const fields = {
    minimumContribution: share(contribution?.minimum),
    graceDays: contribution?.graceDays,
    lastInLineDays: freeRiders?.lastInLineDays,
    noPlacementsDays: freeRiders?.noNewPlacementsDays,
    noticeDays: freeRiders?.noticeDays,
    rootCreditLine: machineDays(credit?.startDays),
    sponsorLimit: machineDays(credit?.lendDays),
    sponsorsMin: newcomers?.sponsors,
    unsponsoredLine: machineDays(newcomers?.startDays),
    quorumMillionths: share(votes?.quorum),
    majorityMillionths: share(votes?.majority),
    voteDays: votes?.days,
    suspensionDays: votes?.suspensionDays,
    disputeDays: disputes?.days,
  }
  const said = Object.entries(fields).filter(([, field]) => field !== undefined)
  return Object.fromEntries(said) as ClusterDraft
}

/** `20%` in millionths. */
export function parseShare(value: string | number): Parsed<number> {
  const [, text] = /^(\d{1,3}(?:\.\d{1,4})?)\s?%$/.exec(String(value)) ?? []
  const millionths = Math.round(Number(text) * (MILLIONTHS / 100))
  if (text !== undefined && millionths <= MILLIONTHS) return parsed(millionths)
  return notParsed('a share from 0% to 100%, such as 20%')
}

function checkName(name: string): readonly Finding[] {
  const label = parseDnsLabel(name)
  if (label.ok) return []
  const suggestion = suggestDnsLabel(name)
  return [
    finding(['name'], `${quote(name)} is not a name`, {
      expected: label.expected,
      ...(suggestion === undefined ? {} : { suggestion }),
    }),
  ]
}

/** Whoever has no sponsors yet never starts with more than the others. */
function checkNewcomers(
  days: number | undefined,
  others = STANDARD_START_DAYS,
): readonly Finding[] {
  if (days === undefined || days <= others) return []
  const expected = `at most the ${others} days that others start with (credit.startDays)`
  return [finding(['newcomers', 'startDays'], `found ${describeValue(days)}`, { expected })]
}

function checkShare(
  path: Path,
  value: string | number | undefined,
  millionthsMin: number,
): readonly Finding[] {
  if (value === undefined) return []
  const result = parseShare(value)
  if (!result.ok) {
    const suggestion = typeof value === 'number' && value > 1 ? `${value}%` : undefined
    return [
      finding(path, `found ${describeValue(value)}`, {
        expected: result.expected,
        ...(suggestion === undefined ? {} : { suggestion }),
      }),
    ]
  }
  if (result.value >= millionthsMin) return []
  return [finding(path, `found ${describeValue(value)}`, { expected: 'at least 50%' })]
}

function machineDays(days: number | undefined): number | undefined {
  return days === undefined ? undefined : days * MACHINE_DAY
}

function share(value: string | number | undefined): number | undefined {
  if (value === undefined) return undefined
  const result = parseShare(value)
  invariant(result.ok, 'a share is converted that was not checked')
  return result.value
}
