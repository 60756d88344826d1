import type { Did, WorkloadRecord } from '../model/records.ts'
import type { DesiredWorkload, PlanSyncInput, WorkloadDraft } from './plan-sync.ts'
import type { ExistingWorkload } from './sync-plan.ts'

/** A minimal valid world for tests of the planner; each test states only what differs. */
export const OWNER: Did = 'did:plc:aliceaaaaaaaaaaaaaaaaaaa'
export const SET = 'example.org/alice/app'
export const DIGEST_1 = `sha256:${'1'.repeat(64)}`
export const DIGEST_2 = `sha256:${'2'.repeat(64)}`
export const NOW = '2026-11-21T09:00:00.000Z'
export const EARLIER = '2026-11-20T09:00:00.000Z'

export function draft(name: string, changes: Partial<WorkloadDraft> = {}): WorkloadDraft {
  return {
    $type: 'commune.scheduler.workload',
    kind: 'Workload',
    name,
    image: `registry.example/app:1@${DIGEST_1}`,
    replicas: 2,
    resources: { cpuMilli: 250, memoryBytes: 67_108_864 },
    ...changes,
  }
}

export function desired(name: string, changes: Partial<WorkloadDraft> = {}): DesiredWorkload {
  return { name, file: `${name}.yaml`, line: 1, record: draft(name, changes) }
}

export function existing(
  name: string,
  changes: Partial<WorkloadRecord> = {},
  set: string | undefined = SET,
): ExistingWorkload {
  const record: WorkloadRecord = {
    ...draft(name),
    placementNonce: `nonce-of-${name}`,
    ...(set === undefined ? {} : { source: { set, path: `${name}.yaml` } }),
    createdAt: EARLIER,
    ...changes,
  }
  return { name, cid: `cid-of-${name}`, record, ...(set === undefined ? {} : { set }) }
}

export function planInput(changes: Partial<PlanSyncInput> = {}): PlanSyncInput {
  let nonces = 0
  return {
    owner: OWNER,
    set: SET,
    desired: [],
    broken: [],
    empty: false,
    existing: [],
    source: { repo: 'example.org/alice/app', revision: 'abc123', dirty: false },
    lookups: new Map(),
    offline: false,
    updateImages: false,
    platformsOf: () => undefined,
    prune: false,
    adopt: false,
    redo: false,
    now: NOW,
    isProven: () => undefined,
    newNonce: () => `nonce-${++nonces}`,
    candidatesOf: () => undefined,
    ...changes,
  }
}
