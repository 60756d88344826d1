import type { Outcome, ScenarioRun } from '../../test/fair-share/fair-share-scenarios.ts'

const COLUMNS = ['offered', 'used', 'given', 'taken', 'balance', 'credit'] as const

/** What came of it for each member, as Markdown. */
export function tableOf({ outcomes }: ScenarioRun): string {
  const shown = outcomes.filter(({ offered, used, balance }) => offered + used + balance !== 0)
  const head = `| member | ${COLUMNS.join(' | ')} |\n|---|${COLUMNS.map(() => '---:').join('|')}|\n`
  return head + shown.map(rowOf).join('')
}

/** What those who belong together had in all, beside the scenario that theirs is held against. */
export function groupOf({ scenario, outcomes }: ScenarioRun, baseline: ScenarioRun): string {
  const { names = [], namesThere = names } = scenario.group ?? {}
  const used = sumOf(outcomes, names).toFixed(2)
  const there = sumOf(baseline.outcomes, namesThere).toFixed(2)
  const [us, them] = [names, namesThere].map((all) => all.join(', '))
  const those = us === them ? 'the same' : them
  return `${us} together used ${used} machines; in “${baseline.scenario.title}” ${those} used ${there}.\n`
}

function sumOf(outcomes: ScenarioRun['outcomes'], names: readonly string[]): number {
  return outcomes
    .filter(({ name }) => names.includes(name))
    .reduce((sum, { used }) => sum + used, 0)
}

function rowOf(outcome: Outcome): string {
  const cells = COLUMNS.map((name) => outcome[name].toFixed(name === 'offered' ? 0 : 2))
  return `| ${outcome.name} | ${cells.join(' | ')} |\n`
}
