import type { Candidate } from '../cluster/membership.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { AtUri, Did, MeshletStatusRecord } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import type { RunningReplicas } from './displacement.ts'
import { isOffer, type CountedBid } from './bids.ts'
import type { Rounds } from './rounds.ts'
import { select, slotsOf, type SelectInput } from './select.ts'

/** "The offers of this meshlet up to this round came after I had acted on it." */
export type Objection = NonNullable<MeshletStatusRecord['objections']>[number]

/**
 * How long a late bid is watched before anybody objects to it, milliseconds: an honest bidder moves
 * her bid by herself meanwhile. Less than `HOLD_MS`, so that the objection is read before a holder
 * gives way.
 */
export const OBJECT_AFTER_MS = 10_000

export interface OverruledInput {
  readonly uri: AtUri
  /** Owner of the workload. */
  readonly ownerDid: Did
  readonly placementKey: string
  readonly bids: readonly CountedBid[]
  readonly candidates: readonly Pick<Candidate, 'meshletDid' | 'ownerDid'>[]
}

/**
 * Meshlets whose offer does not count because it came late: a machine of the workload's owner says
 * so, or machines of more than half of the owners in the candidate set do. Decided from records
 * alone, so that every reader leaves out the same offers.
 */
export function overruledBidders(view: RecordView, input: OverruledInput): ReadonlySet<Did> {
  const { uri, placementKey, candidates } = input
  const offers = input.bids.filter(
    ({ value }) => isOffer(value) && value.placementKey === placementKey,
  )
  if (offers.length === 0) return new Set()
  const objections = candidates.flatMap(({ meshletDid, ownerDid }) =>
    objectionsOf(view, meshletDid)
      .filter((about) => about.workload === uri && about.placementKey === placementKey)
      .map((about) => ({ about, ownerDid })),
  )
  if (objections.length === 0) return new Set()
  const owners = new Set(candidates.map(({ ownerDid }) => ownerDid))
  const overruled = offers.filter(({ meshletDid, value }) => {
    const against = new Set(
      objections
        .filter(({ about }) => about.meshletDid === meshletDid && about.round >= value.round)
        .map(({ ownerDid }) => ownerDid),
    )
    return against.has(input.ownerDid) || against.size * 2 > owners.size
  })
  return new Set(overruled.map(({ meshletDid }) => meshletDid))
}

function objectionsOf(view: RecordView, meshlet: Did): readonly Objection[] {
  const status = view.get<MeshletStatusRecord>(meshlet, COLLECTION.meshletStatus, 'self')
  return status?.value.objections ?? []
}

/**
 * Offers that came after this reader had acted on their round and that would push out a meshlet
 * which is seen running: those worth an objection. Late offers that displace nobody are let be.
 */
export function objectionable(
  input: SelectInput,
  rounds: Rounds,
  running: RunningReplicas,
): readonly CountedBid[] {
  if (rounds.late.size === 0) return []
  const late = input.bids.filter(({ cid }) => rounds.late.has(cid))
  const now = select(input)
  const inTime = select({ ...input, bids: input.bids.filter((bid) => !late.includes(bid)) })
  const isPushedOut = inTime.winners.some(({ meshletDid, slots }) => {
    const left = slotsOf(now, meshletDid)
    return slots > left && (running.get(meshletDid) ?? 0) > left
  })
  return isPushedOut ? late.filter(({ meshletDid }) => slotsOf(now, meshletDid) > 0) : []
}
