import { expect, test } from 'vitest'
import { runSeed, SEED_MAX } from './run-seed.ts'
import { TOPOLOGY_NAMES } from './topologies.ts'

/** Enough for each topology to meet many faults; `make sim` plays a thousand and more. */
const SEEDS_EACH = 5

test.each(TOPOLOGY_NAMES)('%s come through whatever happens', async (topology) => {
  for (let seed = 1; seed <= SEEDS_EACH; seed++) {
    const { violations, story } = await runSeed(seed, { topology })
    expect(violations, `seed ${seed}\n${story.join('\n')}`).toEqual([])
  }
})

test('the same seed gives the same run, to the last byte', async () => {
  const first = await runSeed(42, { isTraced: true })
  const second = await runSeed(42, { isTraced: true })
  expect(first.story.length).toBeGreaterThan(50)
  expect(second).toEqual(first)
})

test('any number of 31 bits is a seed, and different ones tell different stories', async () => {
  const stories = new Set<string>()
  for (const seed of [0, 2 ** 30, SEED_MAX]) stories.add((await runSeed(seed)).story.join('\n'))
  expect(stories.size).toBe(3)
})
