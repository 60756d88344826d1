import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { alternate, timed } from '../alternate.ts'
import { atMost, median, resultOf, type Result } from '../result.ts'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../../dist/bin/commune.js', import.meta.url))
/** Where the parts of the built program lie. */
const PARTS = new URL('../../dist/commune/', import.meta.url)
const EXAMPLE = fileURLToPath(new URL('../../examples/workloads/site.yaml', import.meta.url))

/** The built program from its start to its end, beside Node doing nothing. */
export async function measure(): Promise<readonly Result[]> {
  const node = (...args: string[]) => timed(() => run(process.execPath, args, { cwd: ROOT }))
  const load = (...files: string[]) =>
    node(
      '--input-type=module',
      '-e',
      files.map((name) => `import '${new URL(name, PARTS).href}'`).join('\n'),
    )
  const taken = await alternate(
    {
      help: () => node(PROGRAM, '--help'),
      validate: () => node(PROGRAM, 'validate', EXAMPLE),
      empty: () => node('-e', '0'),
      helpFloor: () => load('start.js'),
      validateFloor: () => load('start.js', 'files.js'),
    },
    { runs: 15, warmUp: 2 },
  )
  const floor = (what: string, samples: readonly number[]) =>
    `Node that loads ${what} and does nothing takes ${(median(samples) / median(taken.empty)).toFixed(2)} × already.`
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

const WARM = 'Warm: the files in the page cache; each run is a new process.'
