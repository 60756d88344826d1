import { listRecords } from '../atproto/call-pds.ts'
import type { Session } from '../atproto/session.ts'
import type { Collection } from '../model/nsid.ts'
import { pdsCall } from './pds-call.ts'

const PAGE_RECORDS = 100
/** Ends the listing of a PDS that always has another page. */
const PAGES_MAX = 1_000

/** A record as the PDS gave it, not parsed yet. */
export interface OwnRecord {
  readonly rkey: string
  readonly cid: string
  readonly value: unknown
}

/** The records of one collection of whoever is logged in, as her own PDS lists them. */
export async function listOwnRecords(
  session: Session,
  collection: Collection,
  signal: AbortSignal,
): Promise<readonly OwnRecord[]> {
  const found: OwnRecord[] = []
  let cursor: string | undefined
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = {
      repo: session.did,
      collection,
      limit: PAGE_RECORDS,
      ...(cursor === undefined ? {} : { cursor }),
    }
    const listed = await pdsCall(session, () => listRecords(session.agent, query, signal))
    for (const { uri, cid, value } of listed.records) {
      found.push({ rkey: uri.slice(uri.lastIndexOf('/') + 1), cid, value })
    }
    cursor = listed.cursor
    if (cursor === undefined || listed.records.length === 0) break
  }
  return found
}
