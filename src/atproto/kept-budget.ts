import type { Clock } from '../ports/clock.ts'
import type { Journal } from '../ports/journal.ts'
import type { PacedRepoWriter } from '../ports/records.ts'
import type { CountingRepoWriter } from './repo-writer.ts'

export interface KeptBudgetOptions {
  readonly writer: CountingRepoWriter
  readonly journal: Pick<Journal, 'setting' | 'saveSetting'>
  readonly clock: Pick<Clock, 'wallMs'>
}

const SETTING = 'write-budget'

/**
 * The same writer, whose budget survives the program: a restart, or a program that crashes again and
 * again, does not begin with a full one.
 */
export function keepBudget({ writer, journal, clock }: KeptBudgetOptions): PacedRepoWriter {
  const saved = journal.setting(SETTING)
  if (saved !== undefined) writer.restoreBudget(saved, clock.wallMs())
  return {
    did: writer.did,
    allowance: () => writer.allowance(),
    async apply(writes, options) {
      try {
        return await writer.apply(writes, options)
      } finally {
        journal.saveSetting(SETTING, writer.savedBudget(clock.wallMs()))
      }
    },
  }
}
