import type { Clock } from '../ports/clock.ts'
import type { Engine } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'
import type { WallState } from '../ports/walls.ts'
import type { Outcome } from '../reconcile/outcome.ts'
import type { Chronicle } from './chronicle.ts'

export interface FirewallWatchOptions {
  readonly engine: Pick<Engine, 'firewall'>
  readonly chronicle: Pick<Chronicle, 'note'>
  readonly clock: Clock
  readonly log: Log
  /** Only a trial from inside shows what a change means. */
  readonly onDoubt: () => void
  /** What is known has changed. */
  readonly onChange: () => void
}

export type FirewallKnown = { readonly kind: 'untried' } | WallState

/** A firewall that is loaded anew may sweep the rules away at any time. */
const LOOK_EVERY_MS = 10_000
/** While they do not stand nothing depends on them. */
const LOOK_FOR_THEM_EVERY_MS = 60_000

/** Keeps looking whether the firewall rules stand, on which every way to the internet depends. */
export class FirewallWatch {
  readonly #options: FirewallWatchOptions
  #known: FirewallKnown = { kind: 'untried' }
  #dueAtMs = 0

  constructor(options: FirewallWatchOptions) {
    this.#options = options
  }

  get known(): FirewallKnown {
    return this.#known
  }

  /** Looks when it is time; says when to look again. Never rejects, but for an aborted signal. */
  async look(signal: AbortSignal): Promise<Outcome> {
    const { engine, clock } = this.#options
    const now = clock.monotonicMs()
    const waitMs = this.#dueAtMs - now
    if (waitMs > 0) return { kind: 'again', afterMs: waitMs }
    const state = await engine.firewall(signal)
    const afterMs = state.kind === 'standing' ? LOOK_EVERY_MS : LOOK_FOR_THEM_EVERY_MS
    this.#dueAtMs = clock.monotonicMs() + afterMs
    this.#learn(state)
    return { kind: 'again', afterMs }
  }

  #learn(state: WallState): void {
    const before = this.#known
    this.#known = state
    if (before.kind === state.kind && whyOf(before) === whyOf(state)) return
    // Most machines have no firewall and never had, which is nothing to tell.
    if (before.kind !== 'untried') {
      this.#tell(state)
      this.#options.onDoubt()
    }
    this.#options.onChange()
  }

  #tell(state: WallState): void {
    const { log, chronicle } = this.#options
    const why = whyOf(state)
    if (why === undefined) log.info('the firewall rules are in force')
    else log.warn('the firewall rules are not in force, as far as can be seen', { reason: why })
    chronicle.note('walls', { reason: `egress internet: ${why ?? 'the firewall rules stand'}` })
  }
}

function whyOf(known: FirewallKnown): string | undefined {
  return known.kind === 'down' || known.kind === 'unknown' ? known.why : undefined
}
