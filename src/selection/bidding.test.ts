import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runBidding } from '../../test/support/bidding-world.ts'

const WINDOW = 5_000

const arbitraryMeshlets = fc.array(
  fc.record({
    slots: fc.constantFrom(0, 1, 1, 2, 3),
    joinsAtMs: fc.constantFrom(0, 0, 0, 700, 6_000, 20_000),
  }),
  { minLength: 1, maxLength: 6 },
)

/** Numbers from 0 to most - 1, in a fixed order for each seed. */
function delays(seed: number, most: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * most)
  }
}

function settles(delayMsMax: number, numRuns: number, check: (result: Outcome) => void): void {
  fc.assert(
    fc.property(
      arbitraryMeshlets,
      fc.integer({ min: 1, max: 4 }),
      fc.nat(),
      (meshlets, replicas, seed) => {
        const untilMs = 120_000 + 20 * delayMsMax
        const nextDelayMs = delays(seed, delayMsMax)
        const result = runBidding({ replicas, windowMs: WINDOW, meshlets, nextDelayMs, untilMs })
        const room = meshlets.reduce((sum, { slots }) => sum + slots, 0)
        check({ ...result, replicas, room, count: meshlets.length })
      },
    ),
    { seed: 20_261_123, numRuns },
  )
}

type Outcome = ReturnType<typeof runBidding> & { replicas: number; room: number; count: number }

/** What must hold once nothing changes any more. */
function expectSettled({ choices, running, lateWrites, replicas, room }: Outcome): void {
  const [first] = choices
  for (const choice of choices) expect(choice).toEqual(first)
  expect(running.reduce((sum, slots) => sum + slots, 0)).toBe(Math.min(replicas, room))
  expect(lateWrites).toBe(0)
}

test('while records take less than a quarter of a window, all agree, all that fits runs, and nothing is ever stopped (review 2, 4)', () => {
  settles(WINDOW / 4, 60, (result) => {
    expectSettled(result)
    expect(result.stops).toBe(0)
  })
})

test('a placement costs one bid a candidate, and one more for each that moves to a later round', () => {
  settles(WINDOW / 4, 40, ({ writes, count, replicas }) => {
    expect(writes).toBeLessThanOrEqual(2 * count + replicas)
  })
})

test('however long records take, all agree in the end and the count is right', () => {
  settles(3 * WINDOW, 40, expectSettled)
})
