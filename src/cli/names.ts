import type { RepoSnapshot } from '../atproto/feed-snapshot.ts'
import type { Identity } from '../atproto/identity.ts'
import { claimedOwner } from '../cluster/owned-meshlets.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did, MeshletRecord } from '../model/records.ts'
import { printable } from './table.ts'

/** How to call people and machines; for eyes only, decisions go by DID. */
export interface Names {
  /** The handle that the account claims, or its DID. */
  readonly account: (did: Did) => string
  /** What its owner calls the machine, after her own name: `alice.example.org/box`. */
  readonly meshlet: (did: Did) => string
}

/** Looks names up in what was read; resolved identities are in the cache already. */
export async function createNames(
  view: RepoSnapshot,
  identity: Identity,
  self: Did,
): Promise<Names> {
  const handles = new Map<Did, string>()
  await Promise.all(
    view.dids.map(async (did) => {
      // An account that can't be resolved is called by its DID, and the view says what is wrong.
      const known = await identity.resolve(did).catch(() => undefined)
      if (known?.handle !== undefined) handles.set(did, known.handle)
    }),
  )
  const account = (did: Did) => handles.get(did) ?? did
  const machines = new Map<Did, string>()
  for (const owner of view.dids) {
    for (const [host, { value }] of view.list<MeshletRecord>(owner, COLLECTION.meshlet)) {
      const did = value.meshletDid
      // A stranger may claim a machine and call it anything: only its own owner names it.
      const claimed = claimedOwner(view, did)
      if (claimed === owner || (claimed === undefined && owner === self)) {
        machines.set(did, `${account(owner)}/${printable(host)}`)
      }
    }
  }
  return { account, meshlet: (did) => machines.get(did) ?? account(did) }
}
