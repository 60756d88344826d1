import { latestCommit } from '../atproto/call-pds.ts'
import type { Session } from '../atproto/session.ts'
import { parseRecord } from '../atproto/validate.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { ClusterPolicyRecord, WorkloadRecord } from '../model/records.ts'
import { listOwnRecords, type OwnRecord } from './list-own-records.ts'
import { pdsCall } from './pds-call.ts'
import type { ExistingCluster } from '../sync/plan-clusters.ts'
import type { RepoSnapshot } from '../sync/run-sync.ts'
import type { ExistingWorkload } from '../sync/sync-plan.ts'

/**
 * The owner's workload records, as her own PDS lists them. The commit is asked for first: if the
 * repo moves while it is listed, the writes that follow fail as a conflict, and it is read again.
 */
export async function readSnapshot(session: Session, signal: AbortSignal): Promise<RepoSnapshot> {
  const { cid: commit, rev } = await pdsCall(session, () =>
    latestCommit(session.agent, session.did, signal),
  )
  const [workloads, clusters] = await Promise.all([
    listOwnRecords(session, COLLECTION.workload, signal),
    listOwnRecords(session, COLLECTION.clusterPolicy, signal),
  ])
  return {
    commit,
    rev,
    existing: workloads.map(toExisting),
    clusters: clusters.map(toExistingCluster),
  }
}

function toExisting({ rkey: name, cid, value }: OwnRecord): ExistingWorkload {
  const parsed = parseRecord(COLLECTION.workload, value)
  return {
    ...{ name, cid },
    ...setOf(value),
    ...(parsed.ok && parsed.value.name === name
      ? { record: parsed.value as unknown as WorkloadRecord }
      : {}),
  }
}

function toExistingCluster({ rkey: name, cid, value }: OwnRecord): ExistingCluster {
  const parsed = parseRecord(COLLECTION.clusterPolicy, value)
  return {
    ...{ name, cid },
    ...setOf(value),
    ...(parsed.ok ? { record: parsed.value as unknown as ClusterPolicyRecord } : {}),
  }
}

/** Also of a record that is otherwise broken, so that its own set may mend it. */
function setOf(value: unknown): { readonly set?: string } {
  const source = (value as { source?: { set?: unknown } | null } | null)?.source
  return typeof source?.set === 'string' ? { set: source.set } : {}
}
