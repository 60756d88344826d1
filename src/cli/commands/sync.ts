import { CommuneError } from '../../model/errors.ts'
import { runSync, type SyncOutcome } from '../../sync/run-sync.ts'
import {
  hasWrites,
  itemsOf,
  type PlanAction,
  type PlanItem,
  type SyncPlan,
} from '../../sync/sync-plan.ts'
import type { Session } from '../../atproto/session.ts'
import type { ConnectionOptions, FolderOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { EXIT } from '../exit.ts'
import { showFailureLogs } from '../failure-logs.ts'
import { peersIn, sendHints } from '../hints.ts'
import { loadFolder, noteIssues, type LoadedFolder } from '../load-folder.ts'
import { openLogin } from '../open-login.ts'
import { parseOutput, type OutputFormat } from '../output.ts'
import { openPlanning } from '../planning.ts'
import { readSnapshot } from '../read-snapshot.ts'
import { openSessionReader, type Reader } from '../reading.ts'
import { showPlan } from '../show-plan.ts'
import { noteSuspension, readSuspensions, type Suspension } from '../suspensions.ts'
import { parseWaitTimeout, waitForWorkloads } from '../wait.ts'

export interface SyncOptions extends FolderOptions, ConnectionOptions {
  readonly output?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly watch?: boolean
  readonly wait?: boolean
  readonly timeout?: string
}

interface Run {
  readonly context: CommandContext
  readonly session: Session
  readonly reader: Reader
  readonly options: SyncOptions
  readonly format: OutputFormat
  readonly timeoutMs: number
}

/** Publishes a folder; with `--watch` again and again until it is interrupted. */
export async function runSyncCommand(
  context: CommandContext,
  [path = '.']: readonly string[],
  options: SyncOptions,
): Promise<number> {
  const format = parseOutput(options.output)
  const timeoutMs = parseWaitTimeout(options.timeout)
  refuseContradictions(options)
  // Reading the folder first means that a mistake in it needs no network to be reported.
  const folder = await loadFolder(context, path, options)
  await using login = await openLogin(context, options)
  const { session, connection } = login
  const reader = await openSessionReader(context, session, connection)
  const run: Run = { context, session, reader, options, format, timeoutMs }
  if (options.watch !== true) return await syncOnce(run, folder)
  const { watchFolder } = await import('../watch-folder.ts')
  return await watchFolder(context.io, path, {
    first: () => syncOnce(run, folder),
    again: async () => syncOnce(run, await loadFolder(context, path, options)),
  })
}

async function syncOnce(run: Run, folder: LoadedFolder): Promise<number> {
  const { context, session, options, format } = run
  const { io } = context
  noteIssues(io, folder.issues)
  const show = (plan: SyncPlan) => showPlan(io, plan, { format, handle: session.handle })
  using planning = openPlanning(context, run, folder, options)
  const ask = approver(run, show)
  let suspension: Suspension | undefined
  const outcome = await runSync({
    writer: session.writer,
    readSnapshot: async (signal) => {
      // The commit is read first, so that a suspension that comes later makes the writes a conflict.
      const snapshot = await readSnapshot(session, signal)
      const suspensions = await readSuspensions(session, signal)
      suspension = suspensions.find(({ set }) => set === folder.set)
      return snapshot
    },
    makePlan: (snapshot) => planning.makePlan(snapshot),
    approve: (plan) => {
      if (suspension === undefined || options.dryRun === true) return ask(plan)
      show(plan)
      return Promise.resolve(false)
    },
    onIncomplete: (written, planned) =>
      io.note(`Only ${written} of ${planned} changes were written; sync again to finish.\n`),
    signal: io.signal,
  })
  if (suspension !== undefined) noteSuspension(io, suspension)
  if (outcome.kind === 'declined') {
    if (options.dryRun === true) return exitOf(outcome.plan)
    if (suspension !== undefined) return EXIT.failed
    io.note('Nothing was changed.\n')
    return EXIT.failed
  }
  showOutcome(run, outcome)
  if (outcome.rev !== undefined) {
    const peers = planning.reading === undefined ? [] : peersIn(planning.reading)
    const written = { rev: outcome.rev, names: outcome.written }
    await sendHints(context, { session, reader: run.reader, peers }, written)
  }
  const code = exitOf(outcome.plan)
  if (options.wait !== true) return code
  return waitAfter(run, outcome, code)
}

function showOutcome(run: Run, outcome: Extract<SyncOutcome, { kind: 'applied' }>): void {
  const { context, session, format } = run
  const { plan, rev, written, revisions } = outcome
  showPlan(context.io, plan, {
    format,
    handle: session.handle,
    outcome: {
      ...(rev === undefined ? {} : { rev }),
      written,
      revisions: Object.fromEntries(revisions),
    },
  })
}

async function waitAfter(
  run: Run,
  outcome: Extract<SyncOutcome, { kind: 'applied' }>,
  code: number,
): Promise<number> {
  const { context, session, reader } = run
  const waited = await waitForWorkloads(context.io, {
    reader,
    revisions: new Map([...outcome.revisions].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    timeoutMs: run.timeoutMs,
    showLogs: (name, machines) => showFailureLogs(context, { session, reader }, { name, machines }),
  })
  // What is wrong with the input says more than what could be done with the rest of it.
  return code === EXIT.done ? waited : code
}

/** Creating and changing never ask; deleting much does, and once only for the same deletions. */
function approver(run: Run, show: (plan: SyncPlan) => void): (plan: SyncPlan) => Promise<boolean> {
  const { options, context } = run
  let approved: string | undefined
  return async (plan) => {
    if (options.dryRun === true) {
      show(plan)
      return false
    }
    if (plan.confirm.length === 0 || !hasWrites(plan)) return true
    const deletions = itemsOf(plan, 'delete')
      .map(({ name }) => name)
      .join(' ')
    if (deletions === approved) return true
    if (options.yes !== true) show(plan)
    const question = `This ${plan.confirm.join(' and ')}. Go on?`
    if (!(await confirm(context.io, question, { yes: options.yes, flag: '--yes' }))) return false
    approved = deletions
    return true
  }
}

const REFUSED: ReadonlySet<PlanAction> = new Set(['conflict', 'skip', 'held'])

/** 2 for what is wrong with the input, 1 for what was refused. */
function exitOf(plan: SyncPlan): number {
  if (itemsOf(plan, 'invalid').length > 0) return EXIT.usage
  const isRefused = ({ action }: PlanItem) => REFUSED.has(action)
  if (plan.items.some(isRefused)) return EXIT.failed
  return EXIT.done
}

function refuseContradictions(options: SyncOptions): void {
  if (options.watch === true && options.dryRun === true) {
    throw new CommuneError('usage', '--watch and --dry-run do not go together.', {
      hint: 'Leave one of them out.',
    })
  }
}
