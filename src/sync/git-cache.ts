import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CommuneError } from '../model/errors.ts'
import { recordKeyFor } from '../model/record-key.ts'
import { normaliseRemote } from './git-remote.ts'
import { runGit, type GitAnswer, type GitOptions } from './run-git.ts'

/** A first fetch of a large repository takes its time. */
const FETCH_TIMEOUT_MS = 10 * 60_000
/** Paths of a repository with very many files. */
const LIST_BYTES_MAX = 64 * 1024 * 1024
const YAML_NAME = /\.ya?ml$/i

/** What is followed. */
export interface GitPlace {
  readonly url: string
  /** The branch that the repository calls its own when absent. */
  readonly branch?: string
  /** Folder inside the repository, with forward slashes; empty for all of it. */
  readonly path: string
}

/** A commit, as far as people want to know it. */
export interface GitRevision {
  readonly commit: string
  readonly author: string
  readonly subject: string
}

/** The files of one commit, without a working copy; removed when disposed of. */
export interface Checkout extends AsyncDisposable {
  readonly folder: string
}

/**
 * A bare copy of a remote repository in a cache folder. It remembers the last commit that was good, so
 * that a rewritten history is noticed also after a restart.
 */
export class GitCache {
  readonly #folder: string
  readonly #place: GitPlace
  readonly #signal: AbortSignal
  readonly #refs: { readonly incoming: string; readonly good: string }

  private constructor(folder: string, place: GitPlace, signal: AbortSignal) {
    this.#folder = folder
    this.#place = place
    this.#signal = signal
    const key = recordKeyFor(`${place.branch ?? ''}\n${place.path}`)
    this.#refs = { incoming: `refs/commune/${key}/incoming`, good: `refs/commune/${key}/good` }
  }

  /** Fails with code `io` when there is no git, or the folder can't be written. */
  static async open(base: string, place: GitPlace, signal: AbortSignal): Promise<GitCache> {
    const folder = join(base, recordKeyFor(place.url))
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const cache = new GitCache(folder, place, signal)
    const made = await cache.#git(['init', '--bare', '--quiet', '.'])
    if (!made.ok) throw new CommuneError('io', `The cache of git can't be made: ${made.why}.`)
    return cache
  }

  /** Fetches the newest commit. Fails with code `unreachable`. */
  async fetch(): Promise<GitRevision> {
    const { url, branch } = this.#place
    const from = branch === undefined ? 'HEAD' : `refs/heads/${branch}`
    const fetched = await this.#git(
      [
        'fetch',
        '--quiet',
        '--no-tags',
        '--no-write-fetch-head',
        '--',
        url,
        `+${from}:${this.#refs.incoming}`,
      ],
      { timeoutMs: FETCH_TIMEOUT_MS },
    )
    if (!fetched.ok) throw this.#unreachable(fetched.why)
    return this.#describe(this.#refs.incoming)
  }

  /** The last commit that was published from here; undefined at first. */
  async lastGood(): Promise<GitRevision | undefined> {
    const found = await this.#git([
      'rev-parse',
      '--verify',
      '--quiet',
      `${this.#refs.good}^{commit}`,
    ])
    return found.ok ? await this.#describe(this.#refs.good) : undefined
  }

  async markGood({ commit }: GitRevision): Promise<void> {
    const done = await this.#git(['update-ref', this.#refs.good, commit])
    if (!done.ok) throw new CommuneError('io', `The cache of git can't be written: ${done.why}.`)
  }

  /** True when the newer commit contains the older one, so that nothing was rewritten. */
  async isFastForward(older: GitRevision, newer: GitRevision): Promise<boolean> {
    return (await this.#git(['merge-base', '--is-ancestor', older.commit, newer.commit])).ok
  }

  /**
   * Why a commit does not count as signed; undefined when its signature is good by the settings of
   * git, or by a file of allowed SSH signers.
   */
  async signatureProblem({ commit }: GitRevision, signers?: string): Promise<string | undefined> {
    const trust = signers === undefined ? [] : ['-c', `gpg.ssh.allowedSignersFile=${signers}`]
    const judged = await this.#git([...trust, 'verify-commit', commit])
    if (judged.ok) return undefined
    // git says nothing at all about a commit without any signature.
    return judged.why.startsWith('Command failed') ? 'it is not signed' : judged.why
  }

  /** The YAML files below the path. Fails with code `invalid-input` when the path is not there. */
  async checkOut({ commit }: GitRevision): Promise<Checkout> {
    const { path } = this.#place
    const tree = path === '' ? `${commit}^{tree}` : `${commit}:${path}`
    const listed = await this.#git(['ls-tree', '-r', '-z', '--name-only', tree], {
      outputBytesMax: LIST_BYTES_MAX,
    })
    if (!listed.ok) {
      throw new CommuneError(
        'invalid-input',
        `There is no folder "${path}" in ${commit.slice(0, 12)}.`,
        {
          hint: 'Check --path; it counts from the root of the repository.',
        },
      )
    }
    const base = await mkdtemp(join(tmpdir(), 'commune-git-'))
    const folder = join(base, 'tree')
    await mkdir(folder)
    const environment = { GIT_INDEX_FILE: join(base, 'index') }
    const inTree = ['--work-tree', folder, '-c', 'core.bare=false', '-c', 'core.autocrlf=false']
    const files = listed.out.split('\0').filter((name) => YAML_NAME.test(name))
    const read = await this.#git([...inTree, 'read-tree', tree], { environment })
    const written = read.ok
      ? await this.#git(
          [...inTree, 'checkout-index', '--quiet', '-z', '--stdin', `--prefix=${folder}/`],
          {
            environment,
            input: files.map((name) => `${name}\0`).join(''),
          },
        )
      : read
    const checkout = {
      folder,
      [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }),
    }
    if (written.ok) return checkout
    await checkout[Symbol.asyncDispose]()
    throw new CommuneError(
      'io',
      `The files of ${commit.slice(0, 12)} can't be written: ${written.why}.`,
    )
  }

  async #describe(ref: string): Promise<GitRevision> {
    const shown = await this.#git([
      'log',
      '-1',
      '--no-show-signature',
      '--format=%H%x00%an%x00%s',
      ref,
    ])
    if (!shown.ok) throw new CommuneError('io', `The cache of git can't be read: ${shown.why}.`)
    const [commit = '', author = '', subject = ''] = shown.out.split('\0')
    return { commit, author, subject }
  }

  #git(args: readonly string[], options: GitOptions = {}): Promise<GitAnswer> {
    const settings = ['-c', 'gc.autoDetach=false', '-c', 'core.hooksPath=/dev/null']
    return runGit(this.#folder, [...settings, `--git-dir=${this.#folder}`, ...args], {
      signal: this.#signal,
      ...options,
    })
  }

  /** Credentials in a URL never reach a message. */
  #unreachable(why: string): CommuneError {
    const { url, branch } = this.#place
    const name = normaliseRemote(url)
    const isMissing = /couldn't find remote ref/i.test(why)
    if (isMissing) {
      return new CommuneError('not-found', `${name} has no branch "${branch ?? 'HEAD'}".`, {
        hint: 'Check --branch.',
        retry: true,
      })
    }
    return new CommuneError(
      'unreachable',
      `${name} can't be fetched: ${why.replaceAll(url, name)}.`,
      {
        hint: 'git asks for no password here: use an SSH key, a credential helper, or a token in the URL.',
        retry: true,
      },
    )
  }
}
