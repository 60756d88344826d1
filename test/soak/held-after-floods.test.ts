import { expect, test } from 'vitest'
import { flood, startFloodedCommune } from './flood.ts'
import { watchCollections } from './held-collections.ts'

/** Bounded caches fill up in these; what has no bound goes on growing after them. */
const ROUNDS_BEFORE = 2
const ROUNDS = 4
/** Each round brings at least ten new names of anything. */
const GROWTH_MAX = 10

/** Bounded by a number that a few rounds don't reach; docs/limits.md says which and what comes then. */
const BOUNDED = [
  'src/meshlet/held-containers.ts',
  'src/meshlet/chronicle.ts',
  'src/meshlet/image-book.ts',
  'src/model/remember.ts',
  // The disk of the engine in memory.
  'src/engine/memory-images.ts',
]

test('no map or set grows with the floods of a member', async () => {
  using watch = watchCollections()
  const world = await startFloodedCommune()
  for (let round = 0; round < ROUNDS_BEFORE; round++) await flood(world, round)
  const before = await watch.held()
  for (let round = 0; round < ROUNDS; round++) await flood(world, ROUNDS_BEFORE + round)
  const after = await watch.held()
  expect(before.size).toBeGreaterThan(50)
  const grown = [...after].filter(
    ([place, entries]) => entries - (before.get(place) ?? 0) > GROWTH_MAX,
  )
  const unbounded = grown.filter(([place]) => !BOUNDED.some((file) => place.startsWith(`${file}:`)))
  expect(unbounded).toEqual([])
}, 120_000)
