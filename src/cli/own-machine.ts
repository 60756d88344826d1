import { ownedMeshlets } from '../cluster/owned-meshlets.ts'
import { CommuneError } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did, MeshletStatusRecord } from '../model/records.ts'
import { nearest } from '../spec/suggest.ts'
import type { Reading } from './reading.ts'

/** A machine of the owner, by the records. */
export interface OwnMachine {
  readonly did: Did
  /** As its owner calls it. */
  readonly name: string
  readonly status: MeshletStatusRecord | undefined
}

/** Finds a machine of one's own by its name or DID. Fails with code `not-found`. */
export function findOwnMachine({ view, owner, names }: Reading, meant: string): OwnMachine {
  const own = ownedMeshlets(view, owner).map(({ meshletDid }) => meshletDid)
  const did = own.find((one) => names.isCalled(one, meant))
  if (did === undefined) {
    const hosts = own.map((one) => names.meshlet(one).replace(/^.*\//, ''))
    const near = nearest(meant, hosts)
    throw new CommuneError('not-found', `You have no machine "${meant}".`, {
      hint:
        near === undefined
          ? '"commune get meshlets" lists those that there are.'
          : `Did you mean ${near}?`,
    })
  }
  const status = view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')?.value
  return { did, name: names.meshlet(did), status }
}
