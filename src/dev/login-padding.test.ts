import { expect, test } from 'vitest'
import { quietLoginPadding } from './login-padding.ts'

class AccountManager {
  login(warn: () => void): void {
    warn()
  }
}

test('the warning is left out for the login of the PDS alone', () => {
  const printed: unknown[] = []
  const target = { emitWarning: (...args: unknown[]) => void printed.push(args) }
  quietLoginPadding(target)
  quietLoginPadding(target)
  const warn = (name: string) => () => target.emitWarning('-5 is a negative number.', name)
  new AccountManager().login(warn('TimeoutNegativeWarning'))
  expect(printed).toEqual([])
  new AccountManager().login(warn('DeprecationWarning'))
  warn('TimeoutNegativeWarning')()
  expect(printed).toHaveLength(2)
})
