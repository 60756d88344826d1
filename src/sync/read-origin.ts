import { normaliseRemote } from './git-remote.ts'
import { runGit } from './run-git.ts'

/** The commit that last changed a file, by the history of a local checkout. */
export interface Origin {
  readonly commit: string
  /** Name and address, as git has them. */
  readonly author: string
  /** ISO 8601. */
  readonly date: string
  readonly subject: string
  /** The history of the checkout ends here, so that the file may be older. */
  readonly isShallow?: true
}

export type OriginReading =
  | { readonly ok: true; readonly origin: Origin }
  | { readonly ok: false; readonly why: string }

export interface OriginQuery {
  readonly repo?: string
  readonly revision: string
  /** Path of the file inside the repository; undefined when it is not known. */
  readonly file?: string
}

/** Between the fields of a line, in git's words; no name, date or subject holds it. */
const SEPARATOR = '%x00'
const COMMIT = /^[0-9a-f]{7,64}$/

/**
 * Who changed a file last, as of a revision. Asks the checkout around a folder and nothing else: a
 * remote may be private, and is not needed by whoever has the files.
 */
export async function readOrigin(
  checkout: string,
  { repo, revision, file }: OriginQuery,
  signal?: AbortSignal,
): Promise<OriginReading> {
  // What a record says is not to become an option of git.
  if (!COMMIT.test(revision)) return { ok: false, why: `"${revision}" is no commit` }
  const git = (...args: string[]) => runGit(checkout, args, { signal })
  const top = await git('rev-parse', '--show-toplevel')
  if (!top.ok) return { ok: false, why: `${checkout} is in no git checkout: ${top.why}` }
  const known = await git('cat-file', '-e', `${revision}^{commit}`)
  if (!known.ok) return { ok: false, why: await whyUnknown(checkout, repo, signal) }
  const format = ['%H', '%an <%ae>', '%aI', '%s'].join(SEPARATOR)
  const show = ['log', '-1', `--format=${format}`, revision, '--']
  const path = file === undefined ? [] : [`:(top,literal)${file}`]
  const last = await git(...show, ...path)
  // A file that was never committed was published from a work tree that had it.
  const said = last.ok && last.out !== '' ? last : await git(...show)
  if (!said.ok) return { ok: false, why: said.why }
  const [commit = '', author = '', date = '', subject = ''] = said.out.split('\0')
  const boundary = await git('rev-parse', '--verify', '-q', `${commit}^@`)
  const shallow = await git('rev-parse', '--is-shallow-repository')
  const isShallow = shallow.ok && shallow.out === 'true' && !(boundary.ok && boundary.out !== '')
  return {
    ok: true,
    origin: { commit, author, date, subject, ...(isShallow ? { isShallow } : {}) },
  }
}

async function whyUnknown(
  checkout: string,
  repo: string | undefined,
  signal?: AbortSignal,
): Promise<string> {
  const remote = await runGit(checkout, ['remote', 'get-url', 'origin'], { signal })
  const here = remote.ok ? normaliseRemote(remote.out) : undefined
  if (repo !== undefined && here !== undefined && here !== repo) {
    return `${checkout} is a checkout of ${here}, not of ${repo}`
  }
  return `the checkout ${checkout} does not have the commit; "git fetch" may bring it`
}
