import { compareText } from '../model/canonical.ts'
import type { BidRecord, Cid, Did } from '../model/records.ts'
import { isOffer, ROUND_MAX, type CountedBid } from './bids.ts'
import { hash64, mix, type Hash64 } from './mix.ts'

/** An offer in its place in the order. */
export interface RankedBid {
  readonly meshletDid: Did
  readonly ownerDid: Did
  readonly cid: Cid
  readonly round: number
  /** Still runs a replica under the previous key, which puts it first in round 0. */
  readonly holder: boolean
  readonly score: number
  /** Hash of placement key and DID; lower goes first among equal scores. */
  readonly mix: number
  readonly slots: number
  /** Spread domain; undefined when the workload names none. */
  readonly domain: string | undefined
}

export type IgnoreReason =
  | 'other-key'
  | 'not-a-candidate'
  | 'down'
  | 'late'
  | 'passed'
  | 'refused'
  | 'old-epoch'
  | 'undecided'
  | 'nonsense'

export interface IgnoredBid {
  readonly meshletDid: Did
  readonly reason: IgnoreReason
}

/** What decides which bids count, and in what order. */
export interface RankInput {
  readonly placementKey: string
  readonly spread?: string | undefined
  readonly bids: readonly CountedBid[]
  readonly candidates: ReadonlySet<Did>
  readonly down: ReadonlySet<Did>
  /** Whose offers came late, as the owner or a majority says (`overruledBidders`). */
  readonly overruled?: ReadonlySet<Did> | undefined
  /** Bids of later rounds are not acted on yet; all count when absent. */
  readonly throughRound?: number | undefined
  /** The highest epoch that was ever seen of a meshlet's bids: older ones come from a restored backup. */
  readonly epochFloor?: ReadonlyMap<Did, number> | undefined
  /** `hash64`, or one that remembers. */
  readonly hashOf?: ((text: string) => Hash64) | undefined
}

export interface Ranking {
  readonly ranked: readonly RankedBid[]
  /** By DID of the meshlet. */
  readonly ignored: readonly IgnoredBid[]
}

/** The offers that count, first to last, and the bids that do not, with the reason. */
export function rankBids(input: RankInput): Ranking {
  const hashOf = input.hashOf ?? hash64
  const keyHash = hashOf(input.placementKey)
  const ranked: RankedBid[] = []
  const ignored: IgnoredBid[] = []
  for (const bid of onePerMeshlet(input.bids, input.placementKey)) {
    const reason = ignoreReason(input, bid)
    if (reason) ignored.push({ meshletDid: bid.meshletDid, reason })
    else ranked.push(rankedBid(bid, mix(keyHash, hashOf(bid.meshletDid)), input.spread))
  }
  return {
    ranked: ranked.toSorted(compareRanked),
    ignored: ignored.toSorted((a, b) => compareText(a.meshletDid, b.meshletDid)),
  }
}

/** Order of the bids: by round, then holders (round 0 only), score, mix, and DID. */
export function compareRanked(a: RankedBid, b: RankedBid): number {
  return (
    a.round - b.round ||
    Number(b.holder) - Number(a.holder) ||
    b.score - a.score ||
    a.mix - b.mix ||
    compareText(a.meshletDid, b.meshletDid)
  )
}

function ignoreReason(input: RankInput, bid: CountedBid): IgnoreReason | undefined {
  const { value: record, meshletDid } = bid
  if (!input.candidates.has(meshletDid)) return 'not-a-candidate'
  if (record.placementKey !== input.placementKey) return 'other-key'
  if (record.round > ROUND_MAX) return 'nonsense'
  if (record.epoch < (input.epochFloor?.get(meshletDid) ?? 0)) return 'old-epoch'
  if (!isOffer(record)) return record.refused ? 'refused' : 'passed'
  if (input.down.has(meshletDid)) return 'down'
  if (input.overruled?.has(meshletDid)) return 'late'
  if (record.round > (input.throughRound ?? ROUND_MAX)) return 'undecided'
  return undefined
}

/**
 * A repo holds one bid a workload. Should the caller pass several all the same, one is picked
 * without regard to their order, those of the key that is asked for first.
 */
function onePerMeshlet(bids: readonly CountedBid[], placementKey: string): readonly CountedBid[] {
  const byMeshlet = new Map<Did, CountedBid>()
  for (const bid of bids) {
    const known = byMeshlet.get(bid.meshletDid)
    if (!known || isNewer(bid, known, placementKey)) byMeshlet.set(bid.meshletDid, bid)
  }
  return [...byMeshlet.values()]
}

function isNewer(bid: CountedBid, known: CountedBid, placementKey: string): boolean {
  const current = (record: BidRecord) => Number(record.placementKey === placementKey)
  return (
    (current(bid.value) - current(known.value) ||
      bid.value.epoch - known.value.epoch ||
      bid.value.round - known.value.round ||
      compareText(bid.cid, known.cid)) > 0
  )
}

function rankedBid(bid: CountedBid, mixed: number, spread: string | undefined): RankedBid {
  const { meshletDid, ownerDid, cid, value: record } = bid
  return {
    meshletDid,
    ownerDid,
    cid,
    round: record.round,
    holder: record.round === 0 && record.replaces !== undefined,
    score: record.score,
    mix: mixed,
    slots: record.slots,
    domain: domainOf(bid, spread),
  }
}

/** What the reader can verify is not taken from the bid; a label is, as it was when the bid was made. */
function domainOf(bid: CountedBid, spread: string | undefined): string | undefined {
  if (spread === undefined) return undefined
  if (spread === 'owner') return bid.ownerDid
  if (spread === 'meshlet') return bid.meshletDid
  return bid.value.domain ?? ''
}
