import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import {
  isCommuneFile,
  misplacedCommuneFile,
  parseCommuneFile,
  type CommuneFileResult,
} from './commune-file.ts'
import { findDuplicateNames, type NamedPlace } from './duplicate-names.ts'
import { fileIssue, hasErrors, sortIssues, type Issue } from './issue.ts'
import { listFiles, reasonOf } from './list-files.ts'
import {
  parseDocuments,
  type Layers,
  type SpecCluster,
  type SpecWorkload,
} from './parse-documents.ts'
import { readLayers } from './read-layers.ts'
import { readTextFile } from './read-file.ts'

/** Files read at the same time. */
const READS_AT_ONCE_MAX = 16

const COMMUNE_FILES = ['commune.yaml', 'commune.yml']

export interface FolderResult {
  /** Absolute path of the folder; of its parent when PATH is a file. */
  readonly root: string
  /** Workload files, relative to the root, sorted. */
  readonly files: readonly string[]
  /** Those without an error, in the order of files and lines. */
  readonly workloads: readonly SpecWorkload[]
  /** Rules of clusters without an error, in the same order. */
  readonly clusters: readonly SpecCluster[]
  /** Name of the set from the overlay or commune.yaml, when one of them says one. */
  readonly set?: string
  /** The overlay has a set of its own. */
  readonly isOverlaySet?: true
  /** Sorted by file and position. Their files begin with PATH, as it was given. */
  readonly issues: readonly Issue[]
}

export interface ReadFolderOptions {
  /** What stands in place of PATH in issues. */
  readonly shownAs?: string
  /** Name of the overlay to put on top. */
  readonly overlay?: string
  /** Values of variables, which win over those of the files. */
  readonly variables?: ReadonlyMap<string, string>
  readonly signal?: AbortSignal
}

/**
 * Reads all workloads below a folder, or in one file. What is wrong with the path, its files and
 * their content is an issue, never an exception; it throws only when it is aborted. Workloads that
 * share a name are all left out.
 */
export async function readFolder(
  path: string,
  options: ReadFolderOptions = {},
): Promise<FolderResult> {
  const found = await findFiles(path, options.shownAs ?? path)
  if (!found.ok)
    return { root: resolve(path), files: [], workloads: [], clusters: [], issues: [found.issue] }
  const { root, shown, files } = found
  const contents = await readAll(root, files, options.signal)
  const settings = readSettings(contents)
  const layers = await readLayers(root, settings, options)
  const overlays = new Set(settings.overlays?.values())
  const isWorkloads = (file: string) => !isCommuneFile(file) && !overlays.has(file)
  const parsed = parseAll(
    contents.filter(({ file }) => isWorkloads(file)),
    layers,
  )
  const issues = [...found.issues, ...settings.issues, ...layers.issues, ...parsed.issues]
  const isEmpty = parsed.documentCount === 0 && !hasErrors(issues)
  // Without its settings or its overlay nobody knows what a workload is meant to be.
  const isUnclear = hasErrors([...settings.issues, ...layers.issues])
  const set = layers.overlay?.set ?? settings.set
  return {
    root,
    files: files.filter(isWorkloads),
    workloads: isUnclear ? [] : parsed.workloads,
    clusters: isUnclear ? [] : parsed.clusters,
    ...(set === undefined ? {} : { set }),
    ...(layers.overlay?.set === undefined ? {} : { isOverlaySet: true }),
    issues: sortIssues([
      ...issues.map((issue) => ({ ...issue, file: shownPath(shown, issue.file) })),
      ...(isEmpty ? [noDocument(path)] : []),
    ]),
  }
}

function noDocument(path: string): Issue {
  const expected = 'at least one document with kind: Workload, kind: Job or kind: Cluster'
  return fileIssue(path, 'there is no workload here', { expected })
}

type Found =
  | { readonly ok: false; readonly issue: Issue }
  | {
      readonly ok: true
      readonly root: string
      /** What stands before a relative path in an issue. */
      readonly shown: string
      readonly files: readonly string[]
      readonly issues: readonly Issue[]
    }

async function findFiles(path: string, given: string): Promise<Found> {
  try {
    const stats = await stat(path)
    if (stats.isDirectory())
      return { ok: true, root: resolve(path), shown: given, ...(await listFiles(path)) }
    const root = dirname(resolve(path))
    const own = basename(path)
    const beside = await existing(root, COMMUNE_FILES)
    const files = [...beside.filter((file) => file !== own), own]
    return { ok: true, root, shown: dirname(given), files, issues: [] }
  } catch (error) {
    return { ok: false, issue: fileIssue(path, `cannot be read: ${reasonOf(error)}`) }
  }
}

async function existing(root: string, names: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    names.map((name) =>
      stat(join(root, name)).then(
        () => [name],
        () => [],
      ),
    ),
  )
  return found.flat()
}

/** `examples/workloads` and `a.yaml` → `examples/workloads/a.yaml`; a leading `.` is not shown. */
function shownPath(shown: string, file: string): string {
  const folder = shown.replaceAll('\\', '/').replace(/\/+$/, '')
  if (file === '') return shown
  if (folder === '.') return file
  return `${folder}/${file}`
}

interface Content {
  readonly file: string
  readonly text?: string
  readonly issue?: Issue
}

async function readAll(
  root: string,
  files: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly Content[]> {
  const contents: Content[] = Array.from(files, (file) => ({ file }))
  let next = 0
  const work = async (): Promise<void> => {
    while (next < files.length) {
      signal?.throwIfAborted()
      const index = next
      next += 1
      const file = files[index] ?? ''
      const read = await readTextFile(join(root, file), file)
      contents[index] = read.ok ? { file, text: read.text } : { file, issue: read.issue }
    }
  }
  await Promise.all(Array.from({ length: READS_AT_ONCE_MAX }, work))
  return contents
}

function readSettings(contents: readonly Content[]): CommuneFileResult {
  const [first, second] = contents.filter(({ file }) => isCommuneFile(file))
  if (first === undefined) return { issues: [] }
  if (second !== undefined) {
    const message = `${first.file} stands beside it`
    return { issues: [fileIssue(second.file, message, { expected: 'one of them' })] }
  }
  if (first.text === undefined) return { issues: first.issue === undefined ? [] : [first.issue] }
  return parseCommuneFile(first.text, first.file)
}

interface Parsed {
  readonly workloads: readonly SpecWorkload[]
  readonly clusters: readonly SpecCluster[]
  readonly documentCount: number
  readonly issues: readonly Issue[]
}

function parseAll(contents: readonly Content[], layers: Layers): Parsed {
  const workloads: SpecWorkload[] = []
  const issues: Issue[] = []
  const clusters: SpecCluster[] = []
  const places: NamedPlace[] = []
  const clusterPlaces: NamedPlace[] = []
  let documentCount = 0
  for (const { file, text, issue } of contents) {
    if (issue !== undefined) issues.push(issue)
    if (text === undefined) continue
    const misplaced = misplacedCommuneFile(file)
    if (misplaced !== undefined) {
      issues.push(misplaced)
      continue
    }
    const result = parseDocuments(text, file, layers)
    workloads.push(...result.workloads)
    clusters.push(...result.clusters)
    clusterPlaces.push(...result.clusterNames.map((name) => ({ file, ...name })))
    issues.push(...result.issues)
    places.push(...result.names.map((name) => ({ file, ...name })))
    documentCount += result.documentCount
  }
  const duplicates = findDuplicateNames(places)
  const sameClusters = findDuplicateNames(clusterPlaces)
  const unapplied = layers.overlay?.unapplied(new Set(places.map(({ name }) => name))) ?? []
  return {
    workloads: workloads.filter(({ record }) => !duplicates.names.has(record.name)),
    clusters: clusters.filter(({ name }) => !sameClusters.names.has(name)),
    documentCount,
    issues: [...issues, ...duplicates.issues, ...sameClusters.issues, ...unapplied],
  }
}
