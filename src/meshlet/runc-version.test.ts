import { expect, test } from 'vitest'
import { judgeRunc } from './runc-version.ts'

test.each([
  ['1.2.8', 'ok'],
  ['v1.2.9', 'ok'],
  ['1.3.3', 'ok'],
  ['1.3.4+ds1', 'ok'],
  ['1.4.0', 'ok'],
  ['2.0.0', 'ok'],
  ['1.2.7', 'problem'],
  ['1.3.2', 'problem'],
  ['1.1.15', 'problem'],
  ['1.0.0', 'problem'],
  ['1.4.0-rc.1', 'problem'],
  ['nonsense', 'problem'],
  ['1.1.5+ds1-1+deb12u1', 'warning'],
  ['1.1.7-0ubuntu1~22.04.2', 'warning'],
  [undefined, 'warning'],
])('runc %s: %s', (version, state) => {
  expect(judgeRunc(version).state).toBe(state)
})
