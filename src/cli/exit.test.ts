import { expect, it } from 'vitest'
import { CommuneError } from '../model/errors.ts'
import { exitCodeOf, formatError } from './exit.ts'

it.each([
  [new CommuneError('usage', 'no'), 2],
  [new CommuneError('invalid-input', 'no'), 2],
  [new CommuneError('unauthorized', 'no'), 1],
  [new CommuneError('interrupted', 'no'), 130],
  [new DOMException('stop', 'AbortError'), 130],
  [new TypeError('bug'), 1],
  ['thrown text', 1],
])('%s exits with %d', (error, code) => {
  expect(exitCodeOf(error)).toBe(code)
})

it('says what happened and what to do, and shows no stack', () => {
  const error = new CommuneError('unauthorized', 'You are not logged in.', { hint: 'Log in.' })
  expect(formatError(error)).toBe('commune: You are not logged in.\n  Log in.')
  expect(formatError(new TypeError('x is undefined'))).not.toContain(' at ')
})
