import type { Revision } from '../../model/records.ts'
import { historyOf } from '../../sync/rollout-record.ts'
import { formatAge } from '../age.ts'
import type { ReadingOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { parseOutput, printList } from '../output.ts'
import { openReader } from '../reading.ts'
import { rolloutView } from '../rollout-view.ts'
import { shortImage } from '../short-image.ts'
import { workloadView, type WorkloadView } from '../workload-view.ts'

/** Lists the containers that were published last, from the record itself. */
export async function runRolloutHistory(
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
  printList(io, format, {
    items: historyOf(workload.record),
    columns: [
      { header: 'revision', cell: ({ number }) => String(number) },
      { header: 'age', cell: ({ publishedAt }) => formatAge(publishedAt, nowMs) },
      {
        header: 'image',
        cell: ({ image }) => (format === 'wide' ? image : shortImage(image)),
      },
      {
        header: 'commit',
        cell: ({ commit, dirty }) =>
          commit && `${commit.slice(0, 10)}${dirty === true ? ' (dirty)' : ''}`,
      },
      { header: 'what became of it', cell: (entry) => resultText(workload, entry) },
      { header: 'spec', wide: true, cell: ({ specHash }) => specHash },
    ],
    nameOf: ({ number }) => String(number),
    dataOf: (entry) => ({ ...entry, result: resultText(workload, entry) }),
    empty: `Nothing was published of ${name}.`,
  })
  return EXIT.done
}

function resultText(workload: WorkloadView, entry: Revision): string {
  const { record } = workload
  const { revision, phase } = rolloutView(workload)
  const undone = entry.specHash === record.rollout?.undone ? ['undone by hand'] : []
  const undoes = entry.undoes === undefined ? [] : [`undid ${entry.undoes}`]
  const isPresent = entry.number === revision.number
  const result = isPresent ? [phase] : provenText(entry.proven)
  return [...result, ...undone, ...undoes].join(', ')
}

function provenText(proven: boolean | undefined): readonly string[] {
  if (proven === undefined) return ['replaced']
  return [proven ? 'replaced, was good' : 'replaced, was never seen to be good']
}
