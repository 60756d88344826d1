import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  POINTS_PER_DAY,
  POINTS_PER_HOUR,
  allowanceOf,
  block,
  delayFor,
  newWriteBudget,
  observeHeaders,
  pointsLeft,
  restoreBudget,
  saveBudget,
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

  it('spends no more than remains until the window is reset, by the clock of the PDS', () => {
    const date = 'Sat, 03 Jan 2026 10:00:00 GMT'
    const headers = {
      date,
      'ratelimit-limit': '5000',
      'ratelimit-remaining': '10',
      'ratelimit-reset': String(Date.parse(date) / 1000 + 600),
      'ratelimit-policy': '5000;w=3600',
    }
    const budget = spend(observeHeaders(newWriteBudget(0), headers, 0), 4, 0)
    expect(pointsLeft(budget, 599_000)).toBe(6)
    expect(delayFor(budget, 7, 0)).toBe(600_000)
    expect(delayFor(budget, 6, 0)).toBe(0)
    expect(pointsLeft(budget, 600_000)).toBeGreaterThan(300)
  })

  it('counts a commit as one event for a relay', () => {
    const before = allowanceOf(newWriteBudget(0), 0)
    const after = allowanceOf(spend(newWriteBudget(0), 20, 0), 0)
    expect(before.hour.eventsLeft - after.hour.eventsLeft).toBe(1)
    expect(before.day.pointsLeft - after.day.pointsLeft).toBe(20)
    expect(allowanceOf(block(newWriteBudget(0), 70, 0), 0).pausedMs).toBe(70)
  })
})

describe('over a restart', () => {
  const spent = block(spend(newWriteBudget(0), 2_900, 0), 90_000, 0)

  it('what was spent stays spent, and what grows back grows back meanwhile', () => {
    const saved = saveBudget(spent, 0, 1_000_000)
    const atOnce = restoreBudget(saved, 50, 1_000_000)
    expect(delayFor(atOnce, 1, 50)).toBe(90_000)
    expect(pointsLeft(atOnce, 50 + 90_000)).toBe(150)
    const later = restoreBudget(saved, 50, 1_000_000 + HOUR_MS)
    expect(delayFor(later, 1, 50)).toBe(0)
    expect(pointsLeft(later, 50)).toBe(2_100)
  })

  it('a clock that went back lets nothing grow, and nonsense is a new budget', () => {
    const back = restoreBudget(saveBudget(spent, 0, 1_000_000), 0, 5)
    expect(allowanceOf(back, 0).hour.pointsLeft).toBe(100)
    for (const text of ['', '{}', 'null', '{"points":{"hour":"x"},"blockedMs":0,"wallMs":0}'])
      expect(pointsLeft(restoreBudget(text, 0, 0), 0)).toBe(3_000)
  })
})
