import { hasDifferences } from '../../sync/sync-plan.ts'
import type { ConnectionOptions, FolderOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { DIFF_EXIT } from '../exit.ts'
import { loadFolder, noteIssues } from '../load-folder.ts'
import { openLogin } from '../open-login.ts'
import { parseOutput } from '../output.ts'
import { openPlanning } from '../planning.ts'
import { openSessionReader } from '../reading.ts'
import { readSnapshot } from '../read-snapshot.ts'
import { hasInvalid, showPlan } from '../show-plan.ts'
import { noteSuspension, readSuspensions } from '../suspensions.ts'

interface DiffOptions extends FolderOptions, ConnectionOptions {
  readonly output?: string
}

/** Shows the very plan that sync would apply. */
export async function runDiff(
  context: CommandContext,
  [path = '.']: readonly string[],
  options: DiffOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  const folder = await loadFolder(context, path, options)
  await using login = await openLogin(context, options)
  const { session, connection } = login
  const snapshot = await readSnapshot(session, io.signal)
  const reader = await openSessionReader(context, session, connection)
  using planning = openPlanning(context, { session, reader }, folder, options)
  const plan = await planning.makePlan(snapshot)
  noteIssues(io, folder.issues)
  const suspensions = await readSuspensions(session, io.signal)
  const suspension = suspensions.find(({ set }) => set === folder.set)
  if (suspension !== undefined) noteSuspension(io, suspension)
  showPlan(io, plan, { format, handle: session.handle })
  if (hasInvalid(plan)) return DIFF_EXIT.failed
  return hasDifferences(plan) ? DIFF_EXIT.different : DIFF_EXIT.same
}
