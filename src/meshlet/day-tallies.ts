import { messageOf } from '../model/errors.ts'
import { dayOf, type LedgerDay } from '../ledger/ledger-day.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Settings } from './settings.ts'

/** Amount in the unit of usage, and replica-seconds. */
export type Tally = readonly [amount: number, seconds: number]

/** What was held and seen on one day, by workload, or by machine and workload. */
interface Day {
  readonly held: Record<string, Tally>
  readonly seen: Record<string, Tally>
}

/** A span that runs over midnight belongs to both days. */
export interface Span {
  readonly day: LedgerDay
  readonly seconds: number
}

/** Saved this often: a program that ends loses no more than that. */
const SAVE_MS = 5 * 60_000

/** What is summed up day by day until it is written into a record; kept in the journal. */
export class DayTallies {
  readonly #settings: Settings
  readonly #clock: Clock
  readonly #log: Log
  readonly #days: Map<LedgerDay, Day>
  #savedAtMs = 0
  #isSaved = true

  constructor(settings: Settings, clock: Clock, log: Log) {
    this.#settings = settings
    this.#clock = clock
    this.#log = log
    this.#days = new Map(Object.entries(parse(settings.tallies)))
  }

  days(): readonly LedgerDay[] {
    return [...this.#days.keys()].toSorted()
  }

  /** What this machine held for others, by workload. */
  held(day: LedgerDay): readonly (readonly [workload: string, tally: Tally])[] {
    return Object.entries(this.#days.get(day)?.held ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
  }

  /** What another machine was seen to run. */
  seen(day: LedgerDay, meshletDid: string, workload: string): Tally | undefined {
    return this.#days.get(day)?.seen[`${meshletDid} ${workload}`]
  }

  addHeld(day: LedgerDay, workload: string, rate: number, seconds: number): void {
    this.#add(this.#dayOf(day).held, workload, rate, seconds)
  }

  addSeen(day: LedgerDay, of: string, rate: number, seconds: number): void {
    this.#add(this.#dayOf(day).seen, of, rate, seconds)
  }

  /** What was held that day stands in a record. */
  closeHeld(day: LedgerDay): void {
    const known = this.#days.get(day)
    if (!known || Object.keys(known.held).length === 0) return
    this.#days.set(day, { held: {}, seen: known.seen })
    this.#isSaved = false
  }

  forgetBefore(day: LedgerDay): void {
    for (const known of [...this.#days.keys()])
      if (known < day && this.#days.delete(known)) this.#isSaved = false
  }

  /** Saves when it is time. What the disk does not take is in memory until it does. */
  save(): void {
    const now = this.#clock.monotonicMs()
    if (this.#isSaved || now - this.#savedAtMs < SAVE_MS) return
    this.#savedAtMs = now
    try {
      const isEmpty = this.#days.size === 0
      const text = isEmpty ? undefined : JSON.stringify(Object.fromEntries(this.#days))
      this.#settings.saveTallies(text)
      this.#isSaved = true
    } catch (error) {
      this.#log.debug('tallies of the ledger are kept in memory only', { error: messageOf(error) })
    }
  }

  #dayOf(day: LedgerDay): Day {
    const known = this.#days.get(day) ?? { held: {}, seen: {} }
    this.#days.set(day, known)
    return known
  }

  #add(into: Record<string, Tally>, key: string, rate: number, seconds: number): void {
    const [amount, all] = into[key] ?? [0, 0]
    into[key] = [Math.min(Number.MAX_SAFE_INTEGER, amount + rate * seconds), all + seconds]
    this.#isSaved = false
  }
}

/** The whole seconds of a span that ends now, split at midnight. */
export function spansOf(endMs: number, seconds: number): readonly Span[] {
  const day = dayOf(endMs)
  const sinceMidnight = Math.floor((endMs - Date.parse(`${day}T00:00:00Z`)) / 1_000)
  if (seconds <= sinceMidnight) return [{ day, seconds }]
  const before = { day: dayOf(endMs - seconds * 1_000), seconds: seconds - sinceMidnight }
  return sinceMidnight > 0 ? [before, { day, seconds: sinceMidnight }] : [before]
}

/** What can’t be read is lost, as the journal may be. */
function parse(text: string | undefined): Record<LedgerDay, Day> {
  return text === undefined ? {} : (JSON.parse(text) as Record<LedgerDay, Day>)
}
