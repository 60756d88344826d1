import { messageOf } from '../model/errors.ts'
import type { AtUri, Did, Grant, Lease } from '../model/records.ts'
import type { Journal } from '../ports/journal.ts'
import type { Log } from '../ports/log.ts'
import type { WitnessSets } from '../selection/lease.ts'
import {
  judgeAsk,
  type GrantedLease,
  type Selected,
  type WitnessMemory,
} from '../selection/witness.ts'

export interface WitnessBookOptions {
  readonly self: Did
  readonly journal: Journal
  readonly log: Log
  /** The clock that counts sleep, milliseconds. */
  readonly nowMs: () => number
  /** D of the profile. */
  readonly leastMs: number
  readonly setsOf: (uri: AtUri) => WitnessSets | undefined
  /** How long the workload may take to stop, milliseconds. */
  readonly graceMsOf: (uri: AtUri) => number
  /** Whom this machine's own records select. */
  readonly selected: (uri: AtUri, asker: Did) => Selected
}

const HIGHEST = 'witness'
/** Asks of one call; the lexicon's limit. */
const ASKS_MAX = 256
const REASON_LENGTH_MAX = 300

/** This machine as a witness: what it granted to whom. The highest epochs are kept in the journal. */
export class WitnessBook {
  readonly #options: WitnessBookOptions
  readonly #memories = new Map<string, WitnessMemory>()
  readonly #startedMs: number

  constructor(options: WitnessBookOptions) {
    this.#options = options
    this.#startedMs = options.nowMs()
  }

  /** Answers what a machine asked. It has proved who it is. */
  answer(asker: Did, asks: readonly Lease[]): readonly Grant[] {
    return asks.slice(0, ASKS_MAX).map((ask) => this.judge(asker, ask))
  }

  /** The answer to one ask. What can't be written down is not granted. */
  judge(asker: Did, ask: Lease): Grant {
    try {
      return this.#judge(asker, ask)
    } catch (error) {
      this.#options.log.warn('could not grant a lease', { error: messageOf(error) })
      const { workload, run, askedAt } = ask
      const reason = 'it could not write its grant down'
      return { workload, epoch: 0, run, askedAt, granted: false, reason }
    }
  }

  #judge(asker: Did, ask: Lease): Grant {
    const { self, setsOf, selected, graceMsOf, leastMs, nowMs, log } = this.#options
    const before = this.#memoryOf(ask.workload)
    const verdict = judgeAsk(before, {
      self,
      asker,
      ask,
      sets: setsOf(ask.workload),
      selected: selected(ask.workload, asker),
      graceMs: graceMsOf(ask.workload),
      leastMs,
      startedMs: this.#startedMs,
      now: nowMs(),
    })
    const { granted, memory } = verdict
    this.#remember(ask.workload, before, memory)
    if (granted && before.highest?.epoch !== ask.epoch)
      log.info('granted a lease', { workload: ask.workload, holder: asker, epoch: ask.epoch })
    return {
      workload: ask.workload,
      epoch: memory.highest?.epoch ?? 0,
      run: ask.run,
      askedAt: ask.askedAt,
      granted,
      ...(verdict.reason === undefined
        ? {}
        : { reason: verdict.reason.slice(0, REASON_LENGTH_MAX) }),
    }
  }

  /** The workload is gone: what was granted of it is of no account any more. */
  forget(uri: string): void {
    this.#memories.delete(uri)
    this.#options.journal.saveSetting(`${HIGHEST} ${uri}`, undefined)
  }

  #memoryOf(uri: string): WitnessMemory {
    const known = this.#memories.get(uri)
    if (known) return known
    const saved = this.#options.journal.setting(`${HIGHEST} ${uri}`)
    return saved === undefined ? {} : { highest: JSON.parse(saved) as GrantedLease }
  }

  /** Written before anybody hears of it; throws when that fails, so that nobody does. */
  #remember(uri: string, before: WitnessMemory, after: WitnessMemory): void {
    if (after === before) return
    const { highest } = after
    const old = before.highest
    const isSame =
      old?.epoch === highest?.epoch &&
      old?.holder === highest?.holder &&
      old?.termMs === highest?.termMs &&
      old?.isReleased === highest?.isReleased
    if (!isSame) this.#options.journal.saveSetting(`${HIGHEST} ${uri}`, JSON.stringify(highest))
    this.#memories.set(uri, after)
  }
}
