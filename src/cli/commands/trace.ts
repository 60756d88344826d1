import { CommuneError } from '../../model/errors.ts'
import type { ReadingOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { findLocalContainer, type FoundContainer } from '../find-container.ts'
import { formatTrace } from '../format-trace.ts'
import { parseOutput, printData } from '../output.ts'
import { openReader } from '../reading.ts'
import { traceWorkload } from '../trace-story.ts'
import { workloadView } from '../workload-view.ts'

interface TraceOptions extends ReadingOptions {
  readonly repo?: string
}

/** Leads from a running container, or a workload, back to the commit, its author and the file. */
export async function runTrace(
  context: CommandContext,
  [what = '']: readonly string[],
  options: TraceOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  const found = await findLocalContainer(context, what)
  const container = found.kind === 'ours' ? found.container : undefined
  const reader = await openReader(context, {
    ...options,
    ...(container === undefined ? {} : { owner: container.owner }),
  })
  using reading = await reader.read()
  const workload = orSay(found, what, () =>
    workloadView(reading.view, reading.owner, container?.workload ?? what),
  )
  const about = { container, checkout: options.repo ?? '.', signal: io.signal }
  const story = await traceWorkload(reading, workload, about)
  switch (format) {
    case 'json':
    case 'yaml':
      printData(io, format, story)
      break
    case 'name':
      io.out(`${story.name}\n`)
      break
    case 'table':
    case 'wide':
      io.out(formatTrace(story, io.clock.wallMs(), format === 'wide'))
      break
  }
  return EXIT.done
}

/** Whoever meant a container is to hear why it was not found, and not only of workloads. */
function orSay<T>(found: FoundContainer, what: string, look: () => T): T {
  try {
    return look()
  } catch (error) {
    if (!(error instanceof CommuneError) || error.code !== 'not-found') throw error
    throw new CommuneError('not-found', sayWhy(found, what, error.message), {
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      cause: error,
    })
  }
}

function sayWhy(found: FoundContainer, what: string, message: string): string {
  switch (found.kind) {
    case 'ours':
      return `The record of ${found.container.workload}, which this container runs, is gone.`
    case 'foreign':
      return `The container ${what} was made by no meshlet. ${message}`
    case 'none':
      return `No container of this machine is called ${what}. ${message}`
    case 'silent':
      return `${message} The engine can't be asked for a container of this name: ${found.why}`
  }
}
