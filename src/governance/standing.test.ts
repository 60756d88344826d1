import fc from 'fast-check'
import { expect, test } from 'vitest'
import { STANDARD_CLUSTER_RULES, type ClusterRules } from './cluster-rules.ts'
import { belowSince, isAtLeast, STANDINGS, standingOf } from './standing.ts'

/** Half of what one takes is to be given, after thirty days; then 14, 14 and 7 days. */
const RULES: ClusterRules = { ...STANDARD_CLUSTER_RULES, minimumContribution: 500_000 }
const RIDER = { given: 0, taken: 1_000, since: 100, belowSince: 110 }

test.each([
  [110, 'newcomer', 130],
  [129, 'newcomer', 130],
  [130, 'last-in-line', 144],
  [143, 'last-in-line', 144],
  [144, 'no-new-placements', 158],
  [158, 'notice', 165],
  [165, 'drain', undefined],
])('on day %i a member who gives nothing is: %s', (day, standing, nextDay) => {
  const step = standingOf(RIDER, RULES, day)
  expect([step.standing, step.nextDay]).toEqual([standing, nextDay])
})

test('who gives enough again is good at once', () => {
  expect(standingOf({ ...RIDER, given: 500 }, RULES, 200).standing).toBe('good')
  expect(standingOf({ ...RIDER, given: 499 }, RULES, 200).standing).toBe('drain')
})

test('who takes nothing owes nothing, and without a policy nobody does', () => {
  expect(standingOf({ given: 0, taken: 0, since: 0 }, RULES, 900).standing).toBe('good')
  expect(standingOf(RIDER, STANDARD_CLUSTER_RULES, 900).standing).toBe('good')
})

test('amounts beyond what a double holds exactly are compared exactly', () => {
  const taken = Number.MAX_SAFE_INTEGER
  const rules = { ...RULES, minimumContribution: 1_000_000 }
  const account = { taken, since: 0, belowSince: 0 }
  expect(standingOf({ ...account, given: taken - 1 }, rules, 900).standing).toBe('drain')
  expect(standingOf({ ...account, given: taken }, rules, 900).standing).toBe('good')
})

test('the days below the minimum are counted from the end', () => {
  const day = (at: number, given: number) => ({ day: at, given, taken: 100 })
  expect(belowSince([day(1, 0), day(2, 90), day(3, 10), day(4, 10)], RULES)).toBe(3)
  expect(belowSince([day(1, 0), day(2, 90)], RULES)).toBeUndefined()
})

test('nobody falls by more than one step a day, whatever the rules', () => {
  const days = fc.nat(20)
  fc.assert(
    fc.property(days, days, days, days, fc.nat(50), (grace, line, none, notice, below) => {
      const rules = {
        ...RULES,
        graceDays: grace,
        lastInLineDays: line,
        noPlacementsDays: none,
        noticeDays: notice,
      }
      const account = { given: 0, taken: 10, since: 0, belowSince: below }
      let before = 0
      for (let today = below; today < below + 120; today++) {
        const at = STANDINGS.indexOf(standingOf(account, rules, today).standing)
        if (today > below) expect(at - before).toBeLessThanOrEqual(1)
        before = at
      }
    }),
  )
})

test('standings are ordered', () => {
  expect(isAtLeast('good', 'last-in-line')).toBe(true)
  expect(isAtLeast('notice', 'no-new-placements')).toBe(false)
  expect(isAtLeast('drain', 'drain')).toBe(true)
})
