import type { Outcome, ScenarioRun } from '../../test/fair-share/fair-share-scenarios.ts'

const COLUMNS = ['offered', 'used', 'given', 'taken', 'balance', 'credit'] as const

/** What came of it for each member, as Markdown. */
export function tableOf({ outcomes }: ScenarioRun): string {
  const shown = outcomes.filter(({ offered, used, balance }) => offered + used + balance !== 0)
  const head = `| member | ${COLUMNS.join(' | ')} |\n|---|${COLUMNS.map(() => '---:').join('|')}|\n`
  return head + shown.map(rowOf).join('')
}

function rowOf(outcome: Outcome): string {
  const cells = COLUMNS.map((name) => outcome[name].toFixed(name === 'offered' ? 0 : 2))
  return `| ${outcome.name} | ${cells.join(' | ')} |\n`
}
