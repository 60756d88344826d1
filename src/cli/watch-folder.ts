import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { watch, type FSWatcher } from 'chokidar'
import { CommuneError } from '../model/errors.ts'
import { sleep } from '../ports/clock.ts'
import { EXIT, formatError } from './exit.ts'
import type { Io } from './io.ts'
import { onlyNews } from './only-news.ts'

/** Editors rename and replace, and git writes many files: the folder must be quiet this long. */
const QUIET_MS = 250
const RETRY_FIRST_MS = 2_000
const RETRY_MAX_MS = 60_000
/** A git that crashed leaves its lock behind: nobody waits for ever. */
const GIT_BUSY_MS_MAX = 10_000
const GIT_POLL_MS = 100
const IGNORED = /(^|[/\\])(\.git|node_modules)([/\\]|$)|(~|\.swp|\.tmp)$/

/** What to do at the start, and after every change. Both resolve to an exit code. */
interface Work {
  /** Milliseconds after which to look even though no file changed: the records may have. */
  readonly intervalMs: number
  readonly first: (io: Io) => Promise<number>
  readonly again: (io: Io) => Promise<number>
}

/**
 * Runs the work now, whenever something below the path changes, and at an interval, one run at a
 * time, until it is interrupted. A run that fails is said and repeated at the next change; when
 * waiting may help, it is also repeated by itself, ever more slowly.
 */
export async function watchFolder(io: Io, path: string, work: Work): Promise<number> {
  const changes = new Changes(io)
  const watcher = watchBelow(path)
  const news = onlyNews(io)
  const attempt = async (run: Work['first'], lastRetryMs: number | undefined) => {
    let retryMs: number | undefined
    await news(async (quiet) => {
      retryMs = await attemptOnce(quiet, run, lastRetryMs)
    })
    return retryMs
  }
  try {
    watcher.on('all', () => changes.add())
    watcher.on('error', (error) => io.note(`${formatError(error)}\n`))
    await new Promise<void>((ready) => watcher.once('ready', () => ready()))
    let retryMs = await attempt(work.first, undefined)
    io.note(`Watching ${path} for changes. Ctrl-C ends it.\n`)
    while (!io.signal.aborted) {
      await changes.next(Math.min(retryMs ?? work.intervalMs, work.intervalMs))
      await untilGitIsDone(io, path)
      if (io.signal.aborted) break
      retryMs = await attempt(work.again, retryMs)
    }
    return EXIT.interrupted
  } finally {
    await watcher.close()
  }
}

/**
 * What is watched is the folder around it, with all else in there ignored: so a folder or a file that
 * is removed and made anew, or replaced by another, is still the one that is watched.
 */
function watchBelow(path: string): FSWatcher {
  const root = resolve(path)
  const parent = dirname(root)
  const base = isFile(root) ? parent : root
  const ignored = (file: string) => {
    if (file === parent) return false
    if (file !== base && !file.startsWith(join(base, sep))) return true
    return IGNORED.test(relative(base, file))
  }
  return watch(base === root ? parent : base, { ignoreInitial: true, ignored })
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
}

/** A checkout in the middle holds files of two commits: git says by its lock that it is at work. */
async function untilGitIsDone(io: Io, path: string): Promise<void> {
  const lock = indexLock(resolve(path))
  const deadline = io.clock.monotonicMs() + GIT_BUSY_MS_MAX
  while (lock !== undefined && existsSync(lock) && io.clock.monotonicMs() < deadline) {
    await sleep(io.clock, GIT_POLL_MS, io.signal).catch(() => undefined)
    if (io.signal.aborted) return
  }
}

function indexLock(path: string): string | undefined {
  for (let folder = path; ; folder = dirname(folder)) {
    const git = join(folder, '.git')
    const stats = statSync(git, { throwIfNoEntry: false })
    if (stats?.isDirectory()) return join(git, 'index.lock')
    // A work tree beside the repository has a file that says where its own part of it is.
    if (stats?.isFile()) {
      const [, inside] = /^gitdir: (.+)$/m.exec(readFileSync(git, 'utf8')) ?? []
      return inside && join(resolve(folder, inside), 'index.lock')
    }
    if (dirname(folder) === folder) return undefined
  }
}

/** Resolves to the time after which to try again; undefined when only a change can help. */
async function attemptOnce(
  io: Io,
  run: Work['first'],
  lastRetryMs: number | undefined,
): Promise<number | undefined> {
  try {
    await run(io)
    return undefined
  } catch (error) {
    if (io.signal.aborted) return undefined
    io.note(`${formatError(error)}\n`)
    if (!(error instanceof CommuneError) || !error.retry) return undefined
    return Math.min((lastRetryMs ?? RETRY_FIRST_MS / 2) * 2, RETRY_MAX_MS)
  }
}

/** Collects events of the file system until they pause. */
class Changes {
  readonly #io: Io
  #count = 0
  #wake: () => void = () => {}

  constructor(io: Io) {
    this.#io = io
  }

  add(): void {
    this.#count += 1
    this.#wake()
  }

  /** Resolves when something changed and all is quiet again, or after `timeoutMs`, or on a signal. */
  async next(timeoutMs: number | undefined): Promise<void> {
    if (this.#count === 0) await this.#wait(timeoutMs)
    while (this.#count > 0 && !this.#io.signal.aborted) {
      this.#count = 0
      await this.#wait(QUIET_MS)
    }
  }

  async #wait(timeoutMs: number | undefined): Promise<void> {
    const { clock, signal } = this.#io
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    const stop = AbortSignal.any([signal, woken.signal])
    if (timeoutMs === undefined) {
      await new Promise<void>((done) => {
        if (stop.aborted) return done()
        stop.addEventListener('abort', () => done(), { once: true })
      })
    } else {
      // Being woken early is the point, and no failure.
      await sleep(clock, timeoutMs, stop).catch(() => undefined)
    }
    this.#wake = () => {}
  }
}
