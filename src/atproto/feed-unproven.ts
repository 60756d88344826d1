import type { Did } from '../model/records.ts'
import type { CommitClaim } from './feed-transport.ts'

/** Commits kept of one repo, and of all; more than one is rare, since nobody waits for long. */
const PER_REPO_MAX = 20
const ALL_MAX = 200

/**
 * Commits of the stream that could not be proven since the DID of their repo did not resolve. To list
 * the repo instead would leave open what became of records that it lacks, so they are kept, in the
 * order of the stream, until the directory answers.
 */
export class UnprovenCommits {
  readonly #byDid = new Map<Did, CommitClaim[]>()

  /** False: there are too many. */
  keep(did: Did, event: CommitClaim): boolean {
    const kept = this.#byDid.get(did) ?? []
    const all = [...this.#byDid.values()].reduce((sum, { length }) => sum + length, 0)
    if (kept.length >= PER_REPO_MAX || all >= ALL_MAX) return false
    this.#byDid.set(did, [...kept, event])
    return true
  }

  /** Whether the event says that it comes right after those that are kept. */
  isNext(did: Did, { since }: CommitClaim): boolean {
    const last = this.#byDid.get(did)?.at(-1)
    return last !== undefined && last.rev === since
  }

  first(did: Did): CommitClaim | undefined {
    return this.#byDid.get(did)?.[0]
  }

  dropFirst(did: Did): void {
    const [, ...rest] = this.#byDid.get(did) ?? []
    if (rest.length > 0) this.#byDid.set(did, rest)
    else this.#byDid.delete(did)
  }

  drop(did: Did): void {
    this.#byDid.delete(did)
  }
}
