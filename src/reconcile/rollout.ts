import type { Did, ReplicaStatus, WorkloadRecord, WorkloadStatusRecord } from '../model/records.ts'
import { requestOf } from '../model/request.ts'
import { specHash } from '../model/spec-hash.ts'
import { withContainer } from '../model/with-container.ts'

/** How long a new replica must be healthy before it counts, unless the workload says otherwise. */
export const HEALTHY_AFTER_MS = 10_000
/** How long it may take to become healthy before the roll-out has failed. */
export const DEADLINE_MS = 5 * 60_000

/** What the containers of a workload are made from. */
export interface Target {
  readonly workload: WorkloadRecord
  readonly specHash: string
}

/** A meshlet that was chosen, and what it says. */
export interface Holder {
  readonly meshletDid: Did
  readonly slots: number
  /** Undefined: it runs nothing. */
  readonly status: WorkloadStatusRecord | undefined
}

export interface RolloutInput {
  readonly self: Did
  readonly newest: Target
  /** Where to go back to; undefined when there is nothing, or nothing that may run here. */
  readonly previous: Target | undefined
  /** In rank order; those that are down do not count. */
  readonly holders: readonly Holder[]
  /** Somebody who may hold a replica has not been read yet, and may be in the middle of replacing it. */
  readonly isAnyUnread: boolean
  /** A replica on the newest spec was healthy for long enough, here or elsewhere. */
  readonly isProven: boolean
  /** A container of the newest spec is here. */
  readonly isHere: boolean
  /** This meshlet tried the newest spec, and it did not become healthy. */
  readonly hasFailedHere: boolean
  /** Whether a replica of another meshlet is healthy on that spec, for long enough. */
  readonly isSettled: (holder: Did, replica: ReplicaStatus, specHash: string) => boolean
  /** The same for a replica of this meshlet, by its number. */
  readonly isSettledHere: (replica: number, specHash: string) => boolean
  /** Whether a replica of another meshlet has begun lately, on any spec, and may still become healthy. */
  readonly isUnderWay: (holder: Did, replica: ReplicaStatus) => boolean
  /** The same for a replica of this meshlet. */
  readonly isUnderWayHere: (replica: number) => boolean
}

/** How a replica is replaced: beside the old one, or after it. */
export type Order = 'start-first' | 'stop-first'

export interface Rollout {
  /** What replicas are to run now: the newest spec, or the last good one after a failure. */
  readonly target: Target
  /** Spec hash that failed; goes into the status, so that all who see it stop. */
  readonly failed: string | undefined
  /** Whether it is the turn of a replica here that runs something else. */
  readonly mayReplace: (replica: number, order: Order) => boolean
}

/**
 * Where a roll-out stands, decided from status records so that everybody sees the same turn. In rank
 * order a replica is replaced when fewer than `maxSurge` (start first) or `maxUnavailable` (stop
 * first) of those before it are not settled yet. Those after it count as well while they have only
 * just begun, on whatever spec: a revision that comes in the middle of another finds some there. When the newest spec fails before any replica was
 * healthy on it, nobody goes on: the spec before becomes the target again, for `rollback` also of
 * those that have moved. Once one replica was healthy, a failure is that machine's own affair. While
 * its owner holds it, nothing is replaced at all.
 */
export function planRollout(input: RolloutInput): Rollout {
  const { newest, previous, holders } = input
  const isCondemned =
    input.hasFailedHere || holders.some(({ status }) => status?.failed === newest.specHash)
  const hasFailed = isCondemned && !input.isProven
  const isPaused = newest.workload.rollout?.paused === true
  // Held before it is known to be good: what has begun here is finished, and nobody else begins.
  const isAwaited = isPaused && !input.isProven && !input.isHere
  const target = (hasFailed || isAwaited) && previous ? previous : newest
  const isHalted =
    isPaused ||
    input.isAnyUnread ||
    (hasFailed && (!previous || newest.workload.update?.onFailure === 'halt'))
  return {
    target,
    failed: hasFailed ? newest.specHash : undefined,
    mayReplace: (replica, order) =>
      !isHalted && unsettledBeside(input, replica, target.specHash) < limitOf(newest, order),
  }
}

/** The container spec that the record embeds, as a workload; undefined when it can't be gone back to. */
export function previousOf(newest: Target): Target | undefined {
  const { workload } = newest
  if (workload.previous === undefined) return undefined
  const { specHash: named } = workload.previous
  if (named === newest.specHash) return undefined
  const before = withContainer(workload, workload.previous)
  // The bids reserve what the record asks for now.
  const [now, then] = [requestOf(workload), requestOf(before)]
  const fits =
    then.cpuMilli <= now.cpuMilli &&
    then.memoryBytes <= now.memoryBytes &&
    then.storageBytes <= now.storageBytes
  return fits && specHash(before) === named ? { workload: before, specHash: named } : undefined
}

/** Replicas that may run beyond the count while others are replaced. */
export function surgeOf({ update }: WorkloadRecord): number {
  return Math.max(1, update?.maxSurge ?? 1)
}

/** Whether a replica runs that spec and is not sick. */
export function isHealthyOn(replica: ReplicaStatus, hash: string): boolean {
  const { health = 'none' } = replica
  return (
    replica.specHash === hash &&
    replica.phase === 'running' &&
    (health === 'healthy' || health === 'none')
  )
}

function limitOf({ workload }: Target, order: Order): number {
  if (order === 'start-first') return surgeOf(workload)
  return workload.update?.maxUnavailable ?? 1
}

/**
 * Replicas that are not to be counted on: those before this one in rank order that run and are not
 * settled on the target, and those after it that have only just begun.
 */
function unsettledBeside(input: RolloutInput, replica: number, hash: string): number {
  let unsettled = 0
  let isAfter = false
  for (const { meshletDid, status, slots } of input.holders) {
    if (meshletDid === input.self) {
      for (let own = 0; own < slots; own++)
        if (isUnsettledHere(input, own, replica, hash)) unsettled++
      isAfter = true
      continue
    }
    for (const seen of status?.replicas ?? []) {
      if (seen.index >= slots) continue
      const isUnsettled = isAfter
        ? input.isUnderWay(meshletDid, seen)
        : !input.isSettled(meshletDid, seen, hash)
      if (isUnsettled) unsettled++
    }
  }
  // Not chosen any more: it stands in for others and is not replaced.
  return isAfter ? unsettled : Infinity
}

function isUnsettledHere(input: RolloutInput, own: number, replica: number, hash: string): boolean {
  if (own === replica) return false
  return own < replica ? !input.isSettledHere(own, hash) : input.isUnderWayHere(own)
}
