import { expect, test } from 'vitest'
import { parseOptions } from './options.ts'

test('five minutes from a seed by chance when nothing is said', () => {
  const options = parseOptions({}, 77)
  expect(options).toMatchObject({ limitMs: 300_000, from: 77, isOnce: false, only: '' })
})

test('in continuous integration the same seeds are tried at every run', () => {
  expect(parseOptions({ CI: 'true', MINUTES: '2' }, 77)).toMatchObject({
    limitMs: 120_000,
    from: 1,
  })
})

test('one seed is one batch of each surface', () => {
  const options = parseOptions({ SEED: '0', ONLY: 'yaml', THREADS: '1' }, 77)
  expect(options).toMatchObject({ from: 0, isOnce: true, only: 'yaml', threads: 1 })
})

test.each([
  [{ MINUTES: '0' }, 'MINUTES=0: expected a number from 0.01'],
  [{ MINUTES: '1e3' }, 'MINUTES=1e3: expected'],
  [{ SEED: '2147483648' }, 'expected a number from 0 to 2147483647'],
  [{ SEED_FROM: '-1' }, 'SEED_FROM=-1: expected'],
  [{ THREADS: '0' }, 'THREADS=0: expected'],
  [{ SEED: '1', SEED_FROM: '2' }, 'leave SEED_FROM out'],
])('%j is refused', (env, message) => {
  expect(parseOptions(env, 1)).toContain(message)
})
