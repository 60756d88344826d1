/**
 * Runs the scenarios of docs/fair-share.md and writes their plots and tables from what came out:
 * `make fair-share`. Seeded, so the same code gives the same files.
 */
import { writeFileSync } from 'node:fs'
import { runScenario, SCENARIOS } from '../test/fair-share/fair-share-scenarios.ts'
import { writeMeasured } from './docs/measured.ts'
import { plotOf } from './fair-share/plot.ts'
import { groupOf, tableOf } from './fair-share/table.ts'

const DOCUMENT = new URL('../docs/fair-share.md', import.meta.url)

const runs = SCENARIOS.map((scenario) => {
  process.stderr.write(`fair-share: ${scenario.name}\n`)
  return runScenario(scenario)
})

const sections = runs.map((run) => {
  const { scenario } = run
  const baseline = runs.find((one) => one.scenario.name === scenario.group?.against)
  const group = baseline ? `\n${groupOf(run, baseline)}` : ''
  const image = `fair-share/${scenario.name}.svg`
  writeFileSync(new URL(`../docs/${image}`, import.meta.url), plotOf(run))
  return `### ${scenario.title}\n\n![Room used by each member, day by day](${image})\n\n${tableOf(run)}${group}\n`
})

writeMeasured(DOCUMENT, sections.join('\n'))
process.stdout.write('fair-share: ok\n')
