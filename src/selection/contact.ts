import type { Did } from '../model/records.ts'
import type { Electorate } from './electorate.ts'

/** Who of an electorate has acknowledged this machine's heartbeats, and when. */
export interface ContactInput {
  readonly self: Did
  readonly electorate: Electorate
  /** Those who are down by the records have no say. */
  readonly down: ReadonlySet<Did>
  /** Whether heartbeats can pass between this machine and the other: one of the two has an address. */
  readonly canCall: (did: Did) => boolean
  /** When the newest heartbeat was sent that the other acknowledged; undefined: none. */
  readonly acknowledgedMs: (did: Did) => number | undefined
  /** When this program started. */
  readonly startedMs: number
  /** S of the profile. */
  readonly fenceMs: number
  /** Like all times here, milliseconds of the local monotonic clock. */
  readonly now: number
}

/**
 * How a machine stands to the others.
 * - `in-touch`: more than half of the voters have acknowledged one of its heartbeats of the last S.
 * - `unsure`: it started less than S ago and has not heard from so many yet.
 * - `cut-off`: neither.
 */
export interface Contact {
  readonly kind: 'in-touch' | 'unsure' | 'cut-off'
  /** Voters who have acknowledged, its own included. */
  readonly heard: number
  /** More than half of the voters who count. */
  readonly needed: number
  /** When the answer changes unless somebody acknowledges before; undefined: never by itself. */
  readonly againInMs?: number
}

/**
 * Whether this machine is cut off from the candidates of a workload. Voters whose machines are down by
 * the records do not count, nor do those with whom no heartbeat can ever pass because neither side has
 * an address. Its own voter always acknowledges: a machine that is alone is never cut off, and of two
 * voters both are needed until one is down.
 */
export function contactOf(input: ContactInput): Contact {
  const newest = input.electorate
    .filter(({ meshlets }) => !meshlets.includes(input.self))
    .flatMap(({ meshlets }) => newestOf(input, meshlets) ?? [])
  const needed = Math.floor((newest.length + 1) / 2) + 1
  const heard = 1 + newest.filter((sentMs) => input.now - sentMs < input.fenceMs).length
  if (heard >= needed) {
    // Its own voter is one of them, so the newest but one decides.
    const deciding = newest.toSorted((a, b) => b - a)[needed - 2]
    if (deciding === undefined) return { kind: 'in-touch', heard, needed }
    return { kind: 'in-touch', heard, needed, againInMs: deciding + input.fenceMs - input.now }
  }
  const unsureForMs = input.startedMs + input.fenceMs - input.now
  if (unsureForMs <= 0) return { kind: 'cut-off', heard, needed }
  return { kind: 'unsure', heard, needed, againInMs: unsureForMs }
}

/** The newest acknowledgement of a voter's machines; undefined when the voter does not count. */
function newestOf(input: ContactInput, meshlets: readonly Did[]): number | undefined {
  const counted = meshlets.filter((did) => !input.down.has(did) && input.canCall(did))
  if (counted.length === 0) return undefined
  return Math.max(...counted.map((did) => input.acknowledgedMs(did) ?? Number.NEGATIVE_INFINITY))
}
