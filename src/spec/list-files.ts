import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileIssue, type Issue } from './issue.ts'

/** Files of workloads in one folder. */
export const FILES_MAX = 10_000
/** Everything in it, so that a wrong PATH such as / ends. */
const ENTRIES_MAX = 200_000
const DEPTH_MAX = 32

const IGNORED_FOLDERS = new Set(['node_modules'])

export interface FileList {
  /** Relative to the root, with forward slashes, in the order of their code units. */
  readonly files: readonly string[]
  /** With files relative to the root. */
  readonly issues: readonly Issue[]
}

interface Walk {
  readonly root: string
  /** The root without symbolic links. */
  readonly realRoot: string
  readonly filesMax: number
  readonly files: string[]
  readonly issues: Issue[]
  entryCount: number
}

/**
 * Finds the YAML files below a folder. Names that begin with a dot and node_modules are left out.
 * Links to folders are not followed, so there are no loops, and those that lead out are issues; links
 * to files count when they stay inside the folder, as in a mounted Kubernetes ConfigMap.
 */
export async function listFiles(root: string, filesMax: number = FILES_MAX): Promise<FileList> {
  const realRoot = await realpath(root)
  const walk = { root, realRoot, filesMax, files: [], issues: [], entryCount: 0 }
  await visit(walk, '', 0)
  return limited(walk)
}

export function isYamlName(name: string): boolean {
  return /\.ya?ml$/i.test(name)
}

function limited({ files, issues, entryCount, filesMax }: Walk): FileList {
  const sorted = files.toSorted((a, b) => (a < b ? -1 : 1))
  const isTooMany = sorted.length > filesMax || entryCount > ENTRIES_MAX
  if (!isTooMany) return { files: sorted, issues }
  const expected = `at most ${filesMax} YAML files among ${ENTRIES_MAX} files and folders`
  return { files: [], issues: [fileIssue('', 'the folder holds too much', { expected })] }
}

async function visit(walk: Walk, folder: string, depth: number): Promise<void> {
  if (depth > DEPTH_MAX) {
    const expected = `at most ${DEPTH_MAX} levels`
    walk.issues.push(fileIssue(folder, 'the folder is nested too deeply', { expected }))
    return
  }
  const entries = await readEntries(walk, folder)
  walk.entryCount += entries.length
  for (const entry of entries) {
    if (walk.entryCount > ENTRIES_MAX || walk.files.length > walk.filesMax) return
    if (entry.name.startsWith('.') || IGNORED_FOLDERS.has(entry.name)) continue
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) {
      await visit(walk, path, depth + 1)
    } else if (entry.isSymbolicLink()) {
      await visitLink(walk, path)
    } else if (isYamlName(entry.name)) {
      walk.files.push(path)
    }
  }
}

async function readEntries(walk: Walk, folder: string) {
  try {
    return await readdir(join(walk.root, folder), { withFileTypes: true })
  } catch (error) {
    walk.issues.push(fileIssue(folder, `the folder cannot be read: ${reasonOf(error)}`))
    return []
  }
}

/**
 * A link to a folder is not followed. One that leads out of the root is said, since workloads may be
 * behind it that would seem to be gone; one that stays inside, or leads back to what is around it,
 * adds nothing.
 */
async function visitLink(walk: Walk, path: string): Promise<void> {
  try {
    const target = await realpath(join(walk.root, path))
    const isFolder = (await stat(target)).isDirectory()
    if (!isFolder && !isYamlName(path)) return
    if (isWithin(target, walk.realRoot)) {
      if (!isFolder) walk.files.push(path)
    } else if (!isFolder || !isWithin(walk.realRoot, target)) {
      const suggestion = isFolder
        ? 'copy the folder to this place'
        : 'copy the file into the folder'
      walk.issues.push(fileIssue(path, 'the link points out of the folder', { suggestion }))
    }
  } catch (error) {
    if (!isYamlName(path)) return
    walk.issues.push(fileIssue(path, `the link cannot be followed: ${reasonOf(error)}`))
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.replace(/\/?$/, '/'))
}

/** A system error in words; the path is named by the issue already. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error))
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ELOOP: 'it leads in a circle',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open',
}
