import type { Session } from '../atproto/session.ts'
import type { Did } from '../model/records.ts'
import type { CommandContext } from './command-spec.ts'
import { askForLogs, formatLogLines, inOrderOfTime } from './machine-logs.ts'
import type { Reader } from './reading.ts'
import { workloadView } from './workload-view.ts'

/** Enough for a message and its stack; `commune logs` shows more. */
const LINES_MAX = 10

/** Narrates what the failed replicas printed last. */
export async function showFailureLogs(
  context: CommandContext,
  from: LogsFrom,
  about: LogsAbout,
): Promise<void> {
  context.io.note((await failureLogs(context, from, about)).replace(/^(?=.)/gm, '     '))
}

interface LogsFrom {
  readonly session: Session
  readonly reader: Reader
}

interface LogsAbout {
  readonly name: string
  readonly machines: readonly Did[]
}

/** What replicas printed last, as far as their machines can be asked. Ends with a newline. */
export async function failureLogs(
  context: CommandContext,
  from: LogsFrom,
  about: LogsAbout,
): Promise<string> {
  const { io } = context
  const { session, reader } = from
  using reading = await reader.read()
  const workload = workloadView(reading.view, reading.owner, about.name)
  const { allowPrivateAddresses } = reader
  const client = await context.drivers.createMeshletClient({ allowPrivateAddresses })
  const source = { session, client, reading, workload, query: { tail: LINES_MAX } }
  const answers = await Promise.all(about.machines.map((did) => askForLogs(io, source, did)))
  return answers
    .map((answer) => {
      if (answer.kind === 'silent') return `${answer.reason}\n`
      if (answer.lines.length === 0) return `${about.name} printed nothing\n`
      return formatLogLines(inOrderOfTime(answer.lines))
    })
    .join('')
}
