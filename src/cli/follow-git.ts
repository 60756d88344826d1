import { join } from 'node:path'
import { homedir } from 'node:os'
import { CommuneError } from '../model/errors.ts'
import { sleep } from '../ports/clock.ts'
import { GitCache, type Checkout, type GitPlace, type GitRevision } from '../sync/git-cache.ts'
import { normaliseRemote } from '../sync/git-remote.ts'
import { EXIT, exitCodeOf, formatError } from './exit.ts'
import type { Io } from './io.ts'
import { onlyNews } from './only-news.ts'
import { printable } from './table.ts'

const COMMIT_SHOWN = 12

export interface FollowGit {
  readonly place: GitPlace
  /** Milliseconds between two looks; undefined: look once. */
  readonly intervalMs: number | undefined
  /** Take over a history that was rewritten. */
  readonly allowRewrites: boolean
  /** Only commits with a good signature count. */
  readonly requireSigned: boolean
  /** File of SSH signers who count; the settings of git when absent. */
  readonly signers?: string
  /** Publishes the files of one commit, or nothing of them; resolves to an exit code. */
  readonly publish: (io: Io, folder: string, revision: GitRevision) => Promise<number>
}

/** Codes after which the records are those of the commit, whatever became of them on the machines. */
const PUBLISHED: ReadonlySet<number> = new Set([
  EXIT.done,
  EXIT.notPlaced,
  EXIT.notHealthy,
  EXIT.timedOut,
])

/**
 * Publishes what a branch holds, again and again with an interval. A commit that is broken, not signed
 * or not a descendant of the last good one is refused as a whole, and the last good one stays in force.
 */
export async function followGit(io: Io, options: FollowGit): Promise<number> {
  const { place, intervalMs } = options
  const cache = await GitCache.open(cacheFolder(io.env), place, io.signal)
  const name = `${normaliseRemote(place.url)}${place.branch === undefined ? '' : ` (${place.branch})`}`
  if (intervalMs === undefined) return await look(io, cache, options, name)
  io.note(`Following ${name}. Ctrl-C ends it; what is published stays.\n`)
  const news = onlyNews(io)
  while (!io.signal.aborted) {
    await news(async (quiet) => {
      try {
        await look(quiet, cache, options, name)
      } catch (error) {
        if (!io.signal.aborted) quiet.note(`${formatError(error)}\n`)
      }
    })
    // Being interrupted is how it ends.
    await sleep(io.clock, intervalMs, io.signal).catch(() => undefined)
  }
  return EXIT.interrupted
}

async function look(io: Io, cache: GitCache, options: FollowGit, name: string): Promise<number> {
  const newest = await cache.fetch()
  const good = await cache.lastGood()
  const refusal = await refuse(cache, options, newest, good)
  if (refusal === undefined) {
    const code = await publish(io, cache, options, newest, name)
    if (PUBLISHED.has(code)) {
      await cache.markGood(newest)
      return code
    }
    return await keep(io, cache, options, { good, newest, code, name })
  }
  io.note(`${shortOf(newest)} of ${name} is refused: ${refusal.why}.\n  ${refusal.hint}\n`)
  return await keep(io, cache, options, { good, newest, code: EXIT.failed, name })
}

interface Kept {
  readonly good: GitRevision | undefined
  readonly newest: GitRevision
  readonly code: number
  readonly name: string
}

/** The last good commit stays in force: what something else changed meanwhile is put back. */
async function keep(
  io: Io,
  cache: GitCache,
  options: FollowGit,
  { good, newest, code, name }: Kept,
): Promise<number> {
  if (good === undefined || good.commit === newest.commit || io.signal.aborted) return code
  io.note(`${shortOf(good)} stays in force.\n`)
  await publish(io, cache, options, good, name)
  return code
}

async function publish(
  io: Io,
  cache: GitCache,
  { publish }: FollowGit,
  revision: GitRevision,
  name: string,
): Promise<number> {
  const { author, subject } = revision
  io.note(`${shortOf(revision)} of ${name}, by ${printable(author)}: ${printable(subject)}\n`)
  try {
    await using checkout: Checkout = await cache.checkOut(revision)
    return await publish(io, checkout.folder, revision)
  } catch (error) {
    // What is wrong with the files is a reason to keep the last good ones; all else is not.
    if (!(error instanceof CommuneError) || error.code !== 'invalid-input') throw error
    io.note(`${formatError(error)}\n`)
    return exitCodeOf(error)
  }
}

interface Refusal {
  readonly why: string
  readonly hint: string
}

async function refuse(
  cache: GitCache,
  options: FollowGit,
  newest: GitRevision,
  good: GitRevision | undefined,
): Promise<Refusal | undefined> {
  if (options.requireSigned) {
    const problem = await cache.signatureProblem(newest, options.signers)
    if (problem !== undefined) {
      return {
        why: `it has no good signature (${printable(problem)})`,
        hint: 'Sign the newest commit with a key that counts here; see --signers.',
      }
    }
  }
  if (good === undefined || options.allowRewrites) return undefined
  if (await cache.isFastForward(good, newest)) return undefined
  return {
    why: `it does not contain ${shortOf(good)}, so the history was rewritten`,
    hint: '--allow-rewrites follows it all the same.',
  }
}

function shortOf({ commit }: GitRevision): string {
  return commit.slice(0, COMMIT_SHOWN)
}

/** Where the XDG base directory specification puts it. */
function cacheFolder(env: Io['env']): string {
  const base = env['XDG_CACHE_HOME']
  return join(base ? base : join(env['HOME'] ?? homedir(), '.cache'), 'commune', 'git')
}
