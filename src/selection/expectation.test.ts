import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { bid, world } from '../../test/support/sample-bids.ts'
import type { MeshletStatusRecord, WorkloadRecord } from '../model/records.ts'
import type { CountedBid } from './bids.ts'
import { expectedChoice, type Silent } from './expectation.ts'
import { NO_FAIR_SHARE } from './score.ts'
import type { SelectInput } from './select.ts'

const GIB = 1024 ** 3
const WORKLOAD: WorkloadRecord = {
  $type: 'commune.scheduler.workload',
  kind: 'Workload',
  name: 'hello',
  image: 'example/hello@sha256:00',
  resources: { cpuMilli: 500, memoryBytes: GIB },
  createdAt: '2026-01-01T00:00:00.000Z',
}
const CAPACITY = { cpuMilli: 4_000, memoryBytes: 8 * GIB, storageBytes: 0 }

/** A machine that says that so much of its processors is free. */
function silent(
  name: string,
  freeMilli: number,
  change: Partial<MeshletStatusRecord> = {},
): Silent {
  const value: MeshletStatusRecord = {
    $type: 'commune.scheduler.meshletStatus',
    epoch: 1,
    state: 'active',
    capacity: CAPACITY,
    available: { ...CAPACITY, cpuMilli: freeMilli },
    createdAt: '2026-01-01T00:00:00.000Z',
    ...change,
  }
  return { meshletDid: did(name), ownerDid: did(`${name}-owner`), status: { cid: name, value } }
}

function expected(
  silentOnes: readonly Silent[],
  bids: readonly CountedBid[] = [],
  change: Partial<SelectInput> = {},
  owes = '',
): readonly string[] {
  const dids = [...silentOnes, ...bids].map(({ meshletDid }) => meshletDid)
  const { winners } = expectedChoice({
    uri: 'at://did:plc:alice/commune.scheduler.workload/hello',
    workload: WORKLOAD,
    selectInput: world(bids, { candidates: new Set(dids), throughRound: -1, ...change }),
    round: 0,
    silent: silentOnes,
    fairShare: {
      ...NO_FAIR_SHARE,
      balanceOf: (owner) => (owner === did(`${owes}-owner`) ? -1_000 : 0),
    },
  })
  return winners.map(({ meshletDid, slots }) => `${meshletDid.slice(8)}×${slots}`)
}

describe('who will probably be chosen', () => {
  test('is who says that the most is free, whatever the order', () => {
    const ones = [silent('a', 1_000), silent('b', 3_000), silent('c', 2_000)]
    expect(expected(ones)).toEqual(['b×1'])
    expect(expected(ones.toReversed())).toEqual(['b×1'])
  })

  test('is who owes the commune most, of those with the same room', () => {
    const ones = ['a', 'b', 'c'].map((name) => silent(name, 3_000))
    for (const owes of ['a', 'b', 'c']) expect(expected(ones, [], {}, owes)).toEqual([`${owes}×1`])
  })

  test('is nobody who says that there is no room for it', () => {
    expect(expected([silent('a', 400)])).toEqual([])
  })

  test('a bid that is there counts as it is', () => {
    const there = bid({ name: 'b', score: 900 })
    expect(expected([silent('a', 3_000)], [there])).toEqual(['b×1'])
    expect(expected([silent('a', 3_000)], [bid({ name: 'b', slots: 0 })])).toEqual(['a×1'])
  })

  test('an earlier bid for another key is none', () => {
    const ones = [silent('a', 3_000), silent('b', 1_000)]
    const before = bid({ name: 'b', placementKey: 'other', score: 2_000 })
    expect(expected(ones, [before])).toEqual(['a×1'])
  })

  test('several replicas are spread as they will be', () => {
    const ones = [
      silent('a', 3_000, { labels: [{ name: 'zone', value: 'x' }] }),
      silent('b', 2_900, { labels: [{ name: 'zone', value: 'x' }] }),
      silent('c', 1_000, { labels: [{ name: 'zone', value: 'y' }] }),
    ]
    expect(expected(ones, [], { replicas: 2, spread: 'zone' })).toEqual(['a×1', 'c×1'])
    expect(expected(ones, [], { replicas: 2 })).toEqual(['a×1', 'b×1'])
  })
})
