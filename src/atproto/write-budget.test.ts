import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  POINTS_PER_DAY,
  POINTS_PER_HOUR,
  block,
  delayFor,
  newWriteBudget,
  observeHeaders,
  pointsLeft,
  spend,
} from './write-budget.ts'

const HOUR_MS = 3_600_000

describe('the budget of writes', () => {
  it('never spends more than the PDS allows in any hour or day, however the writes come', () => {
    const steps = fc.array(
      fc.record({
        points: fc.integer({ min: 1, max: 600 }),
        waitMs: fc.integer({ min: 0, max: HOUR_MS }),
      }),
      { minLength: 50, maxLength: 300 },
    )
    fc.assert(
      fc.property(steps, (writes) => {
        let budget = newWriteBudget(0)
        let nowMs = 0
        const spent: { readonly atMs: number; readonly points: number }[] = []
        for (const { points, waitMs } of writes) {
          nowMs += Math.min(waitMs, 60_000) + delayFor(budget, points, nowMs)
          expect(delayFor(budget, points, nowMs)).toBe(0)
          budget = spend(budget, points, nowMs)
          spent.push({ atMs: nowMs, points })
        }
        for (const [windowMs, limit] of [
          [HOUR_MS, POINTS_PER_HOUR],
          [24 * HOUR_MS, POINTS_PER_DAY],
        ] as const) {
          for (const { atMs } of spent) {
            const inWindow = spent.filter((one) => one.atMs >= atMs && one.atMs < atMs + windowMs)
            expect(inWindow.reduce((sum, one) => sum + one.points, 0)).toBeLessThanOrEqual(limit)
          }
        }
      }),
      { numRuns: 50 },
    )
  })

  it('starts with a burst and grows back', () => {
    let budget = newWriteBudget(0)
    expect(pointsLeft(budget, 0)).toBe(3000)
    budget = spend(budget, 3000, 0)
    expect(pointsLeft(budget, 0)).toBe(0)
    expect(delayFor(budget, 2, 0)).toBe(3600)
    expect(pointsLeft(budget, HOUR_MS / 2)).toBe(1000)
    expect(pointsLeft(budget, 100 * HOUR_MS)).toBe(3000)
  })

  it('says that more than the burst never fits', () => {
    expect(delayFor(newWriteBudget(0), 3001, 0)).toBe(Number.POSITIVE_INFINITY)
  })

  it('believes the PDS when it has less', () => {
    const headers = { 'ratelimit-remaining': '10', 'ratelimit-policy': '5000;w=3600' }
    const budget = observeHeaders(newWriteBudget(0), headers, 0)
    expect(pointsLeft(budget, 0)).toBe(10)
    const more = observeHeaders(budget, { ...headers, 'ratelimit-remaining': '4000' }, 0)
    expect(pointsLeft(more, 0)).toBe(10)
    const day = observeHeaders(
      newWriteBudget(0),
      { 'ratelimit-remaining': '7', 'ratelimit-policy': '35000;w=86400' },
      0,
    )
    expect(pointsLeft(day, 0)).toBe(7)
  })

  it.each([
    {},
    { 'ratelimit-remaining': '1', 'ratelimit-policy': '3000;w=300' },
    { 'ratelimit-remaining': '1' },
    { 'ratelimit-remaining': '-1', 'ratelimit-policy': '5000;w=3600' },
    { 'ratelimit-remaining': 'many', 'ratelimit-policy': '5000;w=3600' },
  ])('ignores headers that do not speak of writes: %j', (headers) => {
    expect(pointsLeft(observeHeaders(newWriteBudget(0), headers, 0), 0)).toBe(3000)
  })

  it('waits as long as the PDS says', () => {
    const budget = block(newWriteBudget(0), 5000, 1000)
    expect(pointsLeft(budget, 5999)).toBe(0)
    expect(delayFor(budget, 1, 2000)).toBe(4000)
    expect(pointsLeft(budget, 6000)).toBe(3000)
    expect(delayFor(block(budget, 10, 1000), 1, 2000)).toBe(4000)
  })
})
