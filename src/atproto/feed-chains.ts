import type { Cid, Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { RepoPosition } from './record-store-repo.ts'

/**
 * How a listing that is ahead of the stream came about, as far as this process can tell.
 * - `fresh`: the repo was read for the first time a moment ago, and the stream may have begun later.
 * - `pending`: the stream may still bring the commits that lead there.
 * - `broken`: it brought one that does not follow, or nothing in time.
 */
export type Chain = 'fresh' | 'pending' | 'broken'

/** The stream of an idle PDS is a second behind; a resumed one or a busy machine takes longer. */
export const AWAIT_STREAM_MS = 10_000
/** Covers the second look at a host without a cursor, with many repos in the queue. */
const FRESH_MS = 30_000

interface Wait {
  readonly fromRev: string
  /** Of the first listing that lacked records, while the position is the same. */
  readonly firstRev: string
  readonly commit: Cid
  readonly sinceMs: number
}

/** Remembers, for each repo, what the stream has shown of the chain of its commits. */
export class FeedChains {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #firstReadMs = new Map<Did, number>()
  readonly #brokenAt = new Map<Did, string>()
  readonly #waits = new Map<Did, Wait>()

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  /** The repo was read for the first time. */
  begin(did: Did): void {
    this.#firstReadMs.set(did, this.#clock.monotonicMs())
  }

  /** A commit came that can't be linked to what was read up to `rev`. */
  break(did: Did, rev: string): void {
    this.#brokenAt.set(did, rev)
  }

  /** The repo is followed no longer. */
  forget(did: Did): void {
    this.#firstReadMs.delete(did)
    this.#brokenAt.delete(did)
    this.#waits.delete(did)
  }

  judge(did: Did, { rev }: RepoPosition): Chain {
    const now = this.#clock.monotonicMs()
    if (now - (this.#firstReadMs.get(did) ?? Number.NEGATIVE_INFINITY) < FRESH_MS) return 'fresh'
    if (this.#brokenAt.get(did) === rev) return 'broken'
    const wait = this.#waits.get(did)
    const inVain = wait?.fromRev === rev && now - wait.sinceMs >= AWAIT_STREAM_MS
    return inVain ? 'broken' : 'pending'
  }

  /** Waits for the stream to lead from the position to this commit; begun once a position. */
  wait(did: Did, { rev }: RepoPosition, to: { readonly rev: string; readonly cid: Cid }): void {
    const before = this.#waits.get(did)
    const begun =
      before?.fromRev === rev
        ? before
        : { fromRev: rev, firstRev: to.rev, sinceMs: this.#clock.monotonicMs() }
    this.#waits.set(did, { ...begun, commit: to.cid })
  }

  /** The revision of the first listing that the stream was to lead to; undefined when there was none. */
  waitedRev(did: Did, { rev }: RepoPosition): string | undefined {
    const wait = this.#waits.get(did)
    return wait?.fromRev === rev ? wait.firstRev : undefined
  }

  /** How much longer the stream is given to lead to this commit; undefined: no wait is on. */
  waitsMs(did: Did, position: RepoPosition, commit: Cid): number | undefined {
    const wait = this.#waits.get(did)
    if (wait?.fromRev !== position.rev || wait.commit !== commit) return undefined
    if (this.judge(did, position) !== 'pending') return undefined
    return wait.sinceMs + AWAIT_STREAM_MS - this.#clock.monotonicMs()
  }
}
