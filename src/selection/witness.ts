import type { Did, Lease } from '../model/records.ts'
import { allWitnesses, bindingMs, TERM_MS_MAX, type WitnessSets } from './lease.ts'

/** A lease as a witness granted it. */
export interface GrantedLease {
  readonly epoch: number
  readonly holder: Did
  readonly termMs: number
  readonly isReleased: boolean
}

/** What a witness remembers of one workload. */
export interface WitnessMemory {
  /** The lease with the highest epoch that was ever granted; outlives a restart. */
  readonly highest?: GrantedLease
  /** When it was granted last, on the witness's clock; undefined after a restart or a release. */
  readonly grantedMs?: number
  /** The newest ask of that holder's program: what is older came late. */
  readonly newest?: { readonly run: string; readonly askedAt: number }
  /** Since when its records select somebody else than the holder. */
  readonly otherSinceMs?: number
}

/** Whom the witness's own records select, as far as the asker is concerned. */
export type Selected = 'asker' | 'nobody' | 'other' | 'unknown'

export interface WitnessInput {
  readonly self: Did
  readonly asker: Did
  readonly ask: Pick<Lease, 'epoch' | 'generation' | 'run' | 'askedAt' | 'termMs' | 'released'>
  /** As the witness's own records name them; undefined: no such workload, or it may run twice. */
  readonly sets: WitnessSets | undefined
  readonly selected: Selected
  /** For how long a holder whom the records do not select any more may go on, so as to stop in order. */
  readonly graceMs: number
  /** D of the witness's profile: a grant binds it at least for so long. */
  readonly leastMs: number
  /** When this program started; like `now`, milliseconds of a clock that counts sleep. */
  readonly startedMs: number
  readonly now: number
}

export interface Verdict {
  readonly memory: WitnessMemory
  readonly granted: boolean
  readonly reason?: string
}

/**
 * Whether a witness grants a lease. It knows of no other witness: that any two majorities share one is
 * what makes the rules hold. A grant binds it (`bindingMs`, at least D) from when it was given last; so
 * does a restart, since it may have granted anything to anybody before.
 */
export function judgeAsk(memory: WitnessMemory, input: WitnessInput): Verdict {
  const { ask, asker, now } = input
  if (isOutdated(memory, input)) return refuse(memory, 'a newer word of the asker came before')
  if (ask.released === true) return { memory: released(memory, input), granted: false }
  const otherSinceMs = input.selected === 'other' ? (memory.otherSinceMs ?? now) : undefined
  const reason = obstacle(memory, input, otherSinceMs)
  if (reason !== undefined) return refuse(memory, reason)
  const granted: WitnessMemory = {
    highest: { epoch: ask.epoch, holder: asker, termMs: ask.termMs, isReleased: false },
    grantedMs: now,
    newest: { run: ask.run, askedAt: ask.askedAt },
    ...(otherSinceMs === undefined ? {} : { otherSinceMs }),
  }
  return { memory: granted, granted: true }
}

function obstacle(
  memory: WitnessMemory,
  input: WitnessInput,
  otherSinceMs: number | undefined,
): string | undefined {
  const { ask, asker, sets, selected, startedMs, now, self } = input
  const { highest, grantedMs } = memory
  if (!sets || !allWitnesses(sets).includes(self)) return 'not a witness of it'
  if (ask.generation !== sets.generation)
    return `knows of generation ${sets.generation} of the witnesses, asked for ${ask.generation}`
  if (ask.termMs > TERM_MS_MAX) return 'it asks for too long a term'
  const boundMs = Math.max(input.leastMs, bindingMs(highest?.termMs ?? 0))
  if (now - startedMs < boundMs) return 'started a moment ago, and may have granted it before'
  const isOwn = highest?.holder === asker
  if (highest && !isOwn && grantedMs !== undefined && now - grantedMs < boundMs)
    return `granted to ${highest.holder}`
  const isRenewal = isOwn && !highest.isReleased && ask.epoch === highest.epoch
  if (highest && !isRenewal && ask.epoch <= highest.epoch)
    return `epoch ${highest.epoch} was granted before`
  if (selected === 'asker') return undefined
  const isLate = otherSinceMs !== undefined && now - otherSinceMs >= input.graceMs
  const mayGoOn = isRenewal && grantedMs !== undefined && !isLate
  return mayGoOn ? undefined : `its records select ${selected === 'other' ? 'another' : 'nobody'}`
}

/** Messages overtake each other; what was asked before a release must not bring the lease back. */
function isOutdated({ highest, newest }: WitnessMemory, { asker, ask }: WitnessInput): boolean {
  if (highest?.holder !== asker || newest?.run !== ask.run) return false
  return ask.askedAt < newest.askedAt
}

function released(memory: WitnessMemory, { asker, ask }: WitnessInput): WitnessMemory {
  const { highest } = memory
  if (highest?.holder !== asker || ask.epoch < highest.epoch) return memory
  return {
    highest: { epoch: ask.epoch, holder: asker, termMs: ask.termMs, isReleased: true },
    newest: { run: ask.run, askedAt: ask.askedAt },
  }
}

function refuse(memory: WitnessMemory, reason: string): Verdict {
  return { memory, granted: false, reason }
}
