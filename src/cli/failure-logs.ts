import type { Session } from '../atproto/session.ts'
import type { Did } from '../model/records.ts'
import type { CommandContext } from './command-spec.ts'
import { askForLogs, formatLogLines, inOrderOfTime } from './machine-logs.ts'
import type { Reader } from './reading.ts'
import { workloadView } from './workload-view.ts'

/** Enough for a message and its stack; `commune logs` shows more. */
const LINES_MAX = 10

/** Narrates what the failed replicas printed last, as far as their machines can be asked. */
export async function showFailureLogs(
  context: CommandContext,
  from: { readonly session: Session; readonly reader: Reader },
  about: { readonly name: string; readonly machines: readonly Did[] },
): Promise<void> {
  const { io } = context
  const { session, reader } = from
  using reading = await reader.read()
  const workload = workloadView(reading.view, reading.owner, about.name)
  const { allowPrivateAddresses } = reader
  const client = await context.drivers.createMeshletClient({ allowPrivateAddresses })
  const source = { session, client, reading, workload, query: { tail: LINES_MAX } }
  const answers = await Promise.all(about.machines.map((did) => askForLogs(io, source, did)))
  for (const answer of answers) {
    if (answer.kind === 'silent') io.note(`     ${answer.reason}\n`)
    else if (answer.lines.length === 0) io.note(`     ${about.name} printed nothing\n`)
    else io.note(formatLogLines(inOrderOfTime(answer.lines)).replace(/^(?=.)/gm, '     '))
  }
}
