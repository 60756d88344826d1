import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { alternate, timed } from '../alternate.ts'
import { atMost, resultOf, type Result } from '../result.ts'

const run = promisify(execFile)
const PROGRAM = fileURLToPath(new URL('../../dist/bin/commune.js', import.meta.url))
const EXAMPLE = fileURLToPath(new URL('../../examples/workloads/site.yaml', import.meta.url))

/** The built program from its start to its end, beside Node doing nothing. */
export async function measure(): Promise<readonly Result[]> {
  const node = (...args: string[]) => timed(() => run(process.execPath, args))
  const taken = await alternate(
    {
      help: () => node(PROGRAM, '--help'),
      validate: () => node(PROGRAM, 'validate', EXAMPLE),
      empty: () => node('-e', '0'),
    },
    { runs: 15, warmUp: 2 },
  )
  const baseline = { name: 'node -e 0', samples: taken.empty }
  const common = { unit: 'ms', baseline, targets: [atMost('ratio', 2)], warm: WARM }
  return [
    resultOf({ ...common, id: 'cli-start', name: 'commune --help', samples: taken.help }),
    resultOf({
      ...common,
      id: 'cli-start/validate',
      name: 'commune validate FILE',
      samples: taken.validate,
    }),
  ]
}

const WARM = 'Warm: the files in the page cache; each run is a new process.'
