import { COLLECTION, type Collection } from '../model/nsid.ts'
import type { Did, Hint, MeshletStatusRecord } from '../model/records.ts'
import type { Write } from '../ports/records.ts'
import { allWitnesses, witnessSetsOf } from '../selection/lease.ts'
import type { Placement } from './observe.ts'

/** A hint and who is to get it; undefined: everybody who is called anyway. */
export interface AddressedHint {
  readonly hint: Hint
  readonly to: readonly Did[] | undefined
}

export interface Commit {
  readonly did: Did
  readonly rev: string
  readonly writes: readonly Write[]
  /** Who acts on what is said of the workload with this record key. */
  readonly audienceOf: (rkey: string) => readonly Did[] | undefined
  /** Whether somebody waits for what the status of this machine says now. */
  readonly isNews: (status: MeshletStatusRecord) => boolean
}

const OF_A_WORKLOAD: ReadonlySet<Collection> = new Set([COLLECTION.bid, COLLECTION.workloadStatus])

/**
 * What to read ahead of the stream, and whom to tell. A status that brings this machine back must not
 * be seen before the bids of its commit, so in their company it is left to the stream.
 */
export function hintsOf(commit: Commit): readonly AddressedHint[] {
  const { did, rev, writes, audienceOf } = commit
  const hasBids = writes.some(({ collection }) => collection === COLLECTION.bid)
  return writes
    .filter((write) => {
      if (write.collection !== COLLECTION.meshletStatus || write.action === 'delete') return true
      return !hasBids && commit.isNews(write.value as MeshletStatusRecord)
    })
    .map(({ collection, rkey }) => ({
      hint: { did, rev, uri: `at://${did}/${collection}/${rkey}` as NonNullable<Hint['uri']> },
      to: OF_A_WORKLOAD.has(collection) ? audienceOf(rkey) : undefined,
    }))
}

/**
 * Judges one status after the other: nobody waits for one that says the same as the last that was told,
 * but for the time and the room that is left.
 */
export function statusNews(): (status: MeshletStatusRecord) => boolean {
  let told: string | undefined
  return (status) => {
    const said = JSON.stringify({ ...status, updatedAt: undefined, available: undefined })
    const isNews = said !== told
    told = said
    return isNews
  }
}

/**
 * Who acts at once on a bid or a status of a workload: whoever is asked for a bid now, has answered
 * under any placement key (those who run it, or are to, are among them), or grants its lease. All
 * others have nothing to do for now, and learn of it by the stream. Where everybody is asked:
 * undefined, for whoever is called anyway.
 */
export function audienceOf(placement: Placement): readonly Did[] | undefined {
  const { replicas, invited, bids, record } = placement
  if (replicas === 'everywhere') return undefined
  const sets = witnessSetsOf(record.value)
  const answered = bids.map(({ meshletDid }) => meshletDid)
  return [...new Set([...invited, ...(sets ? allWitnesses(sets) : []), ...answered])]
}
