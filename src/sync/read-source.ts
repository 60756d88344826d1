import { execFile } from 'node:child_process'
import { realpath } from 'node:fs/promises'
import { basename, relative, resolve, sep } from 'node:path'
import { promisify } from 'node:util'
import { normaliseRemote } from './git-remote.ts'

const GIT_TIMEOUT_MS = 10_000
const OUTPUT_BYTES_MAX = 1_000_000

/** Where a folder comes from. Everything but the name needs git, and is left out without it. */
export interface FolderSource {
  /** Name of the set when `commune.yaml` gives none. */
  readonly defaultSet: string
  readonly repo?: string
  readonly revision?: string
  readonly dirty?: boolean
}

/**
 * Asks git about a folder. No git, no repository and no commit are all fine: files that are in no
 * repository are synced too.
 */
export async function readSource(path: string, signal?: AbortSignal): Promise<FolderSource> {
  const folder = await realpath(resolve(path)).catch(() => resolve(path))
  const git = (...args: string[]) => runGit(folder, args, signal)
  const top = await git('rev-parse', '--show-toplevel')
  if (top === undefined) return { defaultSet: basename(folder) }
  const [remote, revision, status] = await Promise.all([
    git('remote', 'get-url', 'origin'),
    git('rev-parse', 'HEAD'),
    git('status', '--porcelain', '--', '.'),
  ])
  const repo = remote === undefined ? undefined : normaliseRemote(remote)
  const inside = relative(top, folder).split(sep).join('/')
  return {
    defaultSet: repo === undefined ? basename(folder) : inside === '' ? repo : `${repo}/${inside}`,
    ...(repo === undefined ? {} : { repo }),
    ...(revision === undefined ? {} : { revision }),
    ...(revision === undefined || status === undefined ? {} : { dirty: status !== '' }),
  }
}

/** What git prints, trimmed; undefined when it fails or is not there. */
async function runGit(
  folder: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', ['-C', folder, ...args], {
      timeout: GIT_TIMEOUT_MS,
      maxBuffer: OUTPUT_BYTES_MAX,
      // Asking for a password would wait for ever, and a status must not write to the index.
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' },
      ...(signal === undefined ? {} : { signal }),
    })
    return stdout.trim()
  } catch {
    return undefined
  }
}
