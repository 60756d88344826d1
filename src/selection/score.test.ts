import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { bid, KEY } from '../../test/support/sample-bids.ts'
import { lackOf, reservedSlots, SLOTS_MAX, slotsIn } from './room.ts'
import { NO_FAIR_SHARE, scoreBid, type ScoreInput } from './score.ts'
import { select } from './select.ts'

const GIB = 1024 ** 3
const input: ScoreInput = {
  ownerDid: did('alice'),
  capacity: { cpuMilli: 4_000, memoryBytes: 8 * GIB, storageBytes: 0 },
  room: { cpuMilli: 4_000, memoryBytes: 8 * GIB, storageBytes: 0 },
  request: { cpuMilli: 1_000, memoryBytes: GIB, storageBytes: 0 },
  fairShare: NO_FAIR_SHARE,
}

describe('score', () => {
  test('is what stays free of the scarcest resource', () => {
    expect(scoreBid(input)).toEqual({
      score: 750,
      parts: [
        { name: 'room', value: 750 },
        { name: 'balance', value: 0 },
      ],
    })
  })

  test('an emptier machine scores higher', () => {
    const fuller = { ...input, room: { ...input.room, memoryBytes: 2 * GIB } }
    expect(scoreBid(fuller).score).toBe(125)
  })

  test('who owes the commune scores higher, within bounds', () => {
    const withBalance = (balance: number) =>
      scoreBid({ ...input, fairShare: { ...NO_FAIR_SHARE, balanceOf: () => balance } }).score
    expect(withBalance(-300)).toBe(1_050)
    expect(withBalance(300)).toBe(450)
    expect(withBalance(-(10 ** 9))).toBe(1_750)
  })

  test('is an integer that is the sum of its parts, whatever is asked and offered', () => {
    const amount = fc.record({
      cpuMilli: fc.nat(1_024_000),
      memoryBytes: fc.nat(2 ** 48),
      storageBytes: fc.nat(2 ** 48),
    })
    fc.assert(
      fc.property(
        amount,
        amount,
        amount,
        fc.maxSafeInteger(),
        (capacity, room, request, balance) => {
          const fairShare = { ...NO_FAIR_SHARE, balanceOf: () => balance }
          const { score, parts } = scoreBid({ ...input, capacity, room, request, fairShare })
          expect(Number.isSafeInteger(score) && Math.abs(score) <= 2_000).toBe(true)
          expect(parts.reduce((sum, { value }) => sum + value, 0)).toBe(score)
        },
      ),
      { seed: 4 },
    )
  })
})

describe('room', () => {
  test('counts whole replicas of the scarcest resource', () => {
    expect(
      slotsIn(
        { cpuMilli: 900, memoryBytes: GIB, storageBytes: 0 },
        { cpuMilli: 250, memoryBytes: GIB / 2, storageBytes: 0 },
      ),
    ).toBe(2)
    expect(slotsIn(input.room, { cpuMilli: 0, memoryBytes: 0, storageBytes: 0 })).toBe(SLOTS_MAX)
    expect(slotsIn({ cpuMilli: -5, memoryBytes: GIB, storageBytes: 0 }, input.request)).toBe(0)
  })

  test('names what is lacking', () => {
    expect(lackOf(input.room, input.request)).toBeUndefined()
    expect(lackOf({ ...input.room, cpuMilli: 1 }, input.request)).toBe('no-cpu')
    expect(lackOf({ ...input.room, memoryBytes: 1 }, input.request)).toBe('no-memory')
    expect(lackOf(input.room, { ...input.request, storageBytes: 1 })).toBe('no-storage')
  })
})

describe('reservation', () => {
  const own = bid({ name: 'a', slots: 3 })
  const choice = select({
    placementKey: KEY,
    replicas: 2,
    bids: [own],
    candidates: new Set([did('a')]),
    down: new Set(),
  })
  const reserve = (decidedThrough: number, change: object = {}) =>
    reservedSlots({
      selfMeshlet: did('a'),
      own: { ...own.value, ...change },
      placementKey: KEY,
      decidedThrough,
      choice,
    })

  test('is all that was offered while undecided, then what was won', () => {
    expect(reserve(-1)).toBe(3)
    expect(reserve(0)).toBe(2)
  })

  test('is nothing for a standby, a pass, a refusal and an old key', () => {
    const lost = reservedSlots({
      selfMeshlet: did('b'),
      own: own.value,
      placementKey: KEY,
      decidedThrough: 0,
      choice,
    })
    expect(lost).toBe(0)
    expect(reserve(-1, { slots: 0 })).toBe(0)
    expect(reserve(-1, { refused: {} })).toBe(0)
    expect(reserve(-1, { placementKey: 'old' })).toBe(0)
  })
})
