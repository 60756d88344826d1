import type { Cid, WorkloadStatusRecord } from '../model/records.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Desired } from '../reconcile/actions.ts'
import { replicaOf } from '../reconcile/plan-workload.ts'
import {
  containerOf,
  replicaStatus,
  summarise,
  type ReplicaNotes,
} from '../reconcile/replica-status.ts'
import { wantedReplicas } from '../reconcile/wanted-replicas.ts'

export interface ReportInput {
  readonly uri: string
  readonly desired: Desired
  readonly containers: readonly EngineContainer[]
  readonly notesOf: (replica: number, container: EngineContainer | undefined) => ReplicaNotes
  readonly revision: Cid | undefined
  readonly specHash: string | undefined
  readonly placementKey: string | undefined
  /** Spec hash whose roll-out failed. */
  readonly failed?: string | undefined
  /** Spec hash that proved itself. */
  readonly proven?: string | undefined
  readonly paused: boolean
  /** The record as it stands; its `createdAt` is kept. */
  readonly before: WorkloadStatusRecord | undefined
  readonly nowIso: string
}

/** Phases that usually pass within a second or two and are not worth a record each. */
const PASSING: ReadonlySet<string> = new Set(['pending', 'pulling', 'starting', 'stopping'])

/** The status record that is true now; undefined when there is nothing to report. */
export function statusRecord(input: ReportInput): WorkloadStatusRecord | undefined {
  const { desired, containers } = input
  const indexes = replicaIndexes(desired, containers)
  if (indexes.length === 0 || desired.kind === 'none') return undefined
  const replicas = indexes.map((replica) => {
    const container = containerOf(containers, replica)
    const status = replicaStatus(replica, container, input.notesOf(replica, container))
    return input.paused && !container ? { ...status, phase: 'stopped' } : status
  })
  const summary = summarise(replicas)
  const time = input.nowIso as WorkloadStatusRecord['createdAt']
  return {
    $type: COLLECTION.workloadStatus,
    workload: input.uri as WorkloadStatusRecord['workload'],
    ...summary,
    ...leaseFields(desired),
    ...(desired.kind === 'hold' ? { phase: desired.phase, lastError: desired.reason } : {}),
    ...(input.paused ? { phase: 'stopped' } : {}),
    replicas,
    ...(input.revision === undefined ? {} : { observedRevision: input.revision }),
    ...(input.specHash === undefined ? {} : { specHash: input.specHash }),
    ...(input.placementKey === undefined ? {} : { placementKey: input.placementKey }),
    ...(input.failed === undefined ? {} : { failed: input.failed }),
    ...(input.proven === undefined ? {} : { proven: input.proven }),
    updatedAt: time,
    createdAt: input.before?.createdAt ?? time,
  }
}

function leaseFields(
  desired: Desired,
): Pick<WorkloadStatusRecord, 'leaseEpoch' | 'witnessGeneration'> {
  if (desired.kind !== 'run' || !desired.lease) return {}
  return { leaseEpoch: desired.lease.epoch, witnessGeneration: desired.lease.generation }
}

/** Whether the record tells of something that will most likely have passed in a moment. */
export function isPassing(status: WorkloadStatusRecord): boolean {
  return PASSING.has(status.phase)
}

function replicaIndexes(desired: Desired, containers: readonly EngineContainer[]): number[] {
  const wanted = 'slots' in desired ? wantedReplicas(desired) : []
  const present = containers
    .map((container) => replicaOf(container))
    .filter((replica) => replica >= 0)
  return [...new Set([...wanted, ...present])].toSorted((a, b) => a - b)
}
