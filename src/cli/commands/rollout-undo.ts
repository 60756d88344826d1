import { CommuneError, messageOf } from '../../model/errors.ts'
import type { Revision } from '../../model/records.ts'
import { movesPlacement } from '../../sync/consequences.ts'
import type { ProvenSpec } from '../../sync/previous-spec.ts'
import { undo, type Undo } from '../../sync/rollout-record.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { editWorkloads } from '../edit-workload.ts'
import { EXIT } from '../exit.ts'
import { showFailureLogs } from '../failure-logs.ts'
import { debug } from '../io.ts'
import { openLogin } from '../open-login.ts'
import { parseOutput, printData } from '../output.ts'
import { drawNonce } from '../planning.ts'
import { provenSpecsIn } from '../proven-specs.ts'
import { openSessionReader, type Reader } from '../reading.ts'
import { revisionText } from '../rollout-view.ts'
import { printable } from '../table.ts'
import { parseWaitTimeout, waitForWorkloads } from '../wait.ts'

interface UndoOptions extends ConnectionOptions {
  readonly output?: string
  readonly dryRun?: boolean
  readonly wait?: boolean
  readonly timeout?: string
}

/** Publishes the last good container again, from the record alone: no files are needed. */
export async function runRolloutUndo(
  context: CommandContext,
  [name = '']: readonly string[],
  options: UndoOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  const timeoutMs = parseWaitTimeout(options.timeout)
  await using login = await openLogin(context, options)
  const { session, connection } = login
  const reader = await openSessionReader(context, session, connection)
  const isProven = await provenSpecs(context, reader)
  const now = new Date(io.clock.wallMs()).toISOString()
  let undone: Extract<Undo, { kind: 'undone' }> | undefined
  const { isWritten, revisions } = await editWorkloads(
    context,
    { session, reader },
    {
      names: [name],
      change: (record) => {
        undone = requireUndone(undo(record, { now, isProven }))
        const back = undone.record
        const moves = movesPlacement(session.did, record, back)
        return moves ? { ...back, placementNonce: drawNonce() } : back
      },
      consequences: ['rolls'],
      reason: 'its owner takes the newest revision back',
      dryRun: options.dryRun,
    },
  )
  if (undone === undefined) throw new CommuneError('internal', 'an undo changed nothing')
  const { from, to } = undone
  const revision = revisions.get(name)
  if (format === 'json' || format === 'yaml')
    printData(io, format, { name, from, to, ...(revision && { revision }) })
  else io.out(format === 'name' ? `${name}\n` : undoText(name, from, to, isWritten))
  if (!isWritten) return EXIT.done
  io.note(
    `As long as your files say the other, "commune sync" leaves ${name} as it is now; sync --redo publishes it.\n`,
  )
  if (options.wait !== true) return EXIT.done
  return waitForWorkloads(io, {
    reader,
    revisions,
    timeoutMs,
    showLogs: (of, machines) =>
      showFailureLogs(context, { session, reader }, { name: of, machines }),
  })
}

function requireUndone(result: Undo): Extract<Undo, { kind: 'undone' }> {
  if (result.kind === 'undone') return result
  throw new CommuneError('not-found', `There is nothing to undo: ${result.reason}.`, {
    hint: 'Check out the commit that was good and sync it; "commune rollout history" names the commits.',
  })
}

/** What can't be read is no reason not to go back. */
async function provenSpecs({ io }: CommandContext, reader: Reader): Promise<ProvenSpec> {
  try {
    using reading = await reader.read()
    return provenSpecsIn(reading)
  } catch (error) {
    if (!(error instanceof CommuneError)) throw error
    debug(io, `it is not known which containers proved themselves: ${messageOf(error)}`)
    return () => undefined
  }
}

function undoText(name: string, from: Revision, to: Revision, isWritten: boolean): string {
  const what = isWritten ? 'undone' : 'would be undone'
  return `${name}: revision ${printable(revisionText(from))} ${what}; ${isWritten ? 'now' : 'then'} revision ${printable(revisionText(to))}\n`
}
