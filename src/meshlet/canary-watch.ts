import { CommuneError, messageOf } from '../model/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Engine, WallReport, WallTrial } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import { backoffMs, type Backoff } from '../reconcile/backoff.ts'
import type { Outcome } from '../reconcile/outcome.ts'
import type { Chronicle } from './chronicle.ts'

export interface CanaryWatchOptions {
  readonly engine: Pick<Engine, 'tryWalls'>
  readonly meshletDid: string
  /** TCP ports of the machine where this program listens. */
  readonly ownPorts: readonly number[]
  readonly chronicle: Pick<Chronicle, 'note'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Another trial is due. */
  readonly onDoubt: () => void
  /** What is known has changed. */
  readonly onChange: () => void
}

export type Egress = WallTrial['egress']
/** What is known of the walls of one kind of network. */
export type WallsKnown = { readonly kind: 'untried' } | WallReport

const KINDS: readonly Egress[] = ['none', 'internet']
/** Walls may fall at any time: by a firewall that is loaded anew, by a new network of the machine. */
const TRIAL_EVERY_MS = 60 * 60_000
/** Part of that time that chance decides: machines of one site do not all try at once. */
const TRIAL_JITTER = 0.2
/** An engine that comes and goes is tried no more often than this. */
const TRIAL_GAP_MS = 30_000
const RETRY: Backoff = { initialMs: 2_000, maxMs: 60_000 }
/** After so many trials in a row that the engine failed, they prove nothing any more. */
const FAILED_TRIALS_MAX = 3

/**
 * Keeps trying whether containers are walled in: at the start, from time to time, and after the engine
 * was away. Whether others may work here follows from what it finds.
 */
export class CanaryWatch {
  readonly #options: CanaryWatchOptions
  readonly #known = new Map<Egress, WallReport>()
  #triedAtMs: number | undefined
  #dueAtMs = 0
  #failures = 0

  constructor(options: CanaryWatchOptions) {
    this.#options = options
  }

  /** What the last trial showed. */
  known(egress: Egress): WallsKnown {
    return this.#known.get(egress) ?? { kind: 'untried' }
  }

  /** Something happened by which the walls may have changed. */
  doubt(): void {
    this.#dueAtMs = this.#triedAtMs === undefined ? 0 : this.#triedAtMs + TRIAL_GAP_MS
    this.#options.onDoubt()
  }

  /** Tries when it is time; says when to look again. Never rejects. */
  async look(signal: AbortSignal): Promise<Outcome> {
    const { clock, random } = this.#options
    const now = clock.monotonicMs()
    if (now < this.#dueAtMs) return { kind: 'again', afterMs: this.#dueAtMs - now }
    const share = 1 + TRIAL_JITTER * (random.next() - 0.5)
    this.#triedAtMs = now
    this.#dueAtMs = now + TRIAL_EVERY_MS * share
    const failed = await this.#tryAll(signal)
    if (failed)
      this.#dueAtMs = clock.monotonicMs() + backoffMs(RETRY, this.#failures, random.next())
    return { kind: 'again', afterMs: Math.max(0, this.#dueAtMs - clock.monotonicMs()) }
  }

  /** Whether a trial failed. */
  async #tryAll(signal: AbortSignal): Promise<boolean> {
    const { engine, meshletDid, ownPorts, log } = this.#options
    try {
      for (const egress of KINDS)
        this.#learn(egress, await engine.tryWalls({ meshletDid, egress, ownPorts }, signal))
      this.#failures = 0
      return false
    } catch (error) {
      if (signal.aborted) return true
      log.warn('the walls around containers could not be tried', { error: messageOf(error) })
      this.#failures += 1
      // Of an engine that does not answer nothing new is known; it says so itself.
      const isAway = error instanceof CommuneError && error.code === 'engine-unreachable'
      if (!isAway && this.#failures >= FAILED_TRIALS_MAX) {
        const why = `the trial failed: ${messageOf(error)}`
        for (const egress of KINDS) this.#learn(egress, { kind: 'unproven', why })
      }
      return true
    }
  }

  #learn(egress: Egress, report: WallReport): void {
    const before = this.#known.get(egress)
    this.#known.set(egress, report)
    if (sameWalls(before, report)) return
    this.#tell(egress, before, report)
    this.#options.onChange()
  }

  #tell(egress: Egress, before: WallReport | undefined, report: WallReport): void {
    const { log, chronicle } = this.#options
    const problem = wallsProblem(report)
    // A machine without a firewall has no walls of that kind, which is nothing new to its owner.
    const isNews = before !== undefined || (egress === 'none' && problem !== undefined)
    if (!isNews) return
    const reason = `egress ${egress}: ${problem ?? 'the walls around containers stand'}`
    if (problem === undefined) log.info('the walls around containers stand', { egress })
    else log.warn('the walls around containers do not stand for sure', { egress, problem })
    chronicle.note('walls', { reason })
  }
}

/** In a sentence; undefined when nothing is known against them. */
export function wallsProblem(known: WallsKnown): string | undefined {
  switch (known.kind) {
    case 'untried':
    case 'standing':
      return undefined
    case 'open': {
      const [first = '', ...rest] = known.open
      const more = rest.length === 0 ? '' : `, and ${rest.length} more`
      return `the walls around containers are open on this machine: ${first}${more}`
    }
    case 'unproven':
      return `it is not proven that the walls around containers stand on this machine: ${known.why}`
  }
}

/** How many places were tried is no difference. */
function sameWalls(a: WallReport | undefined, b: WallReport): boolean {
  if (a?.kind === 'standing') return b.kind === 'standing'
  return a !== undefined && wallsProblem(a) === wallsProblem(b)
}
