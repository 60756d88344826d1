import { checkCluster, toClusterDraft, type ClusterDraft } from './cluster-file.ts'
import type { ClusterFile } from './cluster-file.gen.ts'
import { checkAmounts } from './check-amounts.ts'
import { checkCombinations } from './check-combinations.ts'
import { checkEnv } from './check-env.ts'
import { checkNames } from './check-names.ts'
import { checkPaths } from './check-paths.ts'
import { describeValue } from './describe-schema.ts'
import { finding, formatPath, quote, type Finding } from './finding.ts'
import { fileIssue, hasErrors, sortIssues, type Issue } from './issue.ts'
import { locate } from './locate.ts'
import type { Overlay } from './overlay.ts'
import { placeAll } from './place-all.ts'
import { placeFinding } from './place-finding.ts'
import { readYaml, type PlacedFinding, type YamlDocument } from './read-yaml.ts'
import { schemaFindings } from './schema-findings.ts'
import { soundParts } from './sound-parts.ts'
import { positionAt, sourceTextOf, withoutByteOrderMark, type SourceText } from './source-text.ts'
import { splitDocuments, type DocumentText } from './split-documents.ts'
import { nearest } from './suggest.ts'
import type { Variables } from './variables.ts'
import { toWorkloadDraft, type WorkloadDraft } from './workload-draft.ts'
import type { WorkloadFile } from './workload-file.gen.ts'
import { schema, validate } from './workload-validator.gen.ts'

/** A valid workload and where it was declared. */
export interface SpecWorkload {
  /** Path of the file relative to the root of the folder, with forward slashes. */
  readonly file: string
  /** Line on which its document begins, from 1. */
  readonly line: number
  readonly document: WorkloadFile
  readonly record: WorkloadDraft
}

/** The rules of a cluster, and where they stand. */
export interface SpecCluster {
  readonly file: string
  readonly line: number
  readonly name: string
  readonly record: ClusterDraft
}

/** The name that a document gave itself, valid or not. */
export interface DeclaredName {
  readonly name: string
  readonly line: number
  readonly column: number
}

export interface ParseResult {
  readonly workloads: readonly SpecWorkload[]
  readonly clusters: readonly SpecCluster[]
  /** How many documents the file holds, valid or not; empty ones do not count. */
  readonly documentCount: number
  /** Names of all workloads in order, so that duplicates are found across files. */
  readonly names: readonly DeclaredName[]
  /** The same of clusters, which have names of their own. */
  readonly clusterNames: readonly DeclaredName[]
  /** Sorted by position. */
  readonly issues: readonly Issue[]
}

/** What is put on top of the files. */
export interface Layers {
  /** Undefined: nothing is replaced. */
  readonly variables?: Variables
  readonly overlay?: Overlay
}

/** Documents in one file. */
const DOCUMENTS_MAX = 1000

/** Kinds that the design knows and this version does not. */
const LATER_KINDS = ['Secret']
const CLUSTER = 'Cluster'
const KINDS = ['Workload', 'Job']

/** Kinds of Kubernetes whose work a kind of ours does. */
const FOREIGN_KINDS: Readonly<Record<string, string>> = {
  Deployment: 'Workload',
  StatefulSet: 'Workload',
  DaemonSet: 'Workload, with replicas: everywhere',
  Pod: 'Workload',
  CronJob: 'Job, with a schedule',
}

/**
 * Reads all workloads of a file. Never throws for what a file may hold: everything wrong is an issue,
 * and documents without an error are returned even when others have one.
 */
export function parseDocuments(text: string, file: string, layers: Layers = {}): ParseResult {
  const source = sourceTextOf(file, withoutByteOrderMark(text))
  const documents = splitDocuments(source.text)
  if (documents.length > DOCUMENTS_MAX) {
    const expected = `at most ${DOCUMENTS_MAX} documents a file`
    return nothing([fileIssue(file, 'the file holds too many documents', { expected })])
  }
  if (documents.length === 0) {
    return nothing([fileIssue(file, 'the file is empty', { severity: 'warning' })])
  }
  const parts = documents.map((document) => parseDocument(source, document, layers))
  return {
    workloads: parts.flatMap(({ workload }) => (workload === undefined ? [] : [workload])),
    clusters: parts.flatMap(({ cluster }) => (cluster === undefined ? [] : [cluster])),
    documentCount: documents.length,
    names: parts.flatMap(({ name }) => (name === undefined ? [] : [name])),
    clusterNames: parts.flatMap(({ clusterName }) => clusterName ?? []),
    issues: sortIssues(parts.flatMap(({ issues }) => issues)),
  }
}

function nothing(issues: readonly Issue[]): ParseResult {
  return { workloads: [], clusters: [], documentCount: 0, names: [], clusterNames: [], issues }
}

interface ParsedDocument {
  readonly workload?: SpecWorkload
  readonly cluster?: SpecCluster
  readonly name?: DeclaredName
  readonly clusterName?: DeclaredName
  readonly issues: readonly Issue[]
}

function parseDocument(
  source: SourceText,
  text: DocumentText,
  { variables, overlay }: Layers,
): ParsedDocument {
  const plain = readYaml(text, variables === undefined ? {} : { variables })
  const name = declaredName(source, text, plain)
  if (isCluster(plain.value)) return parseCluster(source, text, plain, name)
  const yaml =
    name === undefined || overlay === undefined || plain.root === null
      ? plain
      : { ...plain, value: overlay.apply(name.name, plain.value) }
  const place = (entry: Finding | PlacedFinding): Issue =>
    (name === undefined || 'offset' in entry ? undefined : overlay?.place(name.name, entry)) ??
    placeFinding(source, text, yaml, entry)
  const findings = yaml.root === null ? yaml.findings : [...yaml.findings, ...checkContent(yaml)]
  const issues = placeAll(findings, place, { source, document: text })
  const named = name === undefined ? {} : { name }
  if (yaml.root === null || hasErrors(issues)) return { issues, ...named }
  const document = yaml.value as WorkloadFile
  const { line } = positionAt(source, text.offset + text.contentOffset)
  const record = toWorkloadDraft(document)
  return { workload: { file: source.file, line, document, record }, issues, ...named }
}

/** Overlays are about workloads; variables have been put in already. */
function parseCluster(
  source: SourceText,
  text: DocumentText,
  yaml: YamlDocument,
  name: DeclaredName | undefined,
): ParsedDocument {
  const place = (entry: Finding | PlacedFinding) => placeFinding(source, text, yaml, entry)
  const findings = [...yaml.findings, ...checkContent(yaml)]
  const issues = placeAll(findings, place, { source, document: text })
  const named = name === undefined ? {} : { clusterName: name }
  if (hasErrors(issues)) return { issues, ...named }
  const document = yaml.value as ClusterFile
  const { line } = positionAt(source, text.offset + text.contentOffset)
  const record = toClusterDraft(document)
  return { cluster: { file: source.file, line, name: document.name, record }, issues, ...named }
}

function isCluster(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === CLUSTER
}

/** A value that the notation made unreadable is not reported again for what it then lacks. */
function checkContent(yaml: YamlDocument): readonly Finding[] {
  const unreadable = new Set(yaml.findings.map(({ path }) => formatPath(path)))
  const findings = check(yaml.value)
  return findings.filter(({ path }) => path.length === 0 || !unreadable.has(formatPath(path)))
}

function check(value: unknown): readonly Finding[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const expected = 'a mapping that begins with kind, name and image'
    return [finding([], `found ${describeValue(value)}`, { expected })]
  }
  if (isCluster(value)) return checkCluster(value)
  const kind = checkKind((value as { kind?: unknown }).kind)
  if (kind !== undefined) return [kind]
  const errors = validate(value) ? [] : (validate.errors ?? [])
  const parts = soundParts(value, errors)
  return [
    ...schemaFindings(errors, value, schema),
    ...checkNames(parts),
    ...checkAmounts(parts),
    ...checkPaths(parts),
    ...checkEnv(parts),
    ...checkCombinations(parts),
  ]
}

/** A kind that means something else entirely: nothing more can be said about such a document. */
function checkKind(kind: unknown): Finding | undefined {
  if (typeof kind !== 'string' || KINDS.some((known) => nearest(kind, [known]) === known)) {
    return undefined
  }
  const expected = `${KINDS.join(', ')} or ${CLUSTER}`
  const later = nearest(kind, LATER_KINDS)
  if (later === kind) {
    return finding(['kind'], `kind ${kind} is not supported by this version`, { expected })
  }
  const near = later ?? nearest(kind, [CLUSTER])
  const suggestion = near ?? (Object.hasOwn(FOREIGN_KINDS, kind) ? FOREIGN_KINDS[kind] : undefined)
  return finding(['kind'], `unknown kind ${quote(kind)}`, {
    expected,
    ...(suggestion === undefined ? {} : { suggestion }),
  })
}

function declaredName(
  source: SourceText,
  text: DocumentText,
  { value, root }: YamlDocument,
): DeclaredName | undefined {
  const name =
    typeof value === 'object' && value !== null && 'name' in value ? value.name : undefined
  if (typeof name !== 'string') return undefined
  const offset = locate(root, { path: ['name'], at: 'value' })
  const { line, column } = positionAt(source, text.offset + offset)
  return { name, line, column }
}
