import { invariant } from '../model/errors.ts'
import { isDid } from '../model/workload-uri.ts'
import { parseDnsLabel } from '../model/name.ts'
import { parseBytes, parseCpuMilli } from '../model/quantity.ts'
import type { Parsed } from '../model/parsed.ts'
import type { Amount } from '../model/request.ts'
import { isTimeZone, parseHours, type Hours } from '../policy/hours.ts'
import { parseImagePattern } from '../policy/image-pattern.ts'
import type { OwnerLists, Policy, PortRange, Rule, Subject } from '../policy/policy.ts'
import { describeValue } from './describe-schema.ts'
import { finding, type Finding, type Path } from './finding.ts'
import type { Issue } from './issue.ts'
import { checkSigner, toSigner } from './policy-signer.ts'
import { readOneDocument } from './one-document.ts'
import type { Amounts, PolicyFile, Rule as RuleOfFile } from './policy-file.gen.ts'
import { schema, validate } from './policy-validator.gen.ts'
import { schemaFindings } from './schema-findings.ts'

export interface PolicyFileResult {
  /** Undefined when something is wrong. */
  readonly policy?: Policy
  /** Files that the policy names, which the reader has to add to it. */
  readonly lists?: PolicyLists
  readonly issues: readonly Issue[]
}

/** Paths as they stand in the file. */
export interface PolicyLists {
  readonly block: readonly string[]
  readonly allow: readonly string[]
}

const PORT_MAX = 65_535
/** Where less specific rules set a limit. */
const UNLIMITED = 'unlimited'

/**
 * Reads the policy of a machine. Hours are meant in `timeZone` unless the file says otherwise. Never
 * throws for what a file may hold.
 */
export function parsePolicyFile(text: string, file: string, timeZone: string): PolicyFileResult {
  const { value, issues } = readOneDocument(text, file, check)
  if (value === undefined) return { issues }
  const document = value as PolicyFile
  const { blockLists: block = [], allowLists: allow = [] } = document.owners ?? {}
  return { policy: toPolicy(document, timeZone), lists: { block, allow }, issues }
}

function check(value: unknown): readonly Finding[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const expected = 'a mapping that begins with kind: Policy'
    return [finding([], `found ${describeValue(value)}`, { expected })]
  }
  if (!validate(value)) return schemaFindings(validate.errors ?? [], value, schema)
  const { timeZone, reserve, owners, rules = [] } = value as unknown as PolicyFile
  return [
    ...(timeZone === undefined || isTimeZone(timeZone)
      ? []
      : [
          finding(['timeZone'], `found ${describeValue(timeZone)}`, {
            expected: 'a time zone by its IANA name, such as Europe/Berlin',
          }),
        ]),
    ...checkOwners('block', owners?.block),
    ...checkOwners('allow', owners?.allow),
    ...checkAmounts(['reserve'], reserve),
    ...rules.flatMap((rule, index) => checkRule(['rules', index], rule)),
  ]
}

function checkOwners(key: string, list: readonly string[] | undefined): readonly Finding[] {
  return (list ?? []).flatMap((text, index) =>
    isDid(text)
      ? []
      : [
          finding(['owners', key, index], `found ${describeValue(text)}`, {
            expected: 'the DID of an owner',
          }),
        ],
  )
}

function checkRule(path: Path, rule: RuleOfFile): readonly Finding[] {
  const each = <T>(
    key: string,
    list: readonly T[] | undefined,
    parse: (item: T) => Parsed<unknown>,
  ) => (list ?? []).flatMap((item, index) => faultOf([...path, key, index], item, parse(item)))
  return [
    ...faultOf([...path, 'for'], rule.for, parseSubject(rule.for)),
    ...each('images', rule.images, parseImagePattern),
    ...each('ports', rule.ports, parsePorts),
    ...each('hours', rule.hours, (text) => parseHours(text, 'UTC')),
    ...(['imageSize', 'imageTotal'] as const).flatMap((key) => {
      const value = rule[key]
      return value === undefined ? [] : faultOf([...path, key], value, parseSize(value))
    }),
    ...(rule.signatures ?? []).flatMap((signer, index) =>
      checkSigner([...path, 'signatures', index], signer),
    ),
    ...checkAmounts([...path, 'resources'], rule.resources),
    ...checkAmounts([...path, 'total'], rule.total),
  ]
}

function checkAmounts(path: Path, amounts: Amounts | undefined): readonly Finding[] {
  if (amounts === undefined) return []
  const { cpu, memory, storage } = amounts
  const one = (key: string, value: string | number | undefined, parse: typeof parseBytes) =>
    value === undefined ? [] : faultOf([...path, key], value, notNegative(parse(value)))
  return [
    ...one('cpu', cpu, parseCpuMilli),
    ...one('memory', memory, parseBytes),
    ...one('storage', storage, parseBytes),
  ]
}

function notNegative(amount: Parsed<number>): Parsed<number> {
  return amount.ok && amount.value < 0 ? { ok: false, expected: 'no negative quantity' } : amount
}

function faultOf(path: Path, value: unknown, result: Parsed<unknown>): readonly Finding[] {
  if (result.ok) return []
  return [finding(path, `found ${describeValue(value)}`, { expected: result.expected })]
}

function parseSubject(text: string): Parsed<Subject> {
  if (text === 'own' || text === 'members') return { ok: true, value: { kind: text } }
  if (isDid(text)) return { ok: true, value: { kind: 'owner', owner: text } }
  const [, cluster] = /^cluster\s+(\S+)$/.exec(text) ?? []
  if (cluster !== undefined && parseDnsLabel(cluster).ok)
    return { ok: true, value: { kind: 'cluster', cluster } }
  return { ok: false, expected: 'own, members, cluster NAME, or the DID of an owner' }
}

function parsePorts(value: number | string): Parsed<PortRange> {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(value)) ?? []
  const range = { first: Number(first), last: Number(last) }
  const isSound = range.first >= 1 && range.first <= range.last && range.last <= PORT_MAX
  if (isSound) return { ok: true, value: range }
  return { ok: false, expected: `a port from 1 to ${PORT_MAX}, or a range such as 9000-9100` }
}

function toPolicy(file: PolicyFile, systemTimeZone: string): Policy {
  const timeZone = file.timeZone ?? systemTimeZone
  return {
    reserve: { cpuMilli: 0, memoryBytes: 0, storageBytes: 0, ...toAmounts(file.reserve) },
    ...(file.owners === undefined ? {} : { owners: toOwners(file.owners) }),
    ...(file.decisions === undefined ? {} : { decisions: file.decisions }),
    rules: (file.rules ?? []).map((rule) => toRule(rule, timeZone)),
  }
}

function toOwners({
  block = [],
  allow,
  allowLists,
}: NonNullable<PolicyFile['owners']>): OwnerLists {
  const blocked = new Map(block.filter(isDid).map((did) => [did, 'owners.block'] as const))
  if (allow === undefined && allowLists === undefined) return { blocked }
  return { blocked, allowed: new Set((allow ?? []).filter(isDid)) }
}

function toRule(rule: RuleOfFile, timeZone: string): Rule {
  const { allow, security, capabilities, rootUser, writableRoot, egress, volumes, standing } = rule
  const { exec, canary } = rule
  return {
    name: rule.name ?? rule.for,
    subject: valueOf(parseSubject(rule.for)),
    terms: {
      ...defined({
        allow,
        security,
        capabilities,
        rootUser,
        writableRoot,
        egress,
        volumes,
        standing,
        exec,
        canary,
      }),
      ...(rule.runtime && { runtime: rule.runtime === 'runc' ? 'runc' : 'gvisor' }),
      ...(rule.images && { images: rule.images.map((text) => valueOf(parseImagePattern(text))) }),
      ...defined({ imageSize: sizeOf(rule.imageSize), imageTotal: sizeOf(rule.imageTotal) }),
      ...(rule.signatures && { signatures: rule.signatures.map(toSigner) }),
      ...(rule.ports && { ports: rule.ports.map((ports) => valueOf(parsePorts(ports))) }),
      ...(rule.resources && { resources: toAmounts(rule.resources) }),
      ...(rule.total && { total: toAmounts(rule.total) }),
      ...(rule.hours && { hours: rule.hours.map((text) => hoursOf(text, timeZone)) }),
    },
  }
}

/** Bytes, or Infinity. */
function parseSize(value: string | number): Parsed<number> {
  if (value === UNLIMITED) return { ok: true, value: Infinity }
  const bytes = notNegative(parseBytes(value))
  return bytes.ok ? bytes : { ok: false, expected: `${bytes.expected}, or ${UNLIMITED}` }
}

function sizeOf(value: string | number | undefined): number | undefined {
  return value === undefined ? undefined : valueOf(parseSize(value))
}

function hoursOf(text: string, timeZone: string): Hours {
  return valueOf(parseHours(text, timeZone))
}

function toAmounts({ cpu, memory, storage }: Amounts = {}): Partial<Amount> {
  return defined({
    cpuMilli: cpu === undefined ? undefined : valueOf(parseCpuMilli(cpu)),
    memoryBytes: memory === undefined ? undefined : valueOf(parseBytes(memory)),
    storageBytes: storage === undefined ? undefined : valueOf(parseBytes(storage)),
  })
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> }

/** What a rule leaves out is left out: it is said by another one. */
function defined<T extends object>(value: T): Defined<T> {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(entries) as Defined<T>
}

/** Only what has passed the checks is converted. */
function valueOf<T>(result: Parsed<T>): T {
  invariant(result.ok, 'a value is converted that was not checked')
  return result.value
}
