import type { RepoSnapshot } from '../atproto/feed-snapshot.ts'
import type { Identity } from '../atproto/identity.ts'
import { claimedOwner } from '../cluster/owned-meshlets.ts'
import { COLLECTION } from '../model/nsid.ts'
import { isDid } from '../model/workload-uri.ts'
import type { Did, MeshletRecord } from '../model/records.ts'
import { printable } from './table.ts'

/** How to call people and machines; for eyes only, decisions go by DID. */
export interface Names {
  /** The handle that the account claims, or its DID. */
  readonly account: (did: Did) => string
  /** Several of them by name, with commas; each once. */
  readonly accounts: (dids: readonly Did[]) => string
  /** What its owner calls the machine, after her own name: `alice.example.org/box`. */
  readonly meshlet: (did: Did) => string
  /** The same without the owner where no other machine is called so: `box`. */
  readonly shortMeshlet: (did: Did) => string
  /** Whether a person means this machine: by its DID, its name, or the last part of it. */
  readonly isCalled: (did: Did, text: string) => boolean
  /** Of a DID in text that may hold one, such as a spread domain; other text stays as it is. */
  readonly anything: (text: string) => string
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
  return namesFrom(handles, hostsOf(view, self))
}

interface Host {
  readonly owner: Did
  readonly host: string
}

/** Names out of what is known. */
export function namesFrom(handles: ReadonlyMap<Did, string>, hosts: ReadonlyMap<Did, Host>): Names {
  const account = (did: Did) => handles.get(did) ?? did
  const meshlet = (did: Did) => {
    const found = hosts.get(did)
    return found === undefined ? account(did) : `${account(found.owner)}/${found.host}`
  }
  const uses = Map.groupBy(hosts.values(), ({ host }) => host)
  return {
    account,
    accounts: (dids) => [...new Set(dids.map(account))].toSorted().join(', '),
    meshlet,
    shortMeshlet(did) {
      const host = hosts.get(did)?.host
      return host !== undefined && uses.get(host)?.length === 1 ? host : meshlet(did)
    },
    isCalled: (did, text) => {
      const full = meshlet(did)
      return text === did || text === full || full.endsWith(`/${text}`)
    },
    anything: (text) => (isDid(text) ? meshlet(text) : text),
  }
}

function hostsOf(view: RepoSnapshot, self: Did): ReadonlyMap<Did, Host> {
  const hosts = new Map<Did, Host>()
  for (const owner of view.dids) {
    for (const [host, { value }] of view.list<MeshletRecord>(owner, COLLECTION.meshlet)) {
      const did = value.meshletDid
      // A stranger may claim a machine and call it anything: only its own owner names it.
      const claimed = claimedOwner(view, did)
      if (claimed === owner || (claimed === undefined && owner === self)) {
        hosts.set(did, { owner, host: printable(host) })
      }
    }
  }
  return hosts
}
