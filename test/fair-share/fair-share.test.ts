import { describe, expect, test, vi } from 'vitest'
import { runScenario, SCENARIOS, type ScenarioRun } from './fair-share-scenarios.ts'

/** Months of hours take their time on a busy machine. */
vi.setConfig({ testTimeout: 120_000 })

/** Runs are kept: several tests look at the same months. */
const runs = new Map<string, ScenarioRun>()

function run(name: string): ScenarioRun {
  const scenario = SCENARIOS.find((one) => one.name === name)
  if (!scenario) throw new Error(`there is no scenario ${name}`)
  const known = runs.get(name) ?? runScenario(scenario)
  runs.set(name, known)
  return known
}

function outcome(name: string, member: string) {
  const found = run(name).outcomes.find((one) => one.name === member)
  if (!found) throw new Error(`there is no member ${member}`)
  return found
}

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)

describe('months of a commune in which room is short', () => {
  test('honest members come to use what they offer, but for what the credit lines give all alike', () => {
    const { outcomes } = run('honest')
    for (const { used, offered } of outcomes) expect(Math.abs(used - offered)).toBeLessThan(0.5)
    const shares = outcomes.map(({ used }) => used / sumOf(outcomes.map((one) => one.used)))
    expect(shares.map((share) => Math.round(share * 100) / 100)).toEqual(
      shares.map((share) => Math.round(share * 100) / 100).toSorted((a, b) => a - b),
    )
  })

  test('shares of room follow shares of credit: three points apart on average, ten at worst', () => {
    const { reports, outcomes } = run('honest')
    const share = (of: Readonly<Record<string, number>>, name: string) =>
      (of[name] ?? 0) / sumOf(Object.values(of))
    const apart = reports
      .slice(60)
      .flatMap(({ used, credit }) =>
        outcomes.map(({ name }) => Math.abs(share(used, name) - share(credit, name))),
      )
    expect(Math.max(...apart)).toBeLessThan(0.1)
    expect(sumOf(apart) / apart.length).toBeLessThan(0.03)
  })

  test('who gives nothing is served last, and takes no more than her line comes back', () => {
    const lazy = outcome('lazy', 'lazy')
    for (const name of ['one', 'two', 'four'])
      expect(lazy.used).toBeLessThan(outcome('lazy', name).used / 2)
    expect(lazy.used).toBeLessThan(7 * (1 - 2 ** (-1 / 7)) + 0.05)
  })

  test('where there is room for all, nobody is turned away', () => {
    for (const { used } of run('idle').outcomes) expect(used).toBeCloseTo(1, 1)
  })

  test('who inflates claims gains nothing', () => {
    expect(outcome('liar', 'liar').used).toBeLessThan(outcome('liar', 'one').used * 1.1)
  })

  test('who acknowledges nothing gains nothing', () => {
    expect(outcome('denier', 'denier').used).toBeLessThan(outcome('denier', 'one').used)
  })

  test('who claims work that never ran gains nothing as a group', () => {
    const group = (name: string) =>
      sumOf(['ann', 'ben', 'cat'].map((member) => outcome(name, member).used))
    expect(group('colluders')).toBeLessThan(group('three-more') * 1.1)
    const credit = sumOf(['ann', 'ben', 'cat'].map((name) => outcome('colluders', name).credit))
    const balance = sumOf(['ann', 'ben', 'cat'].map((name) => outcome('colluders', name).balance))
    // What the group gave to others and its three lines, and nothing else.
    expect(credit).toBeLessThan(balance + 3 * 7 + 0.1)
  })

  test('names that nobody else recognises gain their owner nothing', () => {
    expect(outcome('sybils', 'eve').used).toBeLessThan(outcome('sybils', 'one').used * 1.1)
  })
})
