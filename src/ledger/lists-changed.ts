import { ownedMeshlets } from '../cluster/owned-meshlets.ts'
import { membersOf } from '../cluster/recognition.ts'
import { COLLECTION, type Collection } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'

/** Clocks differ by less. */
const EARLY_MS = 3_600_000

/** Who is a member, by which rules, and with what line: records that have no day of their own. */
const OF_OWNER = [COLLECTION.meshlet, COLLECTION.clusterPolicy, COLLECTION.sponsor]
const OF_MACHINE = [COLLECTION.meshletOwner, COLLECTION.cluster]

/**
 * When the newest of the records was written that say who is in an owner's ledger, and what each may
 * owe, by their writers' word; also of those whom she lists and who do not list her any more. These
 * replace one another, so an earlier ledger can't be made again from them. What is dated into the
 * future, or was deleted, tells nothing. Undefined when no record tells.
 */
export function listsChangedAt(view: RecordView, owner: Did, nowMs: number): string | undefined {
  const owners = [owner, ...membersOf(view, owner)]
  const times = owners.flatMap((one) => [
    ...timesOf(view, one, OF_OWNER),
    ...ownedMeshlets(view, one).flatMap(({ meshletDid }) => timesOf(view, meshletDid, OF_MACHINE)),
  ])
  return times
    .filter((time) => Date.parse(time) <= nowMs + EARLY_MS)
    .toSorted((a, b) => Date.parse(a) - Date.parse(b))
    .at(-1)
}

function timesOf(view: RecordView, did: Did, collections: readonly Collection[]) {
  return collections.flatMap((collection) =>
    view
      .list<{ readonly createdAt: string }>(did, collection)
      .map(([, { value }]) => value.createdAt),
  )
}
