import type { Did } from '../model/records.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Amount } from '../model/request.ts'
import type { Clock } from '../ports/clock.ts'
import { lackOf, minus, NOTHING, plus, slotsIn, times } from '../selection/room.ts'
import type { FairShare } from '../selection/score.ts'
import { lineUp, type Waiting } from '../selection/waiting-line.ts'

export interface WaitingRoomOptions {
  readonly fairShare: FairShare
  readonly clock: Clock
  /** All that the machine offers. */
  readonly offer: () => Amount
  /** What nobody has reserved. */
  readonly free: () => Amount
  /** What is reserved for each owner; another version whenever something changed. */
  readonly held: () => { readonly byOwner: ReadonlyMap<Did, Amount>; readonly version: number }
  /** Somebody left: those behind may be let in. */
  readonly onMove: () => void
}

/** What a workload may take in view of those that go before it. */
export interface RoomInLine {
  readonly room: Amount
  /** For whom the rest is kept; undefined when nothing is kept from it that it could use. */
  readonly keptFor?: Waiting
  /** When that ends at the latest. */
  readonly againInMs?: number
}

/** Work that fits is waited for so long, until it has made its bid: the longest window of a round. */
export const TURN_MS = 60_000
/** Work that does not fit has to have waited so long before room is kept for it. */
export const KEEP_AFTER_MS = 30_000
/** Room is kept for so long at first, then given away for as long; each time for twice as long. */
export const KEEP_MS = 30_000
export const KEEP_MS_MAX = 6 * 3_600_000

/** From `sinceMs` on room is kept for `forMs`, and then for as long it is not kept for anybody. */
interface Keeping {
  readonly uri: string
  readonly sinceMs: number
  readonly forMs: number
}

/**
 * Work that waits for room on this machine, in line. Room goes to the first in line whom it fits. Work
 * that is too big for what is free now holds some of it back from those behind it, so that small work
 * that comes later does not nibble it away for ever; for a time only, so that room is not lost when
 * too little comes free (docs/protocol.md).
 */
export class WaitingRoom {
  readonly #options: WaitingRoomOptions
  readonly #waiting = new Map<string, Waiting>()
  readonly #lastKeptMs = new Map<string, number>()
  /** Since when each fits and has not made its bid. */
  readonly #turnSinceMs = new Map<string, number>()
  #keeping: Keeping | undefined
  #line: readonly Waiting[] | undefined
  /** Of what was held when the line was formed. */
  #heldVersion = -1

  constructor(options: WaitingRoomOptions) {
    this.#options = options
  }

  /** How many wait. */
  get size(): number {
    return this.#waiting.size
  }

  /** Waits, or goes on waiting, for so many slots. */
  enter(entry: Omit<Waiting, 'sinceMs' | 'key'>): void {
    const before = this.#waiting.get(entry.uri)
    const sinceMs = before?.sinceMs ?? this.#options.clock.monotonicMs()
    const key = before?.key ?? recordKeyFor(entry.uri)
    this.#waiting.set(entry.uri, { ...entry, key, sinceMs })
    this.#line = undefined
  }

  /** Waits no longer. */
  leave(uri: string): void {
    if (!this.#waiting.delete(uri)) return
    this.#lastKeptMs.delete(uri)
    this.#turnSinceMs.delete(uri)
    this.#line = undefined
    if (this.#waiting.size > 0) this.#options.onMove()
  }

  /** All that waits, first in line first. */
  get line(): readonly Waiting[] {
    const { fairShare, offer, held } = this.#options
    const { byOwner, version } = held()
    if (this.#line === undefined || version !== this.#heldVersion)
      this.#line = lineUp([...this.#waiting.values()], { held: byOwner, fairShare, offer: offer() })
    this.#heldVersion = version
    return this.#line
  }

  /**
   * What of `room`, which is free beside what the workload has, it may take. Who is not in line goes
   * behind everybody.
   */
  roomFor(uri: string, room: Amount, request: Amount): RoomInLine {
    const now = this.#options.clock.monotonicMs()
    const place = this.line.findIndex((entry) => entry.uri === uri)
    const ahead = place === -1 ? this.line : this.line.slice(0, place)
    const taken = this.#takenByTurns(ahead, now)
    const mine = minus(room, taken.amount)
    if (lackOf(room, request)) return { room }
    if (lackOf(mine, request)) return keptFrom(mine, taken.last, TURN_MS)
    const keeping = this.#keepingAgainst(ahead, minus(this.#options.free(), taken.amount), now)
    const keeper = ahead.find((entry) => entry.uri === keeping?.uri)
    if (!keeping || !keeper) return { room: mine }
    const rest = minus(mine, keeper.request)
    if (slotsIn(rest, request) >= slotsIn(mine, request)) return { room: mine }
    return keptFrom(rest, keeper, keeping.sinceMs + keeping.forMs - now)
  }

  /** What those ahead take as soon as they have made their bids. */
  #takenByTurns(ahead: readonly Waiting[], now: number) {
    const free = this.#options.free()
    let amount = NOTHING
    let last: Waiting | undefined
    for (const entry of ahead) {
      const fitting = Math.min(entry.slots, slotsIn(minus(free, amount), entry.request))
      if (fitting === 0) this.#turnSinceMs.delete(entry.uri)
      if (fitting === 0) continue
      const sinceMs = this.#turnSinceMs.get(entry.uri) ?? now
      this.#turnSinceMs.set(entry.uri, sinceMs)
      // It could have had it, and something else keeps it from bidding: it is not waited for.
      if (now - sinceMs >= TURN_MS) continue
      amount = plus(amount, times(entry.request, fitting))
      last = entry
    }
    return { amount, last }
  }

  /**
   * For whom room is kept now; undefined while it is for nobody. It begins when somebody behind would
   * take it, for whoever of the big ones ahead has had the least of it.
   */
  #keepingAgainst(ahead: readonly Waiting[], free: Amount, now: number): Keeping | undefined {
    const before = this.#keeping
    const isOpen = before !== undefined && this.#waiting.has(before.uri)
    if (isOpen && now < before.sinceMs + before.forMs) return before
    if (isOpen && now < before.sinceMs + 2 * before.forMs) return undefined
    const keeper = ahead
      .filter(({ request, sinceMs }) => {
        const isBig = lackOf(free, request) && !lackOf(this.#options.offer(), request)
        return isBig && now - sinceMs >= KEEP_AFTER_MS
      })
      .toSorted((a, b) => this.#keptMs(a) - this.#keptMs(b))[0]
    if (!keeper) return undefined
    const forMs = Math.min(Math.max(KEEP_MS, 2 * this.#keptMs(keeper)), KEEP_MS_MAX)
    this.#lastKeptMs.set(keeper.uri, forMs)
    this.#keeping = { uri: keeper.uri, sinceMs: now, forMs }
    return this.#keeping
  }

  /** For how long room was kept for it the last time. */
  #keptMs({ uri }: Waiting): number {
    return this.#lastKeptMs.get(uri) ?? 0
  }
}

function keptFrom(room: Amount, keptFor: Waiting | undefined, againInMs: number): RoomInLine {
  return keptFor ? { room, keptFor, againInMs } : { room }
}
