import type { Did, Revision } from '../model/records.ts'
import { historyOf } from '../sync/rollout-record.ts'
import { shortImage } from './short-image.ts'
import { describeReplica } from './wait-state.ts'
import {
  discountOf,
  isOutdated,
  isReady,
  replicasOf,
  wantedCount,
  type MachineStatus,
  type WorkloadView,
} from './workload-view.ts'

/**
 * Where a roll-out stands.
 * - `complete`: every replica that is wanted runs the newest revision, and none is sick.
 * - `under way`: some do not yet.
 * - `paused`: the same, and its owner holds it there.
 * - `rolling back`, `rolled back`: the newest failed, and the one before is to run or runs.
 * - `halted`: it failed, and all is left as it was then.
 */
export type RolloutPhase =
  | 'complete'
  | 'under way'
  | 'paused'
  | 'rolling back'
  | 'rolled back'
  | 'halted'

export interface RolloutView {
  readonly name: string
  readonly phase: RolloutPhase
  readonly isPaused: boolean
  readonly revision: Revision
  readonly wanted: number
  /** Replicas on the newest revision. */
  readonly updated: number
  /** Replicas that run and are not sick, on any revision. */
  readonly ready: number
  /** What the machines say went wrong. */
  readonly error?: string
  readonly replicas: readonly RolloutReplica[]
}

export interface RolloutReplica {
  readonly meshlet: Did
  readonly index: number
  /** Number of the revision that it runs; absent when it is none of those that are remembered. */
  readonly revision?: number
  readonly state: string
}

/** Judges a roll-out by the public records. */
export function rolloutView(workload: WorkloadView): RolloutView {
  const { record, specHash, name } = workload
  const history = historyOf(record)
  const replicas = replicasOf(workload)
  const updated = replicas.filter((replica) => replica.specHash === specHash)
  const wanted = wantedCount(workload)
  const failure = failureOf(workload)
  const isPaused = record.rollout?.paused === true
  const error = failure?.record.lastError
  return {
    name,
    phase: phaseOf(workload, { isPaused, isFailed: failure !== undefined, wanted }),
    isPaused,
    revision: history[0],
    wanted,
    updated: updated.length,
    ready: replicas.filter(isReady).length,
    ...(error === undefined ? {} : { error }),
    replicas: replicas.map((replica) => {
      const known = history.find((entry) => entry.specHash === replica.specHash)
      return {
        meshlet: replica.meshletDid,
        index: replica.index,
        ...(known && { revision: known.number }),
        state: describeReplica(replica),
      }
    }),
  }
}

/** `3 (web:2, commit 1a2b3c4d5e)`. */
export function revisionText({ number, image, commit, dirty }: Revision): string {
  const from = commit === undefined ? '' : `, commit ${commit.slice(0, 10)}`
  return `${number} (${shortImage(image)}${from}${dirty === true ? ', dirty' : ''})`
}

/** A machine that says that the newest revision failed, and whose word counts. */
function failureOf(workload: WorkloadView): MachineStatus | undefined {
  const failed = workload.statuses.filter(
    ({ meshletDid, record }) =>
      record.failed === workload.specHash && discountOf(workload, meshletDid) === undefined,
  )
  return failed.find(({ record }) => record.lastError !== undefined) ?? failed[0]
}

function phaseOf(
  workload: WorkloadView,
  {
    isPaused,
    isFailed,
    wanted,
  }: { readonly isPaused: boolean; readonly isFailed: boolean; readonly wanted: number },
): RolloutPhase {
  const { record, specHash, choice } = workload
  const replicas = replicasOf(workload)
  const readyOn = (hash: string | undefined) =>
    replicas.filter((replica) => replica.specHash === hash && isReady(replica)).length
  const isAlone = (hash: string | undefined) => replicas.every((one) => one.specHash === hash)
  if (isFailed && record.previous !== undefined) {
    if (record.update?.onFailure === 'halt') return 'halted'
    const before = record.previous.specHash
    return readyOn(before) >= wanted && isAlone(before) ? 'rolled back' : 'rolling back'
  }
  const isThere =
    readyOn(specHash) >= wanted &&
    isAlone(specHash) &&
    choice.missing === 0 &&
    !replicas.some((replica) => isOutdated(replica, workload))
  if (isThere) return 'complete'
  return isPaused ? 'paused' : 'under way'
}
