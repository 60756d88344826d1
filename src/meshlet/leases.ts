import { LABEL } from '../model/nsid.ts'
import type { Did, Grant, Lease } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Guard } from '../ports/guard.ts'
import type { Log } from '../ports/log.ts'
import type { Journal } from '../ports/journal.ts'
import { allWitnesses, countGrants, leaseUntilMs, type WitnessSets } from '../selection/lease.ts'

export interface LeasesOptions {
  readonly self: Did
  readonly guard: Guard
  readonly clock: Clock
  readonly log: Log
  readonly journal: Journal
  /** Names this run of the program. */
  readonly run: string
  /** S of the profile. */
  readonly termMs: number
  /** How often a lease is asked for. */
  readonly heartbeatMs: number
  /** Calls these machines now, with what is asked of them. */
  readonly call: (witnesses: readonly Did[]) => void
  /** What this machine itself says as a witness. */
  readonly askSelf: (ask: Lease) => Grant
  /** A lease came or went. */
  readonly onChange: (uri: string) => void
}

/** How it stands with the right to run a workload here. */
export type LeaseState =
  | {
      readonly kind: 'held'
      readonly epoch: number
      /** Generation of the witnesses that granted it; 0 for one that was taken over. */
      readonly generation: number
      readonly untilMs: number
    }
  | { readonly kind: 'waiting'; readonly why: string }

interface Entry {
  sets: WitnessSets
  epoch: number
  granted: Map<Did, number>
  /** Why a witness did not grant it, the newest word of each. */
  readonly refusals: Map<Did, string>
  /** End of the lease as others granted it: to an earlier run of this program, or earlier witnesses. */
  adoptedUntilMs: number | undefined
  /** What the guard has taken note of. */
  armedUntilMs: number | undefined
  isArming: boolean
  wasHeld: boolean
  heldGeneration: number
  /** Nothing may run here any more; it is being given back. */
  isLeaving: boolean
}

/** A lease that ends sooner is not relied on any more: stopping takes time too. Share of S. */
const MARGIN = 0.25
const HIGHEST = 'lease-epoch'

/**
 * The leases that this machine asks for and holds. Each is asked for again with every heartbeat, and
 * counts from the moment of asking. A lease that ran out is never used again: the next one has a new
 * epoch.
 */
export class Leases implements Disposable {
  readonly #options: LeasesOptions
  readonly #entries = new Map<string, Entry>()
  #cancel: (() => void) | undefined

  constructor(options: LeasesOptions) {
    this.#options = options
  }

  /** Asks for the right to run the workload until told otherwise; says how it stands. */
  want(
    uri: string,
    sets: WitnessSets,
    containers: readonly EngineContainer[],
    seenEpoch: number,
  ): LeaseState {
    if (this.#entries.get(uri)?.isLeaving === true) this.#entries.delete(uri)
    const entry = this.#entries.get(uri) ?? this.#open(uri, sets, containers)
    this.#expire(uri, entry)
    if (entry.sets.generation !== sets.generation) this.#changeWitnesses(uri, entry, sets)
    if (!entry.wasHeld) entry.epoch = Math.max(entry.epoch, seenEpoch + 1)
    this.#begin()
    return this.#state(entry)
  }

  /** How it stands with a lease that was asked for. */
  state(uri: string): LeaseState | undefined {
    const entry = this.#entries.get(uri)
    if (!entry) return undefined
    this.#expire(uri, entry)
    return this.#state(entry)
  }

  /** It is not to run here any more: the lease is given back when nothing of it is left. */
  leave(uri: string, isGone: boolean): void {
    const { guard, clock, heartbeatMs } = this.#options
    const entry = this.#entries.get(uri)
    if (!entry) {
      if (isGone && guard.deadlines.has(uri)) guard.clear(uri)
      return
    }
    if (!isGone || entry.isLeaving) return
    entry.isLeaving = true
    this.#ask(uri, entry)
    guard.clear(uri)
    // Whoever misses it is bound a while longer, and that is all.
    clock.schedule(2 * heartbeatMs, () => {
      if (this.#entries.get(uri)?.isLeaving === true) this.#entries.delete(uri)
    })
  }

  /** What is asked of a witness now. */
  asksOf(witness: Did): readonly Lease[] {
    if (this.#options.guard.problem !== undefined) return []
    return [...this.#entries]
      .filter(([, { sets }]) => allWitnesses(sets).includes(witness))
      .map(([uri, entry]) => this.#lease(uri, entry))
  }

  /** A witness answered. */
  learn(witness: Did, grants: readonly Grant[]): void {
    for (const grant of grants) this.#learn(witness, grant)
  }

  [Symbol.dispose](): void {
    this.#cancel?.()
  }

  #open(uri: string, sets: WitnessSets, containers: readonly EngineContainer[]): Entry {
    const { guard, journal } = this.#options
    const running = containers.find(({ state }) => state === 'running')
    const label = Number(running?.labels[LABEL.epoch])
    const deadlineMs = guard.deadlines.get(uri)
    const isAdopted = Number.isSafeInteger(label) && deadlineMs !== undefined
    const highest = Number(journal.setting(`${HIGHEST} ${uri}`) ?? 0)
    const entry: Entry = {
      sets,
      epoch: isAdopted ? label : highest + 1,
      granted: new Map(),
      refusals: new Map(),
      adoptedUntilMs: isAdopted ? deadlineMs : undefined,
      armedUntilMs: isAdopted ? deadlineMs : undefined,
      isArming: false,
      wasHeld: isAdopted,
      heldGeneration: 0,
      isLeaving: false,
    }
    this.#entries.set(uri, entry)
    this.#ask(uri, entry)
    return entry
  }

  /** What the earlier ones granted lasts to its end; by then the new ones have to grant it too. */
  #changeWitnesses(uri: string, entry: Entry, sets: WitnessSets): void {
    entry.adoptedUntilMs = this.#untilMs(entry)
    entry.granted = new Map()
    entry.refusals.clear()
    entry.sets = sets
    this.#ask(uri, entry)
  }

  #state(entry: Entry): LeaseState {
    const untilMs = this.#untilMs(entry)
    const now = this.#options.guard.nowMs()
    if (untilMs !== undefined && untilMs - this.#marginMs > now && entry.armedUntilMs !== undefined)
      return {
        kind: 'held',
        epoch: entry.epoch,
        generation: entry.heldGeneration,
        untilMs: untilMs - this.#marginMs,
      }
    return { kind: 'waiting', why: this.#why(entry) }
  }

  get #marginMs(): number {
    return this.#options.termMs * MARGIN
  }

  #why(entry: Entry): string {
    const { guard, termMs } = this.#options
    if (guard.problem !== undefined) return `waits for the guard process: ${guard.problem.message}`
    if (entry.sets.witnesses.length === 0)
      return 'no witnesses are named; "commune sync" names them'
    const { granted, of } = countGrants(entry.sets, entry.granted, guard.nowMs() - termMs)
    const said = [...entry.refusals].toSorted(([a], [b]) => (a < b ? -1 : 1))
    const why = said.map(([did, reason]) => `${did}: ${reason}`).join('; ')
    const count = `waits for the lease: ${granted} of ${of} witnesses`
    return why === '' ? count : `${count} (${why})`
  }

  /** Until when it may run here, by the grants. */
  #untilMs({ sets, granted, adoptedUntilMs }: Entry): number | undefined {
    const untilMs = leaseUntilMs(sets, granted, this.#options.termMs)
    if (untilMs === undefined || adoptedUntilMs === undefined) return untilMs ?? adoptedUntilMs
    return Math.max(untilMs, adoptedUntilMs)
  }

  /** A lease that ran out is over for good. */
  #expire(uri: string, entry: Entry): void {
    if (!entry.wasHeld) return
    const untilMs = this.#untilMs(entry)
    if (untilMs !== undefined && untilMs - this.#marginMs > this.#options.guard.nowMs()) return
    this.#options.log.warn('the lease ran out', { workload: uri, epoch: entry.epoch })
    entry.epoch++
    entry.granted = new Map()
    entry.adoptedUntilMs = undefined
    entry.armedUntilMs = undefined
    entry.wasHeld = false
    this.#options.onChange(uri)
  }

  #learn(witness: Did, grant: Grant): void {
    const entry = this.#entries.get(grant.workload)
    if (!entry || entry.isLeaving || grant.run !== this.#options.run) return
    if (!grant.granted) {
      entry.refusals.set(witness, grant.reason ?? 'refused')
      if (!entry.wasHeld) this.#raise(entry, grant.epoch)
      return
    }
    if (grant.epoch !== entry.epoch || grant.askedAt > this.#options.guard.nowMs()) return
    entry.refusals.delete(witness)
    entry.granted.set(witness, Math.max(entry.granted.get(witness) ?? 0, grant.askedAt))
    this.#arm(grant.workload, entry)
  }

  /** Somebody held a lease of a higher epoch before: the next ask goes beyond that. */
  #raise(entry: Entry, epoch: number): void {
    if (epoch < entry.epoch) return
    entry.epoch = epoch + 1
    entry.granted = new Map()
  }

  /** The lease counts from when the guard knows of it. */
  #arm(uri: string, entry: Entry): void {
    const { guard, log, journal, onChange } = this.#options
    const untilMs = leaseUntilMs(entry.sets, entry.granted, this.#options.termMs)
    if (untilMs === undefined || entry.isArming || untilMs <= guard.nowMs()) return
    if (entry.armedUntilMs !== undefined && untilMs <= entry.armedUntilMs) return
    const { epoch, sets } = entry
    const { generation } = sets
    entry.isArming = true
    if (!entry.wasHeld) journal.saveSetting(`${HIGHEST} ${uri}`, String(epoch))
    void guard.set(uri, untilMs).then(
      () => {
        entry.isArming = false
        if (entry.isLeaving || entry.epoch !== epoch || this.#entries.get(uri) !== entry) return
        entry.armedUntilMs = untilMs
        const isNew = !entry.wasHeld || entry.heldGeneration !== generation
        entry.heldGeneration = generation
        entry.wasHeld = true
        if (!isNew) return
        log.info('holds the lease', { workload: uri, epoch })
        onChange(uri)
      },
      (error: unknown) => {
        entry.isArming = false
        log.warn('the guard did not take note of a lease', { workload: uri, error: String(error) })
      },
    )
  }

  /** Asks everybody, this machine included. */
  #ask(uri: string, entry: Entry): void {
    const { self, askSelf, call, guard } = this.#options
    if (guard.problem !== undefined) return
    const witnesses = allWitnesses(entry.sets)
    if (witnesses.includes(self)) this.#learn(self, askSelf(this.#lease(uri, entry)))
    call(witnesses.filter((did) => did !== self))
  }

  #lease(uri: string, { epoch, sets, isLeaving }: Entry): Lease {
    const { run, guard, termMs } = this.#options
    return {
      workload: uri as Lease['workload'],
      epoch,
      generation: sets.generation,
      run,
      askedAt: Math.floor(guard.nowMs()),
      termMs,
      ...(isLeaving ? { released: true } : {}),
    }
  }

  /** The others are asked with each heartbeat; this machine asks itself as often. */
  #begin(): void {
    this.#cancel ??= this.#options.clock.schedule(this.#options.heartbeatMs, () => {
      this.#cancel = undefined
      for (const [uri, entry] of this.#entries) {
        const { self, askSelf, guard } = this.#options
        this.#expire(uri, entry)
        if (guard.problem === undefined && allWitnesses(entry.sets).includes(self))
          this.#learn(self, askSelf(this.#lease(uri, entry)))
      }
      if (this.#entries.size > 0) this.#begin()
    })
  }
}
