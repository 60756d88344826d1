import type { Amount } from '../model/request.ts'
import type { BidRecord, Did } from '../model/records.ts'
import { isOffer } from './bids.ts'
import { slotsOf, type Choice } from './select.ts'

/** Limit on the slots of one bid, as in the lexicon. */
export const SLOTS_MAX = 1_000

/** Why there is no room for even one replica. */
export type Lack = 'no-cpu' | 'no-memory' | 'no-storage'

const LACKS: readonly (readonly [keyof Amount, Lack])[] = [
  ['cpuMilli', 'no-cpu'],
  ['memoryBytes', 'no-memory'],
  ['storageBytes', 'no-storage'],
]

/** How many replicas fit into the room, at most `SLOTS_MAX`. */
export function slotsIn(room: Amount, request: Amount): number {
  const fits = LACKS.filter(([kind]) => request[kind] > 0).map(([kind]) =>
    Math.floor(room[kind] / request[kind]),
  )
  return Math.max(0, Math.min(SLOTS_MAX, ...fits))
}

/** The first resource of which there is too little for one replica. */
export function lackOf(room: Amount, request: Amount): Lack | undefined {
  return LACKS.find(([kind]) => room[kind] < request[kind])?.[1]
}

export const NOTHING: Amount = { cpuMilli: 0, memoryBytes: 0, storageBytes: 0 }

export function plus(a: Amount, b: Amount): Amount {
  return {
    cpuMilli: a.cpuMilli + b.cpuMilli,
    memoryBytes: a.memoryBytes + b.memoryBytes,
    storageBytes: a.storageBytes + b.storageBytes,
  }
}

/** So many times as much. */
export function times({ cpuMilli, memoryBytes, storageBytes }: Amount, count: number): Amount {
  return {
    cpuMilli: cpuMilli * count,
    memoryBytes: memoryBytes * count,
    storageBytes: storageBytes * count,
  }
}

/** What is left of `a` without `b`; may be negative. */
export function minus(a: Amount, b: Amount): Amount {
  return {
    cpuMilli: a.cpuMilli - b.cpuMilli,
    memoryBytes: a.memoryBytes - b.memoryBytes,
    storageBytes: a.storageBytes - b.storageBytes,
  }
}

/** As much of the room as the limit leaves; what has no limit stays. */
export function within(room: Amount, limit: Partial<Amount>): Amount {
  return {
    cpuMilli: Math.min(room.cpuMilli, limit.cpuMilli ?? Infinity),
    memoryBytes: Math.min(room.memoryBytes, limit.memoryBytes ?? Infinity),
    storageBytes: Math.min(room.storageBytes, limit.storageBytes ?? Infinity),
  }
}

export interface ReservationInput {
  readonly selfMeshlet: Did
  /** The own bid, as the PDS acknowledged it. */
  readonly own: Pick<BidRecord, 'slots' | 'refused' | 'round' | 'placementKey'>
  /** Key of the workload as it is now; of the choice too. */
  readonly placementKey: string
  readonly decidedThrough: number
  readonly choice: Choice
}

/**
 * Slots that the own bid keeps reserved: all while its round is undecided, those won afterwards.
 * A lost bid stays as a standby that reserves nothing, and so does one for an old key: what still
 * runs under it is reserved by running.
 */
export function reservedSlots(input: ReservationInput): number {
  const { own, choice, selfMeshlet } = input
  if (!isOffer(own) || own.placementKey !== input.placementKey) return 0
  if (own.round > input.decidedThrough) return own.slots
  return slotsOf(choice, selfMeshlet)
}
