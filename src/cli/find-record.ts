import { CommuneError } from '../model/errors.ts'
import { idOf } from './record-id.ts'

/** Of several that fit, so many are named. */
const NAMED_MAX = 5

/**
 * A record that people name: its uri, the last part of it, or as much of that from the beginning as is
 * enough. Fails with `not-found`, and with `usage` when several fit.
 */
export function findRecord<T extends { readonly uri: string }>(
  records: readonly T[],
  text: string,
  what: 'proposal' | 'dispute',
): T {
  const found = recordsCalled(records, text)
  if (found[0] !== undefined && found.length === 1) return found[0]
  if (found.length === 0)
    throw new CommuneError('not-found', `There is no ${what} "${text}".`, {
      hint: `"commune get ${what}s" lists them.`,
    })
  // Records of different owners may have the same key.
  const ids = new Set(found.map(({ uri }) => idOf(uri)))
  const called = ids.size === found.length ? [...ids] : found.map(({ uri }) => uri)
  const more = called.length > NAMED_MAX ? ', …' : ''
  throw new CommuneError('usage', `"${text}" may be any of ${found.length} ${what}s.`, {
    hint: `Give more of it: ${called.slice(0, NAMED_MAX).join(', ')}${more}.`,
  })
}

/** All that a name may mean. Whole names go before beginnings of others. */
export function recordsCalled<T extends { readonly uri: string }>(
  records: readonly T[],
  text: string,
): readonly T[] {
  const whole = records.filter(({ uri }) => uri === text || idOf(uri) === text)
  if (whole.length > 0 || text === '') return whole
  return records.filter(({ uri }) => idOf(uri).startsWith(text))
}
