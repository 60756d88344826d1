import { stat, realpath } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { normaliseRemote } from './git-remote.ts'
import { runGit } from './run-git.ts'

/** Where a folder comes from. Everything but the name needs git, and is left out without it. */
export interface FolderSource {
  /** Name of the set when nobody gives one. */
  readonly defaultSet: string
  readonly repo?: string
  /** Path of the folder inside the repository; absent when it is all of it. */
  readonly folder?: string
  readonly revision?: string
  readonly dirty?: boolean
}

export interface SourceReading {
  readonly source: FolderSource
  /**
   * Why git can't be asked although the folder is in a repository, so that the name of the set would
   * be another one than where git can be asked.
   */
  readonly problem?: string
}

/**
 * Asks git about a folder. No repository and no commit are fine: files that are in none are synced
 * too. A shallow clone, a detached head, a work tree and a submodule are what they say they are.
 */
export async function readSource(path: string, signal?: AbortSignal): Promise<SourceReading> {
  const folder = await realpath(resolve(path)).catch(() => resolve(path))
  const defaultSet = basename(folder)
  const git = async (...args: string[]) => {
    const answer = await runGit(folder, args, { signal })
    return answer.ok ? answer.out : undefined
  }
  const top = await runGit(folder, ['rev-parse', '--show-toplevel'], { signal })
  if (!top.ok) {
    const problem = (await isInRepository(folder)) ? { problem: top.why } : {}
    return { source: { defaultSet }, ...problem }
  }
  const [remote, revision, status] = await Promise.all([
    remoteOf(git),
    git('rev-parse', '--verify', 'HEAD'),
    git('status', '--porcelain', '--', '.'),
  ])
  const repo = remote === undefined ? undefined : normaliseRemote(remote)
  const inside = relative(top.out, folder).split(sep).join('/')
  return {
    source: {
      defaultSet: repo === undefined ? defaultSet : inside === '' ? repo : `${repo}/${inside}`,
      ...(repo === undefined ? {} : { repo }),
      ...(inside === '' ? {} : { folder: inside }),
      ...(revision === undefined ? {} : { revision }),
      ...(revision === undefined || status === undefined ? {} : { dirty: status !== '' }),
    },
  }
}

type Git = (...args: string[]) => Promise<string | undefined>

/** Of `origin`; where nothing is called so, of the only one that there is. */
async function remoteOf(git: Git): Promise<string | undefined> {
  const origin = await git('remote', 'get-url', 'origin')
  if (origin !== undefined) return origin
  const names = (await git('remote'))?.split('\n').filter((name) => name !== '') ?? []
  const [only, another] = names
  return only === undefined || another !== undefined ? undefined : git('remote', 'get-url', only)
}

async function isInRepository(folder: string): Promise<boolean> {
  for (let at = folder; ; at = dirname(at)) {
    if (await stat(join(at, '.git')).then(Boolean, () => false)) return true
    if (dirname(at) === at) return false
  }
}
