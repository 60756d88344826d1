import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { bid, deepFreeze, KEY } from '../../test/support/sample-bids.ts'
import type { Did } from '../model/records.ts'
import type { CountedBid } from './bids.ts'
import { select, slotsOf, type Choice, type SelectInput } from './select.ts'

const SETTINGS = { seed: 20_261_121, numRuns: 1_000 } as const
const NAMES = Array.from({ length: 9 }, (_, i) => `m${i}`)

const arbitraryBid = fc
  .record({
    name: fc.constantFrom(...NAMES),
    owner: fc.constantFrom('a', 'b', 'c', 'd'),
    round: fc.constantFrom(0, 0, 0, 1, 1, 2, 7),
    slots: fc.constantFrom(0, 1, 1, 2, 5),
    score: fc.integer({ min: -1, max: 1 }),
    epoch: fc.constantFrom(1, 2),
    placementKey: fc.constantFrom(KEY, KEY, KEY, KEY, 'old'),
    domain: fc.constantFrom('', 'eu', 'us'),
    replaces: fc.constantFrom(undefined, undefined, 'bafyold'),
  })
  .map(({ replaces, ...rest }) => bid({ ...rest, ...(replaces && { replaces }) }))

/** A world in which each meshlet has at most one bid and always the same owner. */
const arbitraryWorld: fc.Arbitrary<SelectInput> = fc
  .record({
    bids: fc.uniqueArray(arbitraryBid, { selector: ({ meshletDid }) => meshletDid, maxLength: 9 }),
    replicas: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.constant('everywhere' as const)),
    spread: fc.constantFrom(undefined, 'owner', 'meshlet', 'region'),
    strangers: fc.subarray(NAMES, { maxLength: 2 }),
    down: fc.subarray(NAMES, { maxLength: 3 }),
    throughRound: fc.constantFrom(undefined, undefined, 0, 1, 2),
  })
  .map(({ bids, replicas, spread, strangers, down, throughRound }) => ({
    placementKey: KEY,
    bids,
    replicas,
    spread,
    throughRound,
    candidates: new Set(NAMES.filter((name) => !strangers.includes(name)).map(did)),
    down: new Set(down.map(did)),
  }))

function check(property: (input: SelectInput) => void): void {
  fc.assert(fc.property(arbitraryWorld, property), SETTINGS)
}

function countOf({ winners }: Choice): number {
  return winners.reduce((sum, { slots }) => sum + slots, 0)
}

const isChosen = (choice: Choice, meshlet: Did) => slotsOf(choice, meshlet) > 0

describe('same records, same choice', () => {
  test('in any order, and with any of them twice', () => {
    fc.assert(
      fc.property(
        arbitraryWorld.chain((input) =>
          fc.tuple(
            fc.constant(input),
            fc.shuffledSubarray([...input.bids, ...input.bids], {
              minLength: 2 * input.bids.length,
            }),
            fc.shuffledSubarray([...input.candidates], { minLength: input.candidates.size }),
          ),
        ),
        ([input, bids, candidates]) => {
          const shuffled = { ...input, bids, candidates: new Set(candidates) }
          expect(select(shuffled)).toEqual(select(input))
        },
      ),
      SETTINGS,
    )
  })

  test('whichever of two different bids of one meshlet comes first', () => {
    fc.assert(
      fc.property(arbitraryWorld, arbitraryBid, (input, extra) => {
        const bids = [...input.bids, extra]
        const there = select({ ...input, bids })
        const back = select({ ...input, bids: bids.toReversed() })
        expect(back).toEqual(there)
      }),
      SETTINGS,
    )
  })

  test('#37 whatever the clocks of the writers said', () => {
    fc.assert(
      fc.property(
        arbitraryWorld,
        // Up to fifty years off.
        fc.integer({ min: -1_577_880_000_000, max: 1_577_880_000_000 }),
        (input, skew) => {
          const createdAt = new Date(
            Date.UTC(2026, 0, 1) + skew,
          ).toISOString() as `${string}-${string}-${string}T${string}:${string}:${string}Z`
          const moved = input.bids.map((b, i) =>
            i % 2 ? b : { ...b, value: { ...b.value, createdAt } },
          )
          expect(select({ ...input, bids: moved })).toEqual(select(input))
        },
      ),
      SETTINGS,
    )
  })

  test('and nothing of what was passed in is changed', () => {
    check((input) => {
      const before = structuredClone(input)
      select(deepFreeze(input))
      expect(input).toEqual(before)
    })
  })
})

describe('counts', () => {
  test('never more slots than replicas, never more than offered, none for those who do not count', () => {
    check((input) => {
      const choice = select(input)
      const offers = new Map(input.bids.map(({ meshletDid, value }) => [meshletDid, value]))
      for (const { meshletDid, slots } of choice.winners) {
        expect(slots).toBeGreaterThan(0)
        expect(slots).toBeLessThanOrEqual(offers.get(meshletDid)?.slots ?? 0)
        expect(offers.get(meshletDid)?.placementKey).toBe(KEY)
        expect(input.candidates.has(meshletDid) && !input.down.has(meshletDid)).toBe(true)
      }
      if (input.replicas === 'everywhere') return
      expect(countOf(choice) + choice.missing).toBe(input.replicas)
    })
  })

  test('short only when every offer is used up', () => {
    check((input) => {
      const choice = select(input)
      if (input.replicas === 'everywhere' || choice.missing === 0) return
      expect(choice.standbys).toEqual([])
      expect(countOf(choice)).toBe(choice.ranked.reduce((sum, { slots }) => sum + slots, 0))
    })
  })

  test('every offer that counts wins or stands by, once', () => {
    check((input) => {
      const { winners, standbys, ranked } = select(input)
      const named = [...winners.map(({ meshletDid }) => meshletDid), ...standbys]
      expect(named.toSorted()).toEqual(ranked.map(({ meshletDid }) => meshletDid).toSorted())
    })
  })
})

describe('nothing moves without need', () => {
  test('a bid of a later round never takes a slot from an earlier one (review 2, 10)', () => {
    fc.assert(
      fc.property(arbitraryWorld, arbitraryBid, (input, newcomer) => {
        const bids = input.bids.filter(({ meshletDid }) => meshletDid !== newcomer.meshletDid)
        const latest = Math.max(...bids.map(({ value }) => value.round), 0)
        const late: CountedBid = {
          ...newcomer,
          value: { ...newcomer.value, round: latest + 1, score: 1_000_000 },
        }
        const before = select({ ...input, bids, throughRound: undefined })
        const after = select({ ...input, bids: [...bids, late], throughRound: undefined })
        for (const { meshletDid, slots } of before.winners)
          expect(slotsOf(after, meshletDid)).toBe(slots)
      }),
      SETTINGS,
    )
  })

  test('the loss of a standby changes no winner', () => {
    check((input) => {
      const before = select(input)
      for (const standby of before.standbys) {
        const bids = input.bids.filter(({ meshletDid }) => meshletDid !== standby)
        expect(select({ ...input, bids }).winners).toEqual(before.winners)
      }
    })
  })

  test('one who is down loses everything, and back up without a new bid has it again', () => {
    check((input) => {
      const before = select(input)
      const [first] = before.winners
      if (!first) return
      const down = new Set([...input.down, first.meshletDid])
      const without = select({ ...input, down })
      expect(isChosen(without, first.meshletDid)).toBe(false)
      if (input.replicas !== 'everywhere')
        expect(countOf(without)).toBe(
          Math.min(input.replicas, countOf({ ...before, winners: offersOf(without) })),
        )
      expect(select(input)).toEqual(before)
    })
  })

  test('without spread, the other winners stay when one is down', () => {
    check((input) => {
      const plain = { ...input, spread: undefined }
      const before = select(plain)
      const [first] = before.winners
      if (!first) return
      const after = select({ ...plain, down: new Set([...plain.down, first.meshletDid]) })
      for (const { meshletDid, slots } of before.winners.slice(1))
        expect(slotsOf(after, meshletDid)).toBeGreaterThanOrEqual(slots)
    })
  })

  test('scaling up takes nothing away', () => {
    check((input) => {
      if (input.replicas === 'everywhere') return
      const before = select(input)
      const after = select({ ...input, replicas: input.replicas + 1 })
      for (const { meshletDid, slots } of before.winners)
        expect(slotsOf(after, meshletDid)).toBeGreaterThanOrEqual(slots)
    })
  })

  test('the first standby is who is called up when one replica more is wanted', () => {
    check((input) => {
      if (input.replicas === 'everywhere') return
      const before = select(input)
      const after = select({ ...input, replicas: input.replicas + 1 })
      const called = after.winners.find(({ meshletDid }) => !isChosen(before, meshletDid))
      if (called) expect(before.standbys[0]).toBe(called.meshletDid)
    })
  })
})

test('spread holds where it can: no domain has two more than one that had an offer left', () => {
  check((input) => {
    if (input.replicas === 'everywhere' || input.spread === undefined) return
    const choice = select(input)
    const firstRound = choice.ranked.filter(({ round }) => round === choice.ranked[0]?.round)
    const load = new Map<string | undefined, number>()
    for (const { meshletDid, domain } of firstRound)
      load.set(domain, (load.get(domain) ?? 0) + slotsOf(choice, meshletDid))
    for (const { meshletDid, domain, slots } of firstRound) {
      if (slotsOf(choice, meshletDid) === slots) continue
      for (const other of load.values())
        expect(other).toBeLessThanOrEqual((load.get(domain) ?? 0) + 1)
    }
  })
})

function offersOf({ ranked }: Choice) {
  return ranked.map(({ meshletDid, ownerDid, slots, round }) => ({
    meshletDid,
    ownerDid,
    slots,
    round,
  }))
}
