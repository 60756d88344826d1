import { execFile, type ExecFileOptions } from 'node:child_process'
import { messageOf } from '../model/errors.ts'

const TIMEOUT_MS = 10_000
const OUTPUT_BYTES_MAX = 1_000_000
const REASON_LENGTH_MAX = 200

/** What git said, or why it said nothing, in a few words. */
export type GitAnswer =
  | { readonly ok: true; readonly out: string }
  | { readonly ok: false; readonly why: string }

export interface GitOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number
  readonly outputBytesMax?: number
  /** Beside what this program inherited. */
  readonly environment?: Readonly<Record<string, string>>
  /** What git reads from its standard input. */
  readonly input?: string
}

/** Asks git about a folder; what it prints is trimmed. Rejects only when the signal is aborted. */
export async function runGit(
  folder: string,
  args: readonly string[],
  options: GitOptions = {},
): Promise<GitAnswer> {
  const { signal } = options
  try {
    const out = await execute(['-C', folder, ...args], options.input ?? '', {
      timeout: options.timeoutMs ?? TIMEOUT_MS,
      maxBuffer: options.outputBytesMax ?? OUTPUT_BYTES_MAX,
      env: { ...environment(), ...options.environment },
      ...(signal === undefined ? {} : { signal }),
    })
    return { ok: true, out: out.trim() }
  } catch (error) {
    signal?.throwIfAborted()
    return { ok: false, why: whyOf(error) }
  }
}

function execute(args: readonly string[], input: string, options: ExecFileOptions) {
  return new Promise<string>((resolve, reject) => {
    const child = execFile('git', args, { ...options, encoding: 'utf8' }, (error, out, said) => {
      if (error === null) resolve(out)
      else reject(Object.assign(error, { stderr: said }))
    })
    // A git that ends without reading is judged by its exit code.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

/**
 * A hook runs with the variables of the repository that calls it, which would take the place of the
 * folder's own. Asking for a password would wait for ever, and a status must not write to the index.
 */
function environment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !OF_ONE_REPOSITORY.has(name))
  return {
    ...Object.fromEntries(inherited),
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    LC_ALL: 'C',
  }
}

/** `git rev-parse --local-env-vars`, without what is of use in every repository. */
const OF_ONE_REPOSITORY: ReadonlySet<string> = new Set([
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_DIR',
  'GIT_GRAFT_FILE',
  'GIT_IMPLICIT_WORK_TREE',
  'GIT_INDEX_FILE',
  'GIT_INTERNAL_SUPER_PREFIX',
  'GIT_NAMESPACE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_QUARANTINE_PATH',
  'GIT_SHALLOW_FILE',
  'GIT_WORK_TREE',
])

function whyOf(error: unknown): string {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'git is not installed'
  if ((error as { killed?: unknown }).killed === true) return 'git does not answer'
  const said = (error as { stderr?: unknown }).stderr
  const text = typeof said === 'string' && said.trim() !== '' ? said.trim() : messageOf(error)
  const line = text.split('\n', 1)[0] ?? ''
  return line.replace(/^(fatal|error): /, '').slice(0, REASON_LENGTH_MAX)
}
