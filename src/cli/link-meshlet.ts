import { listRecords } from '../atproto/call-pds.ts'
import type { Session } from '../atproto/session.ts'
import { CommuneError } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did, MeshletRecord } from '../model/records.ts'
import { pdsCall } from './pds-call.ts'

const LIST_MAX = 100

/** The owner's `meshlet` records, by name; at most a hundred. */
export async function listLinks(
  session: Session,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Did | undefined>> {
  const query = { repo: session.did, collection: COLLECTION.meshlet, limit: LIST_MAX }
  const listed = await pdsCall(session, () => listRecords(session.agent, query, signal))
  return new Map(
    listed.records.map(({ uri, value }) => {
      const { meshletDid } = value as Partial<MeshletRecord>
      return [uri.slice(uri.lastIndexOf('/') + 1), meshletDid]
    }),
  )
}

/** Writes the owner's half of the link. Fails with code `name-taken` when another machine has the name. */
export async function linkMeshlet(
  session: Session,
  link: {
    readonly name: string
    readonly did: Did
    /** Milliseconds since 1970. */
    readonly now: number
    readonly signal: AbortSignal
  },
): Promise<'linked' | 'unchanged'> {
  const known = await listLinks(session, link.signal)
  const taken = known.get(link.name)
  if (taken === link.did) return 'unchanged'
  if (taken !== undefined) {
    throw new CommuneError(
      'name-taken',
      `${link.name} is the name of another machine (${taken}).`,
      {
        hint: `Choose another --name, or run "commune meshlet remove ${link.name}" first.`,
      },
    )
  }
  const value = {
    $type: COLLECTION.meshlet,
    meshletDid: link.did,
    createdAt: new Date(link.now).toISOString(),
  }
  await session.writer.apply(
    [{ action: 'put', collection: COLLECTION.meshlet, rkey: link.name, value }],
    { signal: link.signal },
  )
  return 'linked'
}
