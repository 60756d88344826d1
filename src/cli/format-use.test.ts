import { expect, test } from 'vitest'
import { formatUse, formatUseOf } from './format-use.ts'

test.each([
  [0, '0'],
  [1023, '1023'],
  [1024, '1.0Ki'],
  [1536, '1.5Ki'],
  [64 * 1024 ** 2, '64Mi'],
  [1024 ** 2 - 1, '1.0Mi'],
  [1.5 * 1024 ** 3, '1.5Gi'],
])('%i bytes are %s', (bytes, text) => {
  expect(formatUse(bytes)).toBe(text)
})

test('a use is shown with its limit where there is one', () => {
  expect(formatUseOf(1, 2, String)).toBe('1 of 2')
  expect(formatUseOf(1, undefined, String)).toBe('1')
  expect(formatUseOf(undefined, 2, String)).toBeUndefined()
})
