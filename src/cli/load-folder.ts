import type { Issue } from '../spec/issue.ts'
import type { BrokenDocument, DesiredWorkload } from '../sync/plan-sync.ts'
import { readSource, type FolderSource } from '../sync/read-source.ts'
import { CommuneError } from '../model/errors.ts'
import { formatIssue } from '../spec/format-issue.ts'
import type { CommandContext } from './command-spec.ts'
import type { Io } from './io.ts'

/** A folder as the planner wants it. */
export interface LoadedFolder {
  readonly set: string
  readonly source: Omit<FolderSource, 'defaultSet'>
  readonly desired: readonly DesiredWorkload[]
  readonly broken: readonly BrokenDocument[]
  readonly issues: readonly Issue[]
  readonly empty: boolean
}

/**
 * Reads a folder and where it comes from. Fails with code `invalid-input` when there is nothing to
 * read: a folder that is missing or empty is a mistake far more often than a wish.
 */
export async function loadFolder(
  { io, drivers }: CommandContext,
  path: string,
  setName: string | undefined,
): Promise<LoadedFolder> {
  const folder = await drivers.readFolder(path, { signal: io.signal })
  const errors = folder.issues.filter(({ severity }) => severity === 'error')
  const empty = folder.workloads.length === 0 && errors.length === 0
  if (empty) {
    throw new CommuneError('invalid-input', `There is no workload in ${path}.`, {
      hint: 'Nothing was changed and nothing is pruned. "commune delete NAME" deletes a workload.',
    })
  }
  if (folder.workloads.length === 0) {
    noteIssues(io, folder.issues)
    throw new CommuneError('invalid-input', `Nothing in ${path} can be published.`, {
      hint: 'Nothing was changed and nothing is pruned.',
    })
  }
  const { defaultSet, ...source } = await readSource(folder.root, io.signal)
  return {
    set: checkSet(setName ?? folder.set ?? defaultSet),
    source,
    desired: folder.workloads.map(({ file, line, record }) => ({
      name: record.name,
      file,
      line,
      record,
    })),
    broken: errors.map(({ file, line, message }) => ({ file, line, message })),
    issues: folder.issues,
    empty,
  }
}

/** All that is wrong with the files, on stderr. */
export function noteIssues(io: Io, issues: readonly Issue[]): void {
  for (const issue of issues) io.note(`${formatIssue(issue, { color: io.color.note })}\n`)
}

const SET_LENGTH_MAX = 512

function checkSet(set: string): string {
  if (set !== '' && set.length <= SET_LENGTH_MAX) return set
  throw new CommuneError('usage', `A set needs a name of 1 to ${SET_LENGTH_MAX} characters.`, {
    hint: 'Give --set NAME, or write "set: NAME" into commune.yaml.',
  })
}
