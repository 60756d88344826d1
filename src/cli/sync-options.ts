import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseDuration } from '../model/duration.ts'
import { CommuneError } from '../model/errors.ts'
import type { GitPlace } from '../sync/git-cache.ts'
import { normaliseRemote } from '../sync/git-remote.ts'
import type { ConnectionOptions, FolderOptions } from './command-options.ts'
import type { KnownOrigin } from './load-folder.ts'

/** A registry, a git server and a PDS are asked each time. */
const INTERVAL_MS_MIN = 1_000

export interface SyncOptions extends FolderOptions, ConnectionOptions {
  readonly output?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly watch?: boolean
  readonly git?: string
  readonly branch?: string
  readonly path?: string
  readonly interval?: string
  readonly allowRewrites?: boolean
  readonly requireSigned?: boolean
  readonly signers?: string
  readonly wait?: boolean
  readonly timeout?: string
}

/** Fails with code `usage` when what is asked for makes no sense together. */
export function refuseContradictions(path: string | undefined, options: SyncOptions): void {
  if (path === undefined && options.git === undefined) {
    throw new CommuneError('usage', 'What should be synced?', {
      hint: 'Give the folder with your workloads, or --git URL.',
    })
  }
  const goesOn =
    options.watch === true || (options.git !== undefined && options.interval !== undefined)
  if (path !== undefined && options.git !== undefined) refuse('a folder', '--git')
  if (options.git !== undefined && options.watch === true) refuse('--git', '--watch')
  if (options.watch === true && options.dryRun === true) refuse('--watch', '--dry-run')
  if (goesOn && options.dryRun === true) refuse('--interval', '--dry-run')
  if (!goesOn && options.interval !== undefined) needs('--interval', '--git or --watch')
  if (options.git !== undefined) return
  for (const [flag, value] of [
    ['--branch', options.branch],
    ['--path', options.path],
    ['--allow-rewrites', options.allowRewrites],
    ['--require-signed', options.requireSigned],
    ['--signers', options.signers],
  ] as const) {
    if (value !== undefined) needs(flag, '--git')
  }
}

function refuse(one: string, other: string): never {
  throw new CommuneError('usage', `${one} and ${other} do not go together.`, {
    hint: 'Leave one of them out.',
  })
}

function needs(one: string, other: string): never {
  throw new CommuneError('usage', `${one} needs ${other}.`, {
    hint: `Add ${other}, or leave it out.`,
  })
}

/** Milliseconds; undefined when it is not given. Fails with code `usage`. */
export function parseInterval(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const parsed = parseDuration(text)
  if (parsed.ok && parsed.value >= INTERVAL_MS_MIN) return parsed.value
  const expected = parsed.ok ? 'at least 1s' : parsed.expected
  throw new CommuneError('usage', `--interval ${text} is not understood: expected ${expected}.`)
}

/** What `--git`, `--branch` and `--path` say. Fails with code `usage`. */
export function parsePlace({ git = '', branch, path = '' }: SyncOptions): GitPlace {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (
    git === '' ||
    git.startsWith('-') ||
    branch?.startsWith('-') === true ||
    parts.includes('..')
  ) {
    throw new CommuneError('usage', '--git, --branch or --path is not understood.', {
      hint: 'For example: --git https://git.example.org/me/app --branch main --path workloads',
    })
  }
  return {
    // A repository on this machine, as git itself would find it.
    url: existsSync(git) ? resolve(git) : git,
    ...(branch === undefined ? {} : { branch }),
    path: parts.join('/'),
  }
}

/** The same name as in a working copy, so that it does not matter from where a set is synced. */
export function originOf({ url, path }: GitPlace, commit: string): KnownOrigin {
  const repo = normaliseRemote(url)
  return {
    source: {
      defaultSet: path === '' ? repo : `${repo}/${path}`,
      repo,
      ...(path === '' ? {} : { folder: path }),
      revision: commit,
      dirty: false,
    },
    shownAs: path === '' ? '.' : path,
  }
}
