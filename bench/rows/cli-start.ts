import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { alternate, timed } from '../alternate.ts'
import { atMost, median, resultOf, type Result } from '../result.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../../dist/bin/commune.js', import.meta.url))
/** Takes up parts of the built program with the code that this command left of them, and runs none. */
const LOAD = `
  const { readFileSync } = require('node:fs')
  const { Script } = require('node:vm')
  const [command, ...files] = process.argv.slice(1)
  for (const file of files) new Script(readFileSync('dist/commune/' + file, 'latin1'), {
    cachedData: readFileSync('dist/compiled/' + command + '-' + file + '.code').subarray(8),
  }).runInThisContext()
`
const EXAMPLE = fileURLToPath(new URL('../../examples/workloads/site.yaml', import.meta.url))

/** The built program from its start to its end, beside Node doing nothing. */
export async function measure(): Promise<readonly Result[]> {
  const node = (...args: string[]) => timed(() => run(process.execPath, args, { cwd: ROOT }))
  const load = (...words: string[]) => node('-e', LOAD, ...words)
  const taken = await alternate(
    {
      help: () => node(PROGRAM, '--help'),
      validate: () => node(PROGRAM, 'validate', EXAMPLE),
      empty: () => node('-e', '0'),
      helpFloor: () => load('help', 'start.cjs'),
      validateFloor: () => load('validate', 'start.cjs', 'files.cjs'),
    },
    { runs: 15, warmUp: 2 },
  )
  const floor = (what: string, samples: readonly number[]) =>
    `Node that takes up ${what} and runs nothing takes ${(median(samples) / median(taken.empty)).toFixed(2)} × already.`
  const baseline = { name: 'node -e 0', samples: taken.empty }
  const common = { unit: 'ms', baseline, targets: [atMost('ratio', 2)], warm: WARM }
  return [
    resultOf({
      ...common,
      id: 'cli-start',
      name: 'commune --help',
      samples: taken.help,
      whenNotMet: floor('the file that every command needs', taken.helpFloor),
    }),
    resultOf({
      ...common,
      id: 'cli-start/validate',
      name: 'commune validate FILE',
      samples: taken.validate,
      whenNotMet: floor('the two files that it needs', taken.validateFloor),
    }),
  ]
}

const WARM =
  'Warm: the files in the page cache, and what earlier runs compiled; each run is a new process.'
