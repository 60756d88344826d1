import { resolve } from 'node:path'
import { isWorkloadName } from '../../sync/apply-plan.ts'
import { runSync, type SyncOutcome } from '../../sync/run-sync.ts'
import {
  allItems,
  hasWrites,
  itemsOf,
  type PlanAction,
  type SyncPlan,
} from '../../sync/sync-plan.ts'
import type { Session } from '../../atproto/session.ts'
import type { CommandContext } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { EXIT } from '../exit.ts'
import { showFailureLogs } from '../failure-logs.ts'
import { intentOf, openHints, type Hints } from '../hints.ts'
import type { Io } from '../io.ts'
import { loadFolder, noteIssues, type LoadedFolder } from '../load-folder.ts'
import { openLogin } from '../open-login.ts'
import { parseOutput, type OutputFormat } from '../output.ts'
import { openPlanning } from '../planning.ts'
import { readSnapshot } from '../read-snapshot.ts'
import { openSessionReader, type Reader } from '../reading.ts'
import { hasInvalid, showPlan } from '../show-plan.ts'
import { noteSuspension, readSuspensions, type Suspension } from '../suspensions.ts'
import {
  originOf,
  parseInterval,
  parsePlace,
  refuseContradictions,
  type SyncOptions,
} from '../sync-options.ts'
import { parseWaitTimeout, waitForWorkloads } from '../wait.ts'

/** Something else that changes the records is noticed by then. */
const DRIFT_MS = 5 * 60_000

interface Run {
  readonly context: CommandContext
  readonly session: Session
  readonly reader: Reader
  readonly options: SyncOptions
  readonly format: OutputFormat
  readonly timeoutMs: number
  /** Publish all of it or nothing: with an error somewhere, what is published stays. */
  readonly isWhole?: boolean
}

/** Publishes a folder; with `--watch` again and again until it is interrupted. */
export async function runSyncCommand(
  context: CommandContext,
  [path]: readonly string[],
  options: SyncOptions,
): Promise<number> {
  const format = parseOutput(options.output)
  const timeoutMs = parseWaitTimeout(options.timeout)
  refuseContradictions(path, options)
  if (path === undefined) return await syncGit(context, options, { format, timeoutMs })
  // Reading the folder first means that a mistake in it needs no network to be reported.
  const folder = await loadFolder(context, path, options)
  await using login = await openLogin(context, options)
  const { session, connection } = login
  const reader = await openSessionReader(context, session, connection)
  const run: Run = { context, session, reader, options, format, timeoutMs }
  if (options.watch !== true) return await syncOnce(run, folder)
  const { watchFolder } = await import('../watch-folder.ts')
  return await watchFolder(context.io, path, {
    intervalMs: parseInterval(options.interval) ?? DRIFT_MS,
    first: (io) => syncOnce({ ...run, context: { ...context, io } }, folder),
    again: async (io) => {
      const quiet = { ...context, io }
      return syncOnce({ ...run, context: quiet }, await loadFolder(quiet, path, options))
    },
  })
}

/** Publishes what a branch of a remote repository holds, without a working copy. */
async function syncGit(
  context: CommandContext,
  options: SyncOptions,
  how: Pick<Run, 'format' | 'timeoutMs'>,
): Promise<number> {
  const { followGit } = await import('../follow-git.ts')
  const place = parsePlace(options)
  await using login = await openLogin(context, options)
  const { session, connection } = login
  const reader = await openSessionReader(context, session, connection)
  return await followGit(context.io, {
    place,
    intervalMs: parseInterval(options.interval),
    allowRewrites: options.allowRewrites ?? false,
    requireSigned: options.requireSigned ?? options.signers !== undefined,
    ...(options.signers === undefined ? {} : { signers: resolve(options.signers) }),
    publish: async (io, folder, { commit }) => {
      const quiet = { ...context, io }
      const loaded = await loadFolder(quiet, folder, options, originOf(place, commit))
      const run = { context: quiet, session, reader, options, ...how, isWhole: true }
      return await syncOnce(run, loaded)
    },
  })
}

async function syncOnce(run: Run, folder: LoadedFolder): Promise<number> {
  const { context, session, options, format } = run
  const { io } = context
  noteIssues(io, folder.issues)
  if (run.isWhole === true && folder.broken.length > 0) return notWhole(io)
  const show = (plan: SyncPlan) => showPlan(io, plan, { format, handle: session.handle })
  using planning = openPlanning(context, run, folder, options)
  const ask = approver(run, show)
  let suspension: Suspension | undefined
  let hints: Hints | undefined
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
    approve: async (plan) => {
      const isBroken = run.isWhole === true && hasInvalid(plan)
      const isHeld = suspension !== undefined || isBroken
      if (isHeld && options.dryRun !== true) {
        show(plan)
        return false
      }
      const isApproved = await ask(plan)
      if (isApproved && planning.reading !== undefined) {
        const { reading } = planning
        hints ??= openHints(context, { session, reader: run.reader, reading })
        hints.expect(intentOf(plan))
      }
      return isApproved
    },
    onIncomplete: (written, planned) =>
      io.note(`Only ${written} of ${planned} changes were written; sync again to finish.\n`),
    signal: io.signal,
  })
  if (suspension !== undefined) noteSuspension(io, suspension)
  if (outcome.kind === 'declined') {
    if (options.dryRun === true) return exitOf(outcome.plan)
    if (suspension !== undefined) return EXIT.failed
    if (run.isWhole === true && hasInvalid(outcome.plan)) return notWhole(io)
    io.note('Nothing was changed.\n')
    return EXIT.failed
  }
  showOutcome(run, outcome)
  if (outcome.rev !== undefined) {
    await hints?.send({ rev: outcome.rev, names: outcome.written.filter(isWorkloadName) })
  }
  const code = exitOf(outcome.plan)
  const hasNothingNew = run.isWhole === true && outcome.rev === undefined
  if (options.wait !== true || (hasNothingNew && options.interval !== undefined)) return code
  return waitAfter(run, outcome, code)
}

function notWhole(io: Io): number {
  io.note('Nothing of it is published, because something in it is not valid.\n')
  return EXIT.usage
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
  if (allItems(plan).some(({ action }) => REFUSED.has(action))) return EXIT.failed
  return EXIT.done
}
