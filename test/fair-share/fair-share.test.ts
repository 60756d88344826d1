import { describe, expect, test, vi } from 'vitest'
import { CHURN_DAYS, runScenario, SCENARIOS, type ScenarioRun } from './fair-share-scenarios.ts'

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

/** What a line of 7 machine-days that is used up gives back a day, with a half-life of seven days. */
const LINE_A_DAY = 7 * (1 - 2 ** (-1 / 7))

/** What these gave to others less what they took of them, up to a day: what ran, whatever was claimed. */
function reallyGiven(name: string, members: readonly string[], upTo: number): number {
  return sumOf(
    run(name)
      .reports.filter(({ day }) => day <= upTo && day > upTo - 56)
      .map(({ day, given, taken }) => {
        const net = members.map((member) => (given[member] ?? 0) - (taken[member] ?? 0))
        return sumOf(net) * 2 ** ((day - upTo) / 7)
      }),
  )
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

  test('they are there after ten days, and stay there', () => {
    const { reports, outcomes } = run('honest')
    for (const { name, used } of outcomes)
      for (let from = 10; from < reports.length; from += 10) {
        const days = reports.slice(from, from + 10)
        const mean = sumOf(days.map((report) => report.used[name] ?? 0)) / days.length
        expect(Math.abs(mean - used)).toBeLessThan(0.15)
      }
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
    expect(lazy.used).toBeLessThan(LINE_A_DAY + 0.05)
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

  test.each(['colluders', 'known-sybils'])(
    '%s: who claims of each other what never ran has no more room by it, nor more to spend than she gave',
    (name) => {
      const { group } = run(name).scenario
      if (!group) throw new Error('no group')
      const used = (scenario: string) =>
        sumOf(group.names.map((member) => outcome(scenario, member).used))
      expect(used(name)).toBeLessThan(used(group.against) + 0.05)
      // Credit against what really ran: given to others less taken of them, decayed, and their lines.
      for (const { day, credit } of run(name).reports.slice(30)) {
        const spendable = sumOf(group.names.map((member) => credit[member] ?? 0))
        const lines = 7 * group.names.length
        expect(spendable).toBeLessThan(reallyGiven(name, group.names, day - 2) + lines + 0.2)
      }
    },
  )

  test('names that nobody else recognises gain their owner nothing', () => {
    expect(outcome('sybils', 'eve').used).toBeLessThan(outcome('sybils', 'one').used * 1.1)
  })

  test('names that others do recognise are worth their lines, and less when they claim of each other', () => {
    const { group } = run('known-sybils').scenario
    const used = sumOf((group?.names ?? []).map((name) => outcome('known-sybils', name).used))
    const alone = outcome('sybils', 'eve').used
    expect(used).toBeLessThan(alone + 5 * LINE_A_DAY)
  })

  test('who leaves in debt and is let in again takes one line more each time, and no more', () => {
    const { group } = run('churn').scenario
    const used = sumOf((group?.names ?? []).map((name) => outcome('churn', name).used))
    expect(used).toBeLessThan(outcome('lazy', 'lazy').used + 7 / CHURN_DAYS)
    for (const name of ['one', 'two', 'four'])
      expect(outcome('churn', name).used).toBeGreaterThan(
        outcome('lazy', name).used - 7 / CHURN_DAYS,
      )
  })
})
