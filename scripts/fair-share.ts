/**
 * Runs the scenarios of docs/fair-share.md and writes their plots and tables from what came out:
 * `make fair-share`. Seeded, so the same code gives the same files.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { runScenario, SCENARIOS } from '../test/fair-share/fair-share-scenarios.ts'
import { plotOf } from './fair-share/plot.ts'
import { tableOf } from './fair-share/table.ts'

const DOCUMENT = new URL('../docs/fair-share.md', import.meta.url)
/** What stands between these two is written by this script. */
const MARKS = ['<!-- measured -->', '<!-- /measured -->'] as const

const sections = SCENARIOS.map((scenario) => {
  const run = runScenario(scenario)
  const image = `fair-share/${scenario.name}.svg`
  writeFileSync(new URL(`../docs/${image}`, import.meta.url), plotOf(run))
  process.stderr.write(`fair-share: ${scenario.name}\n`)
  return `### ${scenario.title}\n\n![Room used by each member, day by day](${image})\n\n${tableOf(run)}\n`
})

const text = readFileSync(DOCUMENT, 'utf8')
const [before] = text.split(MARKS[0])
const [, after] = text.split(MARKS[1])
if (before === undefined || after === undefined) throw new Error('docs/fair-share.md has no marks')
writeFileSync(DOCUMENT, `${before}${MARKS[0]}\n\n${sections.join('\n')}\n${MARKS[1]}${after}`)
process.stdout.write('fair-share: ok\n')
