import { expect, test } from 'vitest'
import { parseOptions, seedAt } from './options.ts'

test('a thousand seeds from 1 on when nothing is said', () => {
  expect(parseOptions({})).toEqual({ from: 1, count: 1_000, isTraced: false })
})

test('one seed is told in full', () => {
  expect(parseOptions({ SEED: '0' })).toEqual({ from: 0, count: 1, isTraced: true })
})

test('minutes take the place of a number of seeds', () => {
  const options = { from: 7, count: Infinity, isTraced: false, limitMs: 90_000 }
  expect(parseOptions({ SEED_FROM: '7', MINUTES: '1.5' })).toEqual(options)
})

test('after the last seed comes 0', () => {
  const options = parseOptions({ SEED_FROM: '2147483647', SEEDS: '2' })
  if (typeof options === 'string') throw new Error(options)
  expect([seedAt(options, 0), seedAt(options, 1)]).toEqual([2147483647, 0])
})

test.each([
  [{ SEEDS: '0' }, 'SEEDS=0: expected a whole number from 1'],
  [{ SEEDS: 'many' }, 'SEEDS=many: expected'],
  [{ SEED: '2147483648' }, 'expected a whole number from 0 to 2147483647'],
  [{ SEED_FROM: '-1' }, 'SEED_FROM=-1: expected'],
  [{ MINUTES: '0' }, 'MINUTES=0: expected a number above 0'],
  [{ MINUTES: '1e3' }, 'MINUTES=1e3: expected'],
  [{ SEED: '1', SEEDS: '2' }, 'leave SEEDS out'],
  [{ SEEDS: '1', MINUTES: '2' }, 'not both'],
])('%j is refused', (env, message) => {
  expect(parseOptions(env)).toContain(message)
})
