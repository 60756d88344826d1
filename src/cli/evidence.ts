import type { Collection } from '../model/nsid.ts'
import type { Cid, Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'

/** A record, in the version that was read, with which anybody can check what is said. */
export interface Evidence {
  /** `at://did/collection/rkey` */
  readonly uri: string
  readonly cid: Cid
}

/** Of a record that is there; empty when it is not. */
export function evidenceOf(
  view: RecordView,
  did: Did,
  collection: Collection,
  rkey: string,
): readonly Evidence[] {
  const stored = view.get(did, collection, rkey)
  return stored === undefined ? [] : [{ uri: `at://${did}/${collection}/${rkey}`, cid: stored.cid }]
}
