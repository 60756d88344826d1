import { watch } from 'chokidar'
import { CommuneError } from '../model/errors.ts'
import { sleep } from '../ports/clock.ts'
import { EXIT, formatError } from './exit.ts'
import type { Io } from './io.ts'

/** Editors rename and replace, and git writes many files: the folder must be quiet this long. */
const QUIET_MS = 250
const RETRY_FIRST_MS = 2_000
const RETRY_MAX_MS = 60_000
const IGNORED = /(^|[/\\])(\.git|node_modules)([/\\]|$)|(~|\.swp|\.tmp)$/

/** What to do at the start, and after every change. Both resolve to an exit code. */
interface Work {
  readonly first: () => Promise<number>
  readonly again: () => Promise<number>
}

/**
 * Runs the work now and whenever something below the path changes, one run at a time, until it is
 * interrupted. A run that fails is said and repeated at the next change; when waiting may help, it
 * is also repeated by itself, ever more slowly.
 */
export async function watchFolder(io: Io, path: string, work: Work): Promise<number> {
  const changes = new Changes(io)
  const watcher = watch(path, { ignoreInitial: true, ignored: (file) => IGNORED.test(file) })
  try {
    watcher.on('all', () => changes.add())
    watcher.on('error', (error) => io.note(`${formatError(error)}\n`))
    await new Promise<void>((ready) => watcher.once('ready', () => ready()))
    let retryMs = await attempt(io, work.first, undefined)
    io.note(`Watching ${path} for changes. Ctrl-C ends it.\n`)
    while (!io.signal.aborted) {
      await changes.next(retryMs)
      if (io.signal.aborted) break
      retryMs = await attempt(io, work.again, retryMs)
    }
    return EXIT.interrupted
  } finally {
    await watcher.close()
  }
}

/** Resolves to the time after which to try again; undefined when only a change can help. */
async function attempt(
  io: Io,
  run: () => Promise<number>,
  lastRetryMs: number | undefined,
): Promise<number | undefined> {
  try {
    await run()
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
