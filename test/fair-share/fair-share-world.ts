import { fairShareOf } from '../../src/ledger/fair-share.ts'
import { addDays, DAY_SECONDS } from '../../src/ledger/ledger-day.ts'
import type { LedgerEntry } from '../../src/ledger/entries.ts'
import { ledgerOf } from '../../src/ledger/ledger.ts'
import { Trust } from '../../src/ledger/trust.ts'
import type { Did } from '../../src/model/records.ts'
import { NOTHING, plus } from '../../src/selection/room.ts'
import { MACHINE_DAY, rateOf, REFERENCE_MACHINE } from '../../src/ledger/rate.ts'
import { vouchFor } from '../../src/ledger/vouch.ts'
import { WaitingRoom } from '../../src/meshlet/waiting-room.ts'
import type { Amount } from '../../src/model/request.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { hash64, mix } from '../../src/selection/mix.ts'
import { NO_FAIR_SHARE, scoreBid, type FairShare } from '../../src/selection/score.ts'
import { LedgerBooks, ledgerDid } from '../support/ledger-books.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { SeededRandom } from '../support/seeded-random.ts'

/** How one member behaves. */
export interface MemberPlan {
  readonly name: string
  /** Reference machines that she offers. */
  readonly machines: number
  /** Jobs that she wants to run at a time, a tenth of a machine each. */
  readonly jobs: number
  /** Claims so many times what ran. */
  readonly inflation?: number
  /** Acknowledges nothing of what others did for her. */
  readonly acknowledgesNothing?: boolean
  /** Claims and acknowledges this much, in machine-days a day, that never ran, for each of these. */
  readonly fakes?: { readonly partners: readonly string[]; readonly machineDays: number }
  /** The others do not recognise her: she is in nobody's ledger. */
  readonly isStranger?: boolean
  /** Days of her membership: from the first, and on the last one no more. All when left out. */
  readonly stays?: readonly [from: number, to: number]
}

/** What happened on one day, by member, in machine-days. */
export interface DayReport {
  readonly day: number
  /** Room that her jobs had, on whatever machine. */
  readonly used: Readonly<Record<string, number>>
  /** What she held for others, and what others held for her; as it was, whatever was claimed. */
  readonly given: Readonly<Record<string, number>>
  readonly taken: Readonly<Record<string, number>>
  /** From the ledger that was in use on that day. */
  readonly balance: Readonly<Record<string, number>>
  readonly credit: Readonly<Record<string, number>>
}

interface Job {
  readonly uri: string
  readonly owner: string
  hoursLeft: number
}

interface Machine {
  readonly owner: string
  readonly offer: Amount
  readonly slots: number
  readonly room: WaitingRoom
  readonly running: Job[]
}

const JOB: Amount = { cpuMilli: 400, memoryBytes: 64 * 1024 * 1024, storageBytes: 0 }
const SLOTS_A_MACHINE = 10
/** More waiting ones change nothing: they are asked for one at a time. */
const WAITING_MAX = 2
const JOB_HOURS = [3, 9] as const
const FIRST_DAY = '2026-01-01'
const HOUR_MS = 3_600_000

/**
 * A commune over months, an hour a step: jobs come and go, each machine lines up what waits and the
 * offer with the highest score gets it, by the very functions that meshlets use. Every day the books
 * are closed as meshlets close them, and the ledger of the day before yesterday is used.
 */
export class FairShareWorld {
  readonly reports: DayReport[] = []
  readonly #plans: readonly MemberPlan[]
  readonly #random: SeededRandom
  readonly #clock = new ManualClock()
  readonly #books: LedgerBooks
  readonly #machines: readonly Machine[]
  #share: FairShare = NO_FAIR_SHARE
  readonly #trusts = new Map<string, Trust>()
  #day = 0
  #jobs = 0
  #changes = 0

  constructor(plans: readonly MemberPlan[], seed = 1) {
    this.#plans = plans
    this.#random = new SeededRandom(seed, 'fair share')
    this.#books = new LedgerBooks(...plans.map(({ name }) => name))
    this.#machines = plans
      .filter(({ machines }) => machines > 0)
      .map(({ name: owner, machines }) => {
        const offer = { ...REFERENCE_MACHINE, cpuMilli: machines * REFERENCE_MACHINE.cpuMilli }
        const running: Job[] = []
        const room = new WaitingRoom({
          fairShare: {
            ledgerDay: undefined,
            balanceOf: (who) => this.#share.balanceOf(who),
            creditOf: (who) => {
              const credit = this.#share.creditOf(who)
              return this.#trusts.get(owner)?.partOf(who, credit) ?? credit
            },
          },
          clock: this.#clock,
          offer: () => offer,
          free: () => offer,
          held: () => ({ byOwner: heldBy(running), version: this.#changes }),
          onMove: () => undefined,
        })
        return { owner, offer, slots: machines * SLOTS_A_MACHINE, room, running }
      })
  }

  run(days: number): this {
    for (let day = 0; day < days; day++) {
      this.#day = day
      this.#sendAway()
      const held = new Map<string, number>()
      const used = new Map<string, number>()
      for (let hour = 0; hour < 24; hour++) this.#hour(held, used)
      this.#closeDay(day, held)
      this.#report(day, held, used)
    }
    return this
  }

  #isHere({ stays: [from, to] = [0, Infinity] }: MemberPlan): boolean {
    return this.#day >= from && this.#day < to
  }

  /** Whoever left is served no more; what she has running ends by itself. */
  #sendAway(): void {
    const gone = new Set(this.#plans.filter((plan) => !this.#isHere(plan)).map(({ name }) => name))
    for (const { room } of this.#machines)
      for (const { uri, ownerDid } of [...room.line])
        if (gone.has(nameOf(ownerDid))) room.leave(uri)
  }

  /** `held` is by giver and taker, both in replica-hours. */
  #hour(held: Map<string, number>, used: Map<string, number>): void {
    this.#clock.advance(HOUR_MS)
    this.#changes++
    for (const { running } of this.#machines) {
      for (const job of running) job.hoursLeft--
      running.splice(0, running.length, ...running.filter(({ hoursLeft }) => hoursLeft > 0))
    }
    this.#ask()
    this.#serve()
    for (const { owner: giver, running } of this.#machines)
      for (const { owner } of running) {
        used.set(owner, (used.get(owner) ?? 0) + 1)
        if (giver === owner) continue
        const key = `${giver} ${owner}`
        held.set(key, (held.get(key) ?? 0) + 1)
      }
  }

  /** Everybody publishes as much as she wants to run, a few at a time. */
  #ask(): void {
    const running = Map.groupBy(
      this.#machines.flatMap((machine) => machine.running),
      ({ owner }) => owner,
    )
    const waiting = Map.groupBy(this.#machines[0]?.room.line ?? [], ({ ownerDid }) => ownerDid)
    for (const { name, jobs } of this.#plans.filter((plan) => this.#isHere(plan))) {
      const ownerDid = ledgerDid(name)
      const wanted = Math.min(WAITING_MAX, jobs - (running.get(name)?.length ?? 0))
      for (let count = waiting.get(ownerDid)?.length ?? 0; count < wanted; count++) {
        const uri = workloadUri(ownerDid, `job-${this.#jobs++}`)
        for (const { room } of this.#machines)
          room.enter({ uri, ownerDid, priority: 0, request: JOB, slots: 1 })
      }
    }
  }

  /** Whose line it is bids first; among those with room the highest score gets the job. */
  #serve(): void {
    const begin = this.#random.integer(0, this.#machines.length - 1)
    const order = [...this.#machines.slice(begin), ...this.#machines.slice(0, begin)]
    for (const machine of order)
      while (machine.running.length < machine.slots) {
        const [first] = machine.room.line
        if (!first) return
        const winner = this.#winnerOf(first.uri)
        winner.running.push({
          uri: first.uri,
          owner: nameOf(first.ownerDid),
          hoursLeft: this.#random.integer(...JOB_HOURS),
        })
        this.#changes++
        for (const { room } of this.#machines) room.leave(first.uri)
        this.#ask()
      }
  }

  #winnerOf(uri: string): Machine {
    const offers = this.#machines
      .filter(({ running, slots }) => running.length < slots)
      .map((machine) => {
        const { owner, offer, running } = machine
        const cpuMilli = offer.cpuMilli - running.length * JOB.cpuMilli
        const { score } = scoreBid({
          ownerDid: ledgerDid(owner),
          capacity: offer,
          room: { ...offer, cpuMilli },
          request: JOB,
          fairShare: this.#share,
        })
        return { machine, score, mixed: mix(hash64(uri), hash64(ledgerDid(owner))) }
      })
    const [best] = offers.toSorted((a, b) => b.score - a.score || a.mixed - b.mixed)
    if (!best) throw new Error('nobody has room')
    return best.machine
  }

  /** Machines claim, and the other side says what it saw, each in its own way. */
  #closeDay(dayNumber: number, held: ReadonlyMap<string, number>): void {
    const day = addDays(FIRST_DAY, dayNumber)
    const rate = rateOf(JOB)
    for (const [key, hours] of [...held].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const [giver = '', taker = ''] = key.split(' ')
      const seconds = hours * 3_600
      const amount = seconds * rate
      const claimed = Math.round(amount * (this.#planOf(giver).inflation ?? 1))
      const workload = workloadUri(ledgerDid(taker), 'jobs')
      const entry = { workload, amount: claimed, seconds }
      const [said] = vouchFor([entry], () => ({ amount, seconds, rate }))
      const isSaid = this.#planOf(taker).acknowledgesNothing !== true
      this.#books.work(giver, taker, day, {
        app: 'jobs',
        amount: claimed / MACHINE_DAY,
        acknowledged: isSaid ? (said?.amount ?? 0) / MACHINE_DAY : 0,
      })
    }
    for (const { name, fakes } of this.#plans.filter((plan) => this.#isHere(plan)))
      for (const partner of fakes?.partners ?? [])
        this.#books.work(name, partner, day, { app: 'fake', amount: fakes?.machineDays ?? 0 })
  }

  #planOf(name: string): MemberPlan {
    const plan = this.#plans.find((one) => one.name === name)
    if (!plan) throw new Error(`there is no member ${name}`)
    return plan
  }

  #report(
    dayNumber: number,
    held: ReadonlyMap<string, number>,
    used: ReadonlyMap<string, number>,
  ): void {
    const share = this.#share
    const days = (hours: number) => (hours * rateOf(JOB) * 3_600) / (1_000_000 * DAY_SECONDS)
    const sum = (isMine: (giver: string, taker: string) => boolean) =>
      [...held].reduce((all, [key, hours]) => {
        const [giver = '', taker = ''] = key.split(' ')
        return isMine(giver, taker) ? all + days(hours) : all
      }, 0)
    this.reports.push({
      day: dayNumber,
      used: this.#byName((name) => days(used.get(name) ?? 0)),
      given: this.#byName((name) => sum((giver) => giver === name)),
      taken: this.#byName((name) => sum((_, taker) => taker === name)),
      balance: this.#byName((name) => share.balanceOf(ledgerDid(name)) / 1_000),
      credit: this.#byName((name) => share.creditOf(ledgerDid(name)) / 1_000),
    })
    if (dayNumber === 0) return
    const known = this.#plans.filter((plan) => plan.isStranger !== true && this.#isHere(plan))
    const members = this.#books.members(...known.map(({ name }) => name))
    const closed = addDays(FIRST_DAY, dayNumber - 1)
    for (const { name } of known) this.#trusts.set(name, new Trust(ledgerDid(name), closed))
    const trusts = [...this.#trusts.values()]
    const onEntry = (entry: LedgerEntry) => trusts.forEach((trust) => trust.add(entry))
    this.#share = fairShareOf(ledgerOf({ day: closed, members, onEntry }))
  }

  #byName(value: (name: string) => number): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#plans.map(({ name }) => [name, value(name)]))
  }
}

function nameOf(owner: Did): string {
  return owner.slice('did:plc:'.length)
}

function heldBy(running: readonly Job[]): ReadonlyMap<Did, Amount> {
  const held = new Map<Did, Amount>()
  for (const { owner } of running) {
    const did = ledgerDid(owner)
    held.set(did, plus(held.get(did) ?? NOTHING, JOB))
  }
  return held
}
