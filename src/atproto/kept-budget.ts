import { messageOf } from '../model/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Journal } from '../ports/journal.ts'
import type { Log } from '../ports/log.ts'
import type { PacedRepoWriter } from '../ports/records.ts'
import type { CountingRepoWriter } from './repo-writer.ts'

export interface KeptBudgetOptions {
  readonly writer: CountingRepoWriter
  readonly journal: Pick<Journal, 'setting' | 'saveSetting'>
  readonly clock: Pick<Clock, 'wallMs'>
  readonly log: Log
}

const SETTING = 'write-budget'

/**
 * The same writer, whose budget survives the program: a restart, or a program that crashes again and
 * again, does not begin with a full one.
 */
export function keepBudget({ writer, journal, clock, log }: KeptBudgetOptions): PacedRepoWriter {
  const saved = journal.setting(SETTING)
  if (saved !== undefined) writer.restoreBudget(saved, clock.wallMs())
  const save = () => {
    try {
      journal.saveSetting(SETTING, writer.savedBudget(clock.wallMs()))
    } catch (error) {
      // A commit that the PDS took must not fail for the sake of its price.
      log.warn('the budget of writes could not be kept', { reason: messageOf(error) })
    }
  }
  return {
    did: writer.did,
    allowance: () => writer.allowance(),
    async apply(writes, options) {
      try {
        return await writer.apply(writes, options)
      } finally {
        save()
      }
    },
  }
}
