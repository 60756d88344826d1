import type { ReadingOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { explainWorkload, formatExplanation } from '../explanation.ts'
import { parseOutput, printData } from '../output.ts'
import { openReader } from '../reading.ts'
import { workloadView } from '../workload-view.ts'

/** Tells from public records alone why a workload is where it is. */
export async function runExplain(
  context: CommandContext,
  [name = '']: readonly string[],
  options: ReadingOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  const reader = await openReader(context, options)
  using reading = await reader.read()
  const workload = workloadView(reading.view, reading.owner, name)
  const nowMs = io.clock.wallMs()
  const explanation = explainWorkload(reading, workload, nowMs)
  switch (format) {
    case 'json':
    case 'yaml':
      printData(io, format, explanation)
      break
    case 'name':
      io.out(explanation.chosen.map(({ meshlet }) => `${meshlet}\n`).join(''))
      break
    case 'table':
    case 'wide':
      io.out(formatExplanation(explanation, nowMs, format === 'wide'))
      break
  }
  return EXIT.done
}
