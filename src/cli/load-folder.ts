import { open, opendir, stat } from 'node:fs/promises'
import type { Issue } from '../spec/issue.ts'
import type { FolderResult, ReadFolderOptions } from '../spec/read-folder.ts'
import { parseAssignment } from '../spec/variables.ts'
import type { BrokenDocument, DesiredWorkload } from '../sync/plan-sync.ts'
import type { DesiredCluster } from '../sync/plan-clusters.ts'
import type { FolderSource } from '../sync/read-source.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import { formatIssue } from '../spec/format-issue.ts'
import type { FolderOptions, LayerOptions } from './command-options.ts'
import type { CommandContext } from './command-spec.ts'
import type { Io } from './io.ts'
import { problemOfIssue } from './problem.ts'

/** A folder as the planner wants it. */
export interface LoadedFolder {
  readonly set: string
  readonly source: Omit<FolderSource, 'defaultSet'>
  readonly desired: readonly DesiredWorkload[]
  readonly clusters: readonly DesiredCluster[]
  readonly broken: readonly BrokenDocument[]
  readonly issues: readonly Issue[]
  readonly empty: boolean
}

/** Where files come from that are a copy of something else. */
export interface KnownOrigin {
  readonly source: FolderSource
  /** What stands in place of the path in messages. */
  readonly shownAs: string
}

/**
 * Reads a folder and where it comes from. Fails with code `invalid-input` when there is nothing to
 * read: a folder that is missing or empty is a mistake far more often than a wish.
 */
export async function loadFolder(
  { io, drivers }: CommandContext,
  path: string,
  options: Pick<FolderOptions, 'set' | 'overlay' | 'var'>,
  known?: KnownOrigin,
): Promise<LoadedFolder> {
  await requirePath(path)
  const folder = await drivers.readFolder(path, {
    ...readOptions(options),
    ...(known === undefined ? {} : { shownAs: known.shownAs }),
    signal: io.signal,
  })
  const errors = folder.issues.filter(({ severity }) => severity === 'error')
  const count = folder.workloads.length + folder.clusters.length
  const empty = count === 0 && errors.length === 0
  if (empty) {
    throw new CommuneError('invalid-input', `There is no workload in ${known?.shownAs ?? path}.`, {
      hint: 'Nothing was changed and nothing is pruned. "commune delete NAME" deletes a workload.',
    })
  }
  if (count === 0) {
    noteIssues(io, folder.issues)
    throw new CommuneError(
      'invalid-input',
      `Nothing in ${known?.shownAs ?? path} can be published.`,
      {
        hint: 'Nothing was changed and nothing is pruned.',
      },
    )
  }
  const isNamed = (options.set ?? folder.set) !== undefined
  const { defaultSet, ...source } = known?.source ?? (await sourceOf(io, folder.root, isNamed))
  return {
    set: checkSet(options.set ?? setOf(folder, defaultSet, options.overlay)),
    source,
    desired: folder.workloads.map(({ file, line, record }) => ({
      name: record.name,
      file,
      line,
      record,
    })),
    clusters: folder.clusters,
    broken: errors.map(({ file, line, message }) => ({ file, line, message })),
    issues: folder.issues,
    empty,
  }
}

/** What `--overlay` and `--var` say. Fails with code `usage`. */
export function readOptions(options: LayerOptions): ReadFolderOptions {
  const variables = new Map<string, string>()
  for (const text of options.var ?? []) {
    const assignment = parseAssignment(text)
    if (assignment === undefined) {
      throw new CommuneError('usage', `--var ${text} is not understood: expected NAME=VALUE.`)
    }
    variables.set(assignment.name, assignment.value)
  }
  return { variables, ...(options.overlay === undefined ? {} : { overlay: options.overlay }) }
}

/**
 * Environments don't share a set: who syncs one of them with the credentials of another is told of
 * the conflict, instead of changing what runs there.
 */
function setOf(
  { set, isOverlaySet }: FolderResult,
  defaultSet: string,
  overlay: string | undefined,
): string {
  const base = set ?? defaultSet
  return overlay === undefined || isOverlaySet === true ? base : `${base}#${overlay}`
}

/** A set that has one name here and another one elsewhere would end up in conflict with itself. */
async function sourceOf(io: Io, root: string, isNamed: boolean): Promise<FolderSource> {
  const { readSource } = await import('../sync/read-source.ts')
  const { source, problem } = await readSource(root, io.signal)
  if (problem === undefined) return source
  if (isNamed) {
    io.note(`The commit is not recorded: ${problem}.\n`)
    return source
  }
  throw new CommuneError(
    'invalid-input',
    `The git repository of ${root} can't be asked: ${problem}.`,
    {
      hint: 'The set is called by its remote. Mend that, give --set NAME, or write "set: NAME" into commune.yaml.',
    },
  )
}

/** Fails with code `invalid-input` when the path is not there or may not be read. */
export async function requirePath(path: string): Promise<void> {
  try {
    // Only trying tells: what the permissions say is not all that decides.
    const isFolder = (await stat(path)).isDirectory()
    const opened = isFolder ? await opendir(path) : await open(path)
    await opened.close()
  } catch (error) {
    throw new CommuneError('invalid-input', `${path} ${pathProblem(error)}.`, {
      hint: pathHint(error),
      cause: error,
    })
  }
}

function pathProblem(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'does not exist'
    case 'EACCES':
    case 'EPERM':
      return "can't be read: permission denied"
    case 'ENOTDIR':
      return 'leads through something that is no folder'
    default:
      return `can't be read: ${messageOf(error)}`
  }
}

function pathHint(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException
  return code === 'EACCES' || code === 'EPERM'
    ? 'Give yourself the permission to read it, or run this as a user who has it.'
    : 'Give the folder, or the file, that holds your workloads.'
}

/** All that is wrong with the files, on stderr. */
export function noteIssues(io: Io, issues: readonly Issue[]): void {
  for (const issue of issues) {
    io.note(`${formatIssue(issue, { color: io.color.note })}\n`)
    io.onProblem?.(problemOfIssue(issue))
  }
}

const SET_LENGTH_MAX = 512

function checkSet(set: string): string {
  if (set !== '' && set.length <= SET_LENGTH_MAX) return set
  throw new CommuneError('usage', `A set needs a name of 1 to ${SET_LENGTH_MAX} characters.`, {
    hint: 'Give --set NAME, or write "set: NAME" into commune.yaml.',
  })
}
