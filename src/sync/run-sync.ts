import { CommuneError, type ErrorCode } from '../model/errors.ts'
import type { Cid } from '../model/records.ts'
import type { RepoWriter } from '../ports/records.ts'
import { applyPlan, isWorkloadName, nameOfWrite, writesOf } from './apply-plan.ts'
import type { ExistingCluster } from './plan-clusters.ts'
import { hasWrites, itemsOf, type ExistingWorkload, type SyncPlan } from './sync-plan.ts'
import { SyncProgress } from './sync-progress.ts'

/** Somebody who writes to the repo all the time can't keep a sync busy for ever. */
const CONFLICTS_MAX = 5
/** A PDS that loses every answer is told of at last. */
const LOST_ANSWERS_MAX = 1

/** The owner's workload records, and the commit that they were read from. */
export interface RepoSnapshot {
  /** Undefined when the repo has no commit yet. */
  readonly commit: Cid | undefined
  /** Revision of that commit. */
  readonly rev?: string
  readonly existing: readonly ExistingWorkload[]
  /** The rules of clusters that the owner has published. */
  readonly clusters?: readonly ExistingCluster[]
}

export interface SyncPorts {
  readonly writer: RepoWriter
  readonly readSnapshot: (signal: AbortSignal) => Promise<RepoSnapshot>
  readonly makePlan: (snapshot: RepoSnapshot) => Promise<SyncPlan>
  /** Shows the plan, and asks if it must; false leaves everything as it is. */
  readonly approve: (plan: SyncPlan) => Promise<boolean>
  /** Called when it fails or is interrupted after some of it was written. */
  readonly onIncomplete?: (written: number, planned: number) => void
  readonly signal: AbortSignal
}

export type SyncOutcome =
  | { readonly kind: 'declined'; readonly plan: SyncPlan }
  | {
      readonly kind: 'applied'
      /** All that was done, also by plans that had to be made anew. */
      readonly plan: SyncPlan
      /** Revision of the repo; undefined when there was nothing to write. */
      readonly rev?: string
      /** Names of the records that were written or deleted. */
      readonly written: readonly string[]
      /** CID of every workload of the folder that is published, by name. */
      readonly revisions: ReadonlyMap<string, Cid>
    }

/**
 * Plan, show, apply. A repo that moved meanwhile leads to a new plan and never to a lost update. An
 * answer that is lost leads to another look: what arrived is not sent again.
 */
export async function runSync(ports: SyncPorts): Promise<SyncOutcome> {
  const progress = new SyncProgress()
  let conflicts = 0
  let lostAnswers = 0
  for (;;) {
    const snapshot = await ports.readSnapshot(ports.signal)
    progress.recognise(snapshot)
    const plan = await ports.makePlan(snapshot)
    if (!(await ports.approve(plan))) return { kind: 'declined', plan: progress.wholeOf(plan) }
    try {
      if (hasWrites(plan)) await write(plan, snapshot, progress, ports)
      return outcomeOf(plan, snapshot, progress)
    } catch (error) {
      if (isOneOf(error, CONFLICT)) {
        conflicts += 1
        if (conflicts < CONFLICTS_MAX) continue
        throw tooBusy(error)
      }
      if (isOneOf(error, LOST) && lostAnswers < LOST_ANSWERS_MAX && !ports.signal.aborted) {
        lostAnswers += 1
        continue
      }
      const { length } = progress.names
      if (length > 0) ports.onIncomplete?.(length, length + leftOf(plan, progress))
      throw error
    }
  }
}

async function write(
  plan: SyncPlan,
  snapshot: RepoSnapshot,
  progress: SyncProgress,
  { writer, signal }: SyncPorts,
): Promise<void> {
  progress.begin(plan)
  await applyPlan(plan, {
    writer,
    swapCommit: snapshot.commit,
    signal,
    onSend: (names) => progress.sent(names),
    onCommit: (commit) => progress.committed(commit),
  })
}

function outcomeOf(plan: SyncPlan, snapshot: RepoSnapshot, progress: SyncProgress): SyncOutcome {
  const { rev, names, cids } = progress
  const unchanged = new Set<string>(itemsOf(plan, 'unchanged').map(({ name }) => name))
  const same = snapshot.existing.filter(({ name }) => unchanged.has(name))
  return {
    kind: 'applied',
    plan: progress.wholeOf(plan),
    revisions: new Map([
      ...same.map(({ name, cid }) => [name, cid] as const),
      ...[...cids].filter(([name]) => isWorkloadName(name)),
    ]),
    written: names,
    ...(rev === undefined ? {} : { rev }),
  }
}

function leftOf(plan: SyncPlan, progress: SyncProgress): number {
  const done = new Set(progress.names)
  return writesOf(plan).filter((one) => !done.has(nameOfWrite(one))).length
}

const CONFLICT: ReadonlySet<ErrorCode> = new Set(['conflict'])
/** After these nobody knows whether the commit arrived. */
const LOST: ReadonlySet<ErrorCode> = new Set([
  'timeout',
  'unreachable',
  'bad-answer',
  'unavailable',
])

function isOneOf(error: unknown, codes: ReadonlySet<ErrorCode>): boolean {
  return error instanceof CommuneError && codes.has(error.code)
}

function tooBusy(cause: unknown): CommuneError {
  return new CommuneError(
    'conflict',
    `The repo changed ${CONFLICTS_MAX} times while it was being planned for.`,
    {
      hint: 'Something else writes to it all the time. Stop that, then sync again.',
      retry: true,
      cause,
    },
  )
}
