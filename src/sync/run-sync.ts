import { CommuneError } from '../model/errors.ts'
import type { Cid } from '../model/records.ts'
import type { RepoWriter } from '../ports/records.ts'
import { applyPlan } from './apply-plan.ts'
import { hasWrites, itemsOf, type ExistingWorkload, type SyncPlan } from './sync-plan.ts'

/** Somebody who writes to the repo all the time can't keep a sync busy for ever. */
const ATTEMPTS_MAX = 5

/** The owner's workload records, and the commit that they were read from. */
export interface RepoSnapshot {
  /** Undefined when the repo has no commit yet. */
  readonly commit: Cid | undefined
  readonly existing: readonly ExistingWorkload[]
}

export interface SyncPorts {
  readonly writer: RepoWriter
  readonly readSnapshot: (signal: AbortSignal) => Promise<RepoSnapshot>
  readonly makePlan: (snapshot: RepoSnapshot) => Promise<SyncPlan>
  /** Shows the plan, and asks if it must; false leaves everything as it is. */
  readonly approve: (plan: SyncPlan) => Promise<boolean>
  readonly signal: AbortSignal
}

export type SyncOutcome =
  | { readonly kind: 'declined'; readonly plan: SyncPlan }
  | {
      readonly kind: 'applied'
      readonly plan: SyncPlan
      /** Revision of the repo; undefined when there was nothing to write. */
      readonly rev?: string
      /** Names of the records that were written or deleted. */
      readonly written: readonly string[]
      /** CID of every workload of the folder that is published, by name. */
      readonly revisions: ReadonlyMap<string, Cid>
    }

/** Plan, show, apply; a repo that moved meanwhile leads to a new plan and never to a lost update. */
export async function runSync(ports: SyncPorts): Promise<SyncOutcome> {
  const written = new Map<string, Cid>()
  let rev: string | undefined
  for (let attempt = 1; ; attempt += 1) {
    const snapshot = await ports.readSnapshot(ports.signal)
    const plan = await ports.makePlan(snapshot)
    if (!(await ports.approve(plan))) return { kind: 'declined', plan }
    try {
      if (hasWrites(plan)) {
        await applyPlan(plan, {
          writer: ports.writer,
          swapCommit: snapshot.commit,
          signal: ports.signal,
          onCommit: (applied) => {
            rev = applied.rev
            applied.written.forEach((cid, name) => written.set(name, cid))
          },
        })
      }
      const revisions = revisionsOf(plan, snapshot, written)
      const touched = itemsOf(plan, 'delete').map(({ name }) => name)
      const names = [...new Set([...written.keys(), ...touched])].toSorted()
      return {
        kind: 'applied',
        plan,
        revisions,
        written: names,
        ...(rev === undefined ? {} : { rev }),
      }
    } catch (error) {
      if (!isConflict(error)) throw error
      if (attempt === ATTEMPTS_MAX) throw tooBusy(error)
    }
  }
}

function revisionsOf(
  plan: SyncPlan,
  snapshot: RepoSnapshot,
  written: ReadonlyMap<string, Cid>,
): ReadonlyMap<string, Cid> {
  const revisions = new Map<string, Cid>()
  const unchanged = new Set<string>(itemsOf(plan, 'unchanged').map(({ name }) => name))
  for (const { name, cid } of snapshot.existing) {
    if (unchanged.has(name)) revisions.set(name, cid)
  }
  for (const [name, cid] of written) revisions.set(name, cid)
  return revisions
}

function isConflict(error: unknown): boolean {
  return error instanceof CommuneError && error.code === 'conflict'
}

function tooBusy(cause: unknown): CommuneError {
  return new CommuneError(
    'conflict',
    `The repo changed ${ATTEMPTS_MAX} times while it was being planned for.`,
    {
      hint: 'Something else writes to it all the time. Stop that, then sync again.',
      retry: true,
      cause,
    },
  )
}
