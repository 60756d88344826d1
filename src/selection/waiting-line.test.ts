import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { NO_FAIR_SHARE } from './score.ts'
import { compareClaims, lineUp, type Waiting } from './waiting-line.ts'

const ONE = { cpuMilli: 100, memoryBytes: 0, storageBytes: 0 }

function waiting(name: string, change: Partial<Waiting> = {}): Waiting {
  return {
    uri: name,
    key: name,
    ownerDid: did('alice'),
    priority: 0,
    sinceMs: 0,
    request: ONE,
    slots: 1,
    ...change,
  }
}

const OFFER = { cpuMilli: 1_000, memoryBytes: 0, storageBytes: 0 }
const none = { held: new Map(), fairShare: NO_FAIR_SHARE, offer: OFFER }
const credits = (all: Readonly<Record<string, number>>) => ({
  ...NO_FAIR_SHARE,
  creditOf: (owner: string) => all[owner.slice('did:plc:'.length)] ?? 0,
})
const names = (line: readonly Waiting[]) => line.map(({ uri }) => uri)

describe('the line', () => {
  test('of one owner: priority, then who waits longer', () => {
    const all = [
      waiting('late', { sinceMs: 60_000 }),
      waiting('early'),
      waiting('low', { priority: -1 }),
      waiting('high', { priority: 5, sinceMs: 90_000 }),
    ]
    expect(names(lineUp(all, none))).toEqual(['high', 'early', 'late', 'low'])
  })

  test('who began to wait at about the same time stands in the same order everywhere', () => {
    const [a, b] = [waiting('a', { sinceMs: 900 }), waiting('b', { sinceMs: 100 })]
    expect(names(lineUp([b, a], none))).toEqual(['a', 'b'])
  })

  test('whoever holds least goes next, and a priority counts only among the work of one owner', () => {
    const bob = { ownerDid: did('bob') }
    const all = [
      waiting('a1', { priority: 9 }),
      waiting('a2', { priority: 9 }),
      waiting('b1', { ...bob, sinceMs: 30_000 }),
    ]
    expect(names(lineUp(all, none))).toEqual(['a1', 'b1', 'a2'])
    const held = new Map([[did('alice'), ONE]])
    expect(names(lineUp(all, { ...none, held }))).toEqual(['b1', 'a1', 'a2'])
  })

  test('who has three times the credit comes to hold three times as much', () => {
    const bob = { ownerDid: did('bob') }
    const all = Array.from({ length: 8 }, (_, index) => [
      waiting(`a${index}`),
      waiting(`b${index}`, { ...bob, sinceMs: 30_000 }),
    ]).flat()
    const line = lineUp(all, { ...none, fairShare: credits({ alice: 1_000, bob: 3_000 }) })
    const served = line.slice(0, 8).filter(({ ownerDid }) => ownerDid === did('bob'))
    expect(served).toHaveLength(6)
  })

  test('who takes more at once waits longer for the next', () => {
    const big = { cpuMilli: 300, memoryBytes: 0, storageBytes: 0 }
    const all = ['a0', 'a1', 'a2', 'a3'].map((name) => waiting(name))
    const bobs = ['b0', 'b1'].map((name) =>
      waiting(name, { ownerDid: did('bob'), request: big, sinceMs: 30_000 }),
    )
    expect(names(lineUp([...bobs, ...all], none))).toEqual(['a0', 'b0', 'a1', 'a2', 'a3', 'b1'])
  })

  test('who has no credit left goes last, however little she holds', () => {
    const all = [waiting('a'), waiting('b', { ownerDid: did('bob'), sinceMs: 30_000 })]
    const held = new Map([[did('bob'), OFFER]])
    const fairShare = credits({ alice: 0, bob: 1 })
    expect(names(lineUp(all, { ...none, held, fairShare }))).toEqual(['b', 'a'])
  })

  test('holds everybody once, in an order that does not depend on how they came', () => {
    const some = fc.uniqueArray(
      fc.record({
        key: fc.string({ minLength: 1, maxLength: 3 }),
        owner: fc.constantFrom('alice', 'bob', 'carol'),
        priority: fc.integer({ min: -2, max: 2 }),
        sinceMs: fc.integer({ min: 0, max: 60_000 }),
      }),
      { selector: ({ key }) => key, maxLength: 12 },
    )
    fc.assert(
      fc.property(some, fc.array(fc.nat(), { maxLength: 12 }), (rows, salts) => {
        const all = rows.map(({ key, owner, ...rest }) =>
          waiting(key, { ...rest, ownerDid: did(owner) }),
        )
        const shuffled = all.toSorted(
          (a, b) => (salts[a.key.length] ?? 0) - (salts[b.key.length] ?? 0),
        )
        const line = lineUp(all, none)
        expect(names(lineUp(shuffled, none))).toEqual(names(line))
        expect(new Set(names(line))).toEqual(new Set(names(all)))
        for (const owner of ['alice', 'bob', 'carol']) {
          const own = line.filter(({ ownerDid }) => ownerDid === did(owner))
          const priorities = own.map(({ priority }) => priority)
          expect(priorities).toEqual(priorities.toSorted((a, b) => b - a))
        }
      }),
    )
  })
})

test('claims are ordered alike whenever a machine heard of them', () => {
  const [a, b] = [waiting('a', { sinceMs: 100_000 }), waiting('b', { priority: 1 })]
  expect(compareClaims(a, b)).toBeGreaterThan(0)
  expect(compareClaims(a, { ...b, ownerDid: did('bob') })).toBeLessThan(0)
})
