import type { Session } from '../atproto/session.ts'
import { CommuneError } from '../model/errors.ts'
import type { Cid, WorkloadRecord } from '../model/records.ts'
import { runSync, type RepoSnapshot } from '../sync/run-sync.ts'
import type { Consequence, PlanItem, SyncPlan } from '../sync/sync-plan.ts'
import type { CommandContext } from './command-spec.ts'
import { intentOf, prepareHints } from './hints.ts'
import { readSnapshot } from './read-snapshot.ts'
import type { Reader } from './reading.ts'
import { suggestWorkload } from './workload-view.ts'

/** A change to published records that comes from no file. */
export interface Edit {
  readonly names: readonly string[]
  /** The record after; the same object when there is nothing to change. May be asked again. */
  readonly change: (record: WorkloadRecord) => WorkloadRecord
  readonly consequences: readonly Consequence[]
  readonly reason: string
  readonly dryRun?: boolean | undefined
}

export interface Edited {
  /** False with `dryRun`. */
  readonly isWritten: boolean
  /** CID of each of the records, by name. */
  readonly revisions: ReadonlyMap<string, Cid>
}

/**
 * Changes published workloads in one commit, planned anew when the repo moved meanwhile, and tells the
 * machines. Fails with code `not-found` when one of them is not there; then none is changed.
 */
export async function editWorkloads(
  context: CommandContext,
  { session, reader }: { readonly session: Session; readonly reader: Reader },
  edit: Edit,
): Promise<Edited> {
  using hints = edit.dryRun === true ? undefined : prepareHints(context, session, reader)
  const outcome = await runSync({
    writer: session.writer,
    readSnapshot: (signal) => readSnapshot(session, signal),
    makePlan: async (snapshot) => planEdit(session, edit, snapshot),
    approve: async (plan) => {
      hints?.expect(intentOf(plan))
      return edit.dryRun !== true
    },
    signal: context.io.signal,
  })
  if (outcome.kind === 'declined') return { isWritten: false, revisions: new Map() }
  const { rev, written, revisions } = outcome
  if (rev !== undefined) await hints?.send({ rev, names: written })
  return { isWritten: true, revisions }
}

function planEdit(session: Session, edit: Edit, snapshot: RepoSnapshot): SyncPlan {
  const items = edit.names.map((name): PlanItem => {
    const before = recordOf(snapshot, name)
    const record = edit.change(before)
    const { consequences, reason } = edit
    if (record === before) return { action: 'unchanged', name, reason: 'it says so already' }
    return { action: 'update', name, record, changes: [], consequences, reason }
  })
  return { owner: session.did, set: '', items, confirm: [] }
}

function recordOf({ existing }: RepoSnapshot, name: string): WorkloadRecord {
  const found = existing.find((entry) => entry.name === name)
  if (found?.record !== undefined) return found.record
  if (found !== undefined)
    throw new CommuneError('invalid-input', `The published record of "${name}" is not valid.`, {
      hint: 'Publish it anew with "commune sync".',
    })
  throw new CommuneError('not-found', `There is no workload "${name}"; nothing was changed.`, {
    hint: suggestWorkload(
      name,
      existing.map((entry) => entry.name),
    ),
  })
}
