import type { BidRecord, Cid, Did } from '../model/records.ts'
import { isConsentWithdrawn, isOffer, ROUND_MAX, type CountedBid } from './bids.ts'

/** How long a round stays open unless the workload says otherwise, and at most. */
export const BID_WINDOW_MS = 5_000
export const BID_WINDOW_MS_MAX = 60_000
/** Undecided rounds whose age is remembered; beyond, they count as old as the workload. */
const ROUNDS_IN_VIEW_MAX = 64

/**
 * What one reader remembers of the rounds of one placement key. It says when to act and which round
 * to join, never who is chosen. A value: every function returns a new one. Times are milliseconds of
 * the local monotonic clock.
 */
export interface Rounds {
  readonly placementKey: string
  /** First sight of the workload under this key. */
  readonly seenAtMs: number
  /** Highest round in which a bid was ever seen, in force or not; -1: none. */
  readonly highest: number
  /** Highest round learnt by listing: closed to join, since its age is unknown; -1: none. */
  readonly listedThrough: number
  /** Highest round that was acted on; never goes down; -1: none. */
  readonly decidedThrough: number
  /** First sight of each round above `decidedThrough`. */
  readonly firstSeenMs: ReadonlyMap<number, number>
  /** Bids in view at the last look. */
  readonly inView: ReadonlySet<Cid>
  /** Those of them that came after this reader had acted on their round. */
  readonly late: ReadonlySet<Cid>
  /** Since when the choice has been short; undefined while it is not. */
  readonly shortSinceMs: number | undefined
}

/** Nothing known yet of this key. `decidedThrough` is given when it was kept over a restart. */
export function openRounds(placementKey: string, now: number, decidedThrough = -1): Rounds {
  return {
    placementKey,
    seenAtMs: now,
    highest: decidedThrough,
    listedThrough: -1,
    decidedThrough,
    firstSeenMs: new Map(),
    inView: new Set(),
    late: new Set(),
    shortSinceMs: now,
  }
}

export interface ObserveOptions {
  readonly now: number
  readonly via: 'listing' | 'stream' | 'record'
  /** Whose memory it is. A new bid of one's own accepts all that are in view by then. */
  readonly self?: Did
}

/**
 * Takes note of all bids that are in view for the key (others are passed over). `via` says how those
 * became known that were not in view before: a bid learnt by `listing` may be of any age, so its
 * round is closed to join, and nobody can say that it came late.
 */
export function observeBids(
  rounds: Rounds,
  bids: readonly CountedBid[],
  { now, via, self }: ObserveOptions,
): Rounds {
  const current = bids.filter(
    ({ value }) => value.placementKey === rounds.placementKey && value.round <= ROUND_MAX,
  )
  const fresh = current.filter(({ cid }) => !rounds.inView.has(cid))
  const gone = rounds.inView.size + fresh.length - current.length
  if (fresh.length === 0 && gone === 0) return rounds
  const firstSeenMs = new Map(rounds.firstSeenMs)
  for (const { value } of fresh) {
    const isNew = value.round > rounds.decidedThrough && !firstSeenMs.has(value.round)
    if (isNew && firstSeenMs.size < ROUNDS_IN_VIEW_MAX) firstSeenMs.set(value.round, now)
  }
  const freshRound = Math.max(-1, ...fresh.map(({ value }) => value.round))
  const inView = new Set(current.map(({ cid }) => cid))
  return {
    ...rounds,
    highest: Math.max(rounds.highest, freshRound),
    listedThrough: Math.max(rounds.listedThrough, via === 'listing' ? freshRound : -1),
    firstSeenMs,
    inView,
    late: lateBids(rounds, fresh, inView, { now, via, ...(self && { self }) }),
  }
}

function lateBids(
  rounds: Rounds,
  fresh: readonly CountedBid[],
  inView: ReadonlySet<Cid>,
  { via, self }: ObserveOptions,
): ReadonlySet<Cid> {
  const own = fresh.find(({ meshletDid }) => meshletDid === self)
  const late = own ? [] : [...rounds.late].filter((cid) => inView.has(cid))
  if (via !== 'listing')
    for (const { cid, value } of own ? [own] : fresh)
      if (isOffer(value) && value.round <= rounds.decidedThrough) late.push(cid)
  return new Set(late)
}

/** The round in which a new bid may be made now, or how long to wait until that is known. */
export type Joinable =
  | { readonly kind: 'join'; readonly round: number }
  | { readonly kind: 'wait'; readonly againInMs: number }

/**
 * Round 0 when no round is known; the highest one within half a window of its first sight; none
 * until it closes; then the next. So whoever joins is seen by the others before they act, as long as
 * records take less than a quarter of a window.
 */
export function joinableRound(rounds: Rounds, now: number, windowMs: number): Joinable {
  const { highest } = rounds
  if (highest < 0) return { kind: 'join', round: 0 }
  const next = Math.min(highest + 1, ROUND_MAX)
  if (highest <= Math.max(rounds.decidedThrough, rounds.listedThrough))
    return { kind: 'join', round: next }
  const ageMs = now - firstSeen(rounds, highest)
  if (ageMs <= windowMs / 2) return { kind: 'join', round: highest }
  const againInMs = leftMs(rounds, highest, now, windowMs)
  if (againInMs > 0) return { kind: 'wait', againInMs }
  return { kind: 'join', round: next }
}

export interface Decision {
  /** Bids up to this round are acted on; -1: none yet. */
  readonly decidedThrough: number
  /** When the next round closes; undefined when none is open. */
  readonly againInMs?: number
}

/** What `decision` needs besides the memory. */
export interface DecisionInput {
  /** All bids in view for the key. */
  readonly bids: readonly CountedBid[]
  /** Who is invited by record, live or not. */
  readonly invited: readonly Did[]
  readonly now: number
  readonly windowMs: number
  /** As many slots as an offer may hold: who offers fewer may yet offer more in a later round. */
  readonly slotsWanted: number
  /** Whose offers came late, as the records say: each of them bids again, and has to be waited for. */
  readonly overruled: ReadonlySet<Did>
}

/**
 * Which rounds are acted on now: those that have been in view for a window, and those in which
 * everyone invited has bid or passed, so that nobody is waited for. Rounds below a closed one are
 * closed too: its first bidder knew them as closed.
 */
export function decision(rounds: Rounds, input: DecisionInput): Decision {
  const { now, windowMs } = input
  let decidedThrough = rounds.decidedThrough
  const undecided = [...rounds.firstSeenMs.keys()].filter((round) => round > decidedThrough)
  for (const round of undecided) {
    const closed =
      leftMs(rounds, round, now, windowMs) === 0 || hasEveryAnswer(rounds, round, input)
    if (closed) decidedThrough = Math.max(decidedThrough, round)
  }
  const open = undecided.filter((round) => round > decidedThrough)
  if (open.length === 0) return { decidedThrough }
  const waits = open.map((round) => leftMs(rounds, round, now, windowMs))
  return { decidedThrough, againInMs: Math.min(...waits) }
}

/** Remembers what was decided, and whether the choice that followed was short. */
export function settleRounds(
  rounds: Rounds,
  outcome: { readonly decidedThrough: number; readonly missing: number; readonly now: number },
): Rounds {
  const decidedThrough = Math.max(rounds.decidedThrough, outcome.decidedThrough)
  const shortSinceMs = outcome.missing > 0 ? (rounds.shortSinceMs ?? outcome.now) : undefined
  if (decidedThrough === rounds.decidedThrough && shortSinceMs === rounds.shortSinceMs)
    return rounds
  const open = [...rounds.firstSeenMs].filter(([round]) => round > decidedThrough)
  return { ...rounds, decidedThrough, shortSinceMs, firstSeenMs: new Map(open) }
}

/** Whether only another bid, and no time, can change what follows from these rounds. */
export function isAtRest({ firstSeenMs, shortSinceMs }: Rounds): boolean {
  return firstSeenMs.size === 0 && shortSinceMs === undefined
}

/** How many windows have ended short in a row: each doubles the number of those invited. */
export function shortWindows(rounds: Rounds, now: number, windowMs: number): number {
  if (rounds.shortSinceMs === undefined) return 0
  return Math.max(0, Math.floor((now - rounds.shortSinceMs) / windowMs))
}

/** When the round has been in view for a window; 0 when it has. */
export function closesInMs(rounds: Rounds, round: number, now: number, windowMs: number): number {
  if (round <= rounds.decidedThrough) return 0
  return leftMs(rounds, round, now, windowMs)
}

/**
 * Until the round has been in view for a window, in whole milliseconds: of a clock that counts parts of
 * them the rest may be too small to add to the time, and whoever waits for it would look for ever.
 */
function leftMs(rounds: Rounds, round: number, now: number, windowMs: number): number {
  return Math.max(0, Math.ceil(firstSeen(rounds, round) + windowMs - now))
}

function firstSeen(rounds: Rounds, round: number): number {
  return rounds.firstSeenMs.get(round) ?? rounds.seenAtMs
}

function hasEveryAnswer(
  { placementKey }: Rounds,
  round: number,
  { bids, invited, slotsWanted, overruled }: DecisionInput,
): boolean {
  const answered = new Set(
    bids
      .filter(
        ({ meshletDid, value }) =>
          isConsentWithdrawn(value) ||
          (value.placementKey === placementKey &&
            answers(value, round, overruled.has(meshletDid) ? Infinity : slotsWanted)),
      )
      .map(({ meshletDid }) => meshletDid),
  )
  return invited.length > 0 && invited.every((did) => answered.has(did))
}

/**
 * A standing refusal holds for all later rounds, and so does an offer of all that is wanted; a pass, or
 * an offer of less, binds for its own round only.
 */
function answers(bid: BidRecord, round: number, slotsWanted: number): boolean {
  if (isOffer(bid)) return bid.round === round || (bid.round < round && bid.slots >= slotsWanted)
  return bid.round === round || bid.refused?.standing === true
}
