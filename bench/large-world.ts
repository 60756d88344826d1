import type { BidRecord, Did } from '../src/model/records.ts'
import type { CountedBid } from '../src/selection/bids.ts'
import { invited } from '../src/selection/invitation.ts'
import { COLLECTION } from '../src/model/nsid.ts'
import { sha256Hex } from '../src/model/hash.ts'

export interface LargeWorld {
  /** Placement keys, one a workload. */
  readonly keys: readonly string[]
  readonly meshlets: readonly Did[]
}

/** A commune in which everybody may run everything. The same for the same size. */
export function largeWorld(size: {
  readonly workloads: number
  readonly meshlets: number
}): LargeWorld {
  const keys = Array.from(
    { length: size.workloads },
    (_, i) => `${sha256Hex(`workload ${i}`).slice(0, 32)}.${sha256Hex(`nonce ${i}`).slice(0, 16)}`,
  )
  const meshlets = Array.from(
    { length: size.meshlets },
    (_, i): Did => `did:plc:${sha256Hex(`meshlet ${i}`).slice(0, 24)}`,
  ).toSorted()
  return { keys, meshlets: Object.freeze(meshlets) }
}

/** Everybody shows room, and nothing ended short. */
export const ASK_ALL = { hasRoom: () => true, doublings: 0 } as const

/** What those bid who are invited first. */
export function bidsOf(world: LargeWorld, placementKey: string, replicas: number): CountedBid[] {
  const guests = invited({ ...ASK_ALL, placementKey, replicas, candidates: world.meshlets })
  return guests.map((meshletDid, index) => {
    const value: BidRecord = {
      $type: COLLECTION.bid,
      workload: `at://did:plc:alice/${COLLECTION.workload}/w`,
      placementKey,
      round: 0,
      epoch: 1,
      slots: 1,
      score: 500 + (index % 3),
      createdAt: '2026-01-01T00:00:00.000Z',
    }
    return { meshletDid, ownerDid: meshletDid, cid: `${meshletDid} ${placementKey}`, value }
  })
}
