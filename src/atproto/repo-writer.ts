import type { PacedRepoWriter, Write } from '../ports/records.ts'
import { prepareWrites } from './prepared-writes.ts'
import { RepoConnection } from './repo-connection.ts'
import type { RepoConnectionOptions } from './repo-connection.ts'
import { POINTS } from './write-budget.ts'

/** A writer that counts what a PDS allows. */
export interface CountingRepoWriter extends PacedRepoWriter {
  /** Points that may be spent at once. */
  pointsLeft(): number
  /** Milliseconds until these writes may be sent; counts each put as a creation. */
  delayFor(writes: readonly Write[]): number
  /** The budget as text, for another run of the program; the time is the wall clock's. */
  savedBudget(wallMs: number): string
  restoreBudget(text: string, wallMs: number): void
}

/**
 * Writes to the account's own repo. Repeating a batch is always safe: a record that is there already
 * is left alone. Beside the failures of any call to a PDS, `apply` rejects with `invalid-input` for
 * what no PDS would take, and with `rate-limited`, before anything is sent, when the account's points
 * are used up. Batches are sent one after the other, so later ones win.
 *
 * A PDS has no "create or update" for batches and answers 500 to the wrong one of the two. A single
 * write therefore goes by `putRecord` or `deleteRecord`, which know no such difference, cost least and
 * need no look-up. For batches the writer remembers which records exist, looks up those that it
 * has not seen, and looks again when the PDS proves it wrong.
 */
export function createRepoWriter(options: RepoConnectionOptions): CountingRepoWriter {
  const repo = new RepoConnection(options)
  let writing: Promise<unknown> = Promise.resolve()
  return {
    did: options.did,
    apply(writes, applyOptions = {}) {
      const applying = writing.then(async () =>
        repo.apply(await prepareWrites(writes), applyOptions),
      )
      writing = applying.catch(() => undefined)
      return applying
    },
    pointsLeft: () => repo.pointsLeft(),
    allowance: () => repo.allowance(),
    savedBudget: (wallMs) => repo.savedBudget(wallMs),
    restoreBudget: (text, wallMs) => repo.restoreBudget(text, wallMs),
    delayFor: (writes) =>
      repo.delayFor(
        writes.reduce(
          (sum, write) => sum + (write.action === 'put' ? POINTS.create : POINTS.delete),
          0,
        ),
      ),
  }
}
