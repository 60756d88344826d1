import { CommuneError } from '../model/errors.ts'
import type { Io } from './io.ts'

/**
 * Asks before something that can't be taken back. Without a terminal nobody can be asked, and then
 * the flag that answers beforehand is named: code `usage`.
 */
export async function confirm(
  io: Io,
  question: string,
  options: { readonly yes: boolean | undefined; readonly flag: string },
): Promise<boolean> {
  if (options.yes === true) return true
  if (!io.isInteractive) {
    throw new CommuneError('usage', `${question} There is no terminal to ask at.`, {
      hint: `Give ${options.flag} to go ahead.`,
    })
  }
  const answer = await io.ask(`${question} [y/N] `)
  return /^y(es)?$/i.test(answer.trim())
}
