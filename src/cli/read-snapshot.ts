import type { Session } from '../atproto/session.ts'
import { parseRecord } from '../atproto/validate.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { WorkloadRecord } from '../model/records.ts'
import { pdsCall } from './pds-call.ts'
import type { RepoSnapshot } from '../sync/run-sync.ts'
import type { ExistingWorkload } from '../sync/sync-plan.ts'

const PAGE_RECORDS = 100
/** Ends the listing of a PDS that always has another page. */
const PAGES_MAX = 1_000

/**
 * The owner's workload records, as her own PDS lists them. The commit is asked for first: if the
 * repo moves while it is listed, the writes that follow fail as a conflict, and it is read again.
 */
export async function readSnapshot(session: Session, signal: AbortSignal): Promise<RepoSnapshot> {
  const commit = await latestCommit(session, signal)
  const existing: ExistingWorkload[] = []
  let cursor: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = {
      repo: session.did,
      collection: COLLECTION.workload,
      limit: PAGE_RECORDS,
      ...(cursor === undefined ? {} : { cursor }),
    }
    const { data } = await pdsCall(session, () =>
      session.agent.com.atproto.repo.listRecords(query, { signal }),
    )
    existing.push(...data.records.map(({ uri, cid, value }) => toExisting(uri, cid, value)))
    cursor = data.cursor
    if (cursor === undefined || data.records.length === 0) break
  }
  return { commit, existing }
}

async function latestCommit(session: Session, signal: AbortSignal): Promise<string> {
  const { data } = await pdsCall(session, () =>
    session.agent.com.atproto.sync.getLatestCommit({ did: session.did }, { signal }),
  )
  return data.cid
}

function toExisting(uri: string, cid: string, value: unknown): ExistingWorkload {
  const name = uri.slice(uri.lastIndexOf('/') + 1)
  const parsed = parseRecord(COLLECTION.workload, value)
  const set = setOf(value)
  return {
    name,
    cid,
    ...(set === undefined ? {} : { set }),
    ...(parsed.ok && parsed.value.name === name
      ? { record: parsed.value as unknown as WorkloadRecord }
      : {}),
  }
}

/** Also of a record that is otherwise broken, so that its own set may mend it. */
function setOf(value: unknown): string | undefined {
  const source = (value as { source?: { set?: unknown } | null } | null)?.source
  return typeof source?.set === 'string' ? source.set : undefined
}
