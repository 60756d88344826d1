import type { Did } from '../model/records.ts'
import { rankBids, type IgnoredBid, type RankedBid, type RankInput } from './rank.ts'

/** How many replicas are wanted: a number, or one on every candidate. */
export type ReplicaCount = number | 'everywhere'

export interface SelectInput extends RankInput {
  readonly replicas: ReplicaCount
}

export interface Winner {
  readonly meshletDid: Did
  readonly ownerDid: Did
  /** Replicas that it runs, at least 1. */
  readonly slots: number
  readonly round: number
}

/** Who runs a workload, by the records. */
export interface Choice {
  /** In the order in which their first slot was filled. */
  readonly winners: readonly Winner[]
  /** Offers that won nothing, in the order in which they would be called up. */
  readonly standbys: readonly Did[]
  /** Replicas that nobody offers to run; with `everywhere`, candidates that have not answered. */
  readonly missing: number
  readonly ranked: readonly RankedBid[]
  readonly ignored: readonly IgnoredBid[]
}

/**
 * Who runs the workload. A pure function of the records: no clock, no heartbeat and no status enters
 * it, and neither does the order in which the records came.
 *
 * Rounds are filled one after the other, so that a later offer never pushes out an earlier one.
 * Within a round each slot goes to the least loaded spread domain (what earlier rounds hold counts),
 * then to the meshlet with the fewest slots of this workload, then by `compareRanked`.
 */
export function select(input: SelectInput): Choice {
  const { ranked, ignored } = rankBids(input)
  if (input.replicas === 'everywhere') return everywhere(input, ranked, ignored)
  const field = new Field(ranked)
  const wanted = Math.max(0, input.replicas)
  let filled = 0
  while (filled < wanted && field.takeNext()) filled++
  return {
    winners: field.winners(),
    standbys: field.standbys(),
    missing: wanted - filled,
    ranked,
    ignored,
  }
}

/** Slots that the meshlet runs by this choice; 0 when it is not chosen. */
export function slotsOf(choice: Choice, meshletDid: Did): number {
  return choice.winners.find((winner) => winner.meshletDid === meshletDid)?.slots ?? 0
}

function everywhere(
  input: SelectInput,
  ranked: readonly RankedBid[],
  ignored: readonly IgnoredBid[],
): Choice {
  const answered = new Set(
    input.bids
      .filter(({ value }) => value.placementKey === input.placementKey)
      .map(({ meshletDid }) => meshletDid),
  )
  const silent = [...input.candidates].filter((did) => !input.down.has(did) && !answered.has(did))
  return {
    winners: ranked.map(({ meshletDid, ownerDid, round }) => ({
      meshletDid,
      ownerDid,
      slots: 1,
      round,
    })),
    standbys: [],
    missing: silent.length,
    ranked,
    ignored,
  }
}

/** One offer while slots are handed out. */
interface Entry {
  readonly bid: RankedBid
  won: number
}

/** Hands out slots one at a time; lives for one call of `select`. */
class Field {
  /** Entries that may still win, one list a round, in the order of the rounds. */
  readonly #rounds: Entry[][]
  readonly #load = new Map<string, number>()
  readonly #served: Entry[] = []

  constructor(ranked: readonly RankedBid[]) {
    const byRound = Map.groupBy(
      ranked.map((bid): Entry => ({ bid, won: 0 })),
      ({ bid }) => bid.round,
    )
    this.#rounds = [...byRound.values()]
  }

  /** Gives the next slot away; false when no offer is left. */
  takeNext(): boolean {
    const round = this.#rounds[0]
    if (!round) return false
    const best = this.#best(round)
    this.#give(best)
    if (best.won === best.bid.slots) remove(round, best)
    if (round.length === 0) this.#rounds.shift()
    return true
  }

  winners(): readonly Winner[] {
    return this.#served.map(({ bid, won }) => ({
      meshletDid: bid.meshletDid,
      ownerDid: bid.ownerDid,
      slots: won,
      round: bid.round,
    }))
  }

  /** Goes on as if one replica more after the other were wanted, each from somebody new. */
  standbys(): readonly Did[] {
    const order: Did[] = []
    for (const round of this.#rounds) {
      const idle = round.filter(({ won }) => won === 0)
      while (idle.length > 0) {
        const next = this.#best(idle)
        if (next.bid.domain !== undefined) this.#addLoad(next.bid.domain)
        remove(idle, next)
        order.push(next.bid.meshletDid)
      }
    }
    return order
  }

  #best(entries: readonly Entry[]): Entry {
    // Entries stand in the order of the ranking, so the first of equals is the right one.
    return entries.reduce((best, entry) => (this.#compare(entry, best) < 0 ? entry : best))
  }

  #compare(a: Entry, b: Entry): number {
    return this.#loadOf(a) - this.#loadOf(b) || a.won - b.won
  }

  #loadOf({ bid }: Entry): number {
    return bid.domain === undefined ? 0 : (this.#load.get(bid.domain) ?? 0)
  }

  #addLoad(domain: string): void {
    this.#load.set(domain, (this.#load.get(domain) ?? 0) + 1)
  }

  #give(entry: Entry): void {
    if (entry.won === 0) this.#served.push(entry)
    entry.won++
    if (entry.bid.domain !== undefined) this.#addLoad(entry.bid.domain)
  }
}

function remove(entries: Entry[], entry: Entry): void {
  entries.splice(entries.indexOf(entry), 1)
}
