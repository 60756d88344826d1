import type { BidRecord, Did } from '../../src/model/records.ts'
import type { CountedBid } from '../../src/selection/bids.ts'
import type { SelectInput } from '../../src/selection/select.ts'
import { did } from './memory-view.ts'

export const KEY = 'fields.nonce'

export interface SampleBid extends Partial<BidRecord> {
  readonly name: string
  readonly owner?: string
}

/** A bid for one slot in round 0 by the meshlet `did:plc:NAME`, but for what is stated. */
export function bid({ name, owner = `${name}-owner`, ...change }: SampleBid): CountedBid {
  const value: BidRecord = {
    $type: 'commune.scheduler.bid',
    workload: 'at://did:plc:alice/commune.scheduler.workload/hello',
    placementKey: KEY,
    round: 0,
    epoch: 1,
    slots: 1,
    score: 0,
    createdAt: '2026-01-01T00:00:00.000Z',
    ...change,
  }
  return { meshletDid: did(name), ownerDid: did(owner), cid: cidOf(name, value), value }
}

/** The same text for equal records. */
export function cidOf(name: string, value: BidRecord): string {
  return `${name}:${JSON.stringify(value)}`
}

/** A selection over these bids in which all bidders are candidates and nobody is down. */
export function world(
  bids: readonly CountedBid[],
  change: Partial<SelectInput> & { readonly downNames?: readonly string[] } = {},
): SelectInput {
  const { downNames = [], ...rest } = change
  return {
    placementKey: KEY,
    replicas: 1,
    bids,
    candidates: new Set<Did>(bids.map(({ meshletDid }) => meshletDid)),
    down: new Set(downNames.map(did)),
    ...rest,
  }
}

/** Freezes the value and all that hangs on it, so that a write to it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    if (!(value instanceof Map) && !(value instanceof Set)) Object.freeze(value)
    for (const field of Object.values(value)) deepFreeze(field)
  }
  return value
}
