import { expect, it } from 'vitest'
import { formatAge } from './age.ts'

const NOW = Date.parse('2026-11-21T09:00:00Z')

it.each([
  [0, '0s'],
  [1_999, '1s'],
  [119_000, '119s'],
  [120_000, '2m'],
  [2 * 3_600_000 - 1, '119m'],
  [2 * 3_600_000, '2h'],
  [47.9 * 3_600_000, '47h'],
  [48 * 3_600_000, '2d'],
  [400 * 86_400_000, '400d'],
  [-5_000, '0s'],
])('%d ms ago is %s', (ago, text) => {
  expect(formatAge(new Date(NOW - ago).toISOString(), NOW)).toBe(text)
})

it('says nothing of what is no time', () => {
  expect(formatAge(undefined, NOW)).toBeUndefined()
  expect(formatAge('yesterday', NOW)).toBeUndefined()
})
