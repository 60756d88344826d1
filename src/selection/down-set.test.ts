import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import type { Did } from '../model/records.ts'
import { downSet, isTakeoverAllowed, type Vote } from './down-set.ts'
import { electorateOf, votesNeeded, type Electorate } from './electorate.ts'
import { PROFILES } from './liveness.ts'
import { suspectDecision } from './suspect-decision.ts'

const SETTINGS = { seed: 20_261_122, numRuns: 2_000 } as const

/** `a1` is the first machine of owner `a`. */
function electorate(...meshlets: readonly string[]): Electorate {
  return electorateOf(
    meshlets.map((name) => ({ meshletDid: did(name), ownerDid: did(name.slice(0, 1)) })),
  )
}

function votes(...pairs: readonly `${string}>${string}`[]): Vote[] {
  return pairs.map((pair) => {
    const [writer = '', suspect = ''] = pair.split('>')
    return { writer: did(writer), suspect: did(suspect) }
  })
}

function downNames(voters: Electorate, given: readonly Vote[], atMostOne = false): string[] {
  return [...downSet({ electorate: voters, votes: given, atMostOne })]
    .map((d) => d.slice(8))
    .toSorted()
}

describe('who is down', () => {
  test('one of three, when both others say so', () => {
    const voters = electorate('a1', 'b1', 'c1')
    expect(downNames(voters, votes('a1>c1'))).toEqual([])
    expect(downNames(voters, votes('a1>c1', 'b1>c1'))).toEqual(['c1'])
  })

  test('two of five at once, three of five never: the rest is no majority', () => {
    const voters = electorate('a1', 'b1', 'c1', 'd1', 'e1')
    const alive = (names: string[], dead: string[]) =>
      votes(...names.flatMap((writer) => dead.map((suspect) => `${writer}>${suspect}` as const)))
    expect(downNames(voters, alive(['a1', 'b1', 'c1'], ['d1', 'e1']))).toEqual(['d1', 'e1'])
    expect(downNames(voters, alive(['a1', 'b1'], ['c1', 'd1', 'e1']))).toEqual([])
  })

  test('one after the other: each loss makes the electorate smaller', () => {
    const voters = electorate('a1', 'b1', 'c1', 'd1')
    const first = votes('a1>d1', 'b1>d1', 'c1>d1')
    expect(downNames(voters, [...first, ...votes('a1>c1', 'b1>c1')])).toEqual(['c1', 'd1'])
  })

  test('votes of those who are down count no more', () => {
    const voters = electorate('a1', 'b1', 'c1', 'd1')
    const given = votes('a1>d1', 'b1>d1', 'c1>d1', 'd1>c1', 'b1>c1')
    expect(downNames(voters, given)).toEqual(['d1'])
  })

  test('with two owners one vote is enough, but never for atMostOne', () => {
    const voters = electorate('a1', 'b1')
    expect(downNames(voters, votes('a1>b1'))).toEqual(['b1'])
    expect(downNames(voters, votes('a1>b1'), true)).toEqual([])
  })

  test('two that accuse each other fell nobody', () => {
    expect(downNames(electorate('a1', 'b1'), votes('a1>b1', 'b1>a1'))).toEqual([])
    expect(downNames(electorate('a1', 'a2'), votes('a1>a2', 'a2>a1'))).toEqual([])
  })

  test('an owner has one vote however many machines she has, and they must agree', () => {
    const voters = electorate('a1', 'a2', 'a3', 'b1', 'c1')
    expect(downNames(voters, votes('a1>c1', 'a2>c1', 'b1>c1'))).toEqual([])
    expect(downNames(voters, votes('a1>c1', 'a2>c1', 'a3>c1', 'b1>c1'))).toEqual(['c1'])
    expect(downNames(voters, votes('a1>c1', 'a2>c1', 'a3>c1'))).toEqual([])
  })

  test('a machine that is suspected itself is not waited for', () => {
    const voters = electorate('a1', 'a2', 'b1', 'c1')
    const given = votes('a1>a2', 'b1>a2', 'c1>a2', 'a1>c1', 'b1>c1')
    expect(downNames(voters, given)).toEqual(['a2', 'c1'])
  })

  test('the owner of a dead machine votes on it with her others', () => {
    const voters = electorate('a1', 'a2', 'b1', 'c1')
    expect(downNames(voters, votes('a2>a1', 'b1>a1'))).toEqual(['a1'])
    expect(downNames(voters, votes('b1>a1', 'c1>a1'))).toEqual(['a1'])
    expect(downNames(voters, votes('b1>a1'))).toEqual([])
  })

  test('the machines of a single owner vote singly', () => {
    const voters = electorate('a1', 'a2', 'a3')
    expect(downNames(voters, votes('a1>a3'))).toEqual([])
    expect(downNames(voters, votes('a1>a3', 'a2>a3'))).toEqual(['a3'])
    expect(downNames(electorate('a1', 'a2'), votes('a1>a2'))).toEqual(['a2'])
  })

  test('a single malicious voter among three or more fells nobody', () => {
    const voters = electorate('a1', 'b1', 'evil')
    expect(downNames(voters, votes('evil>a1', 'evil>b1'))).toEqual([])
  })

  test('strangers have no vote, and nobody votes on herself', () => {
    const voters = electorate('a1', 'b1', 'c1')
    expect(downNames(voters, votes('x1>a1', 'y1>a1', 'a1>a1', 'b1>a1'))).toEqual([])
  })
})

describe('whatever is voted', () => {
  const names = ['a1', 'a2', 'b1', 'b2', 'c1', 'd1', 'e1']
  const arbitraryVotes = fc.array(
    fc.record({
      writer: fc.constantFrom(...names).map(did),
      suspect: fc.constantFrom(...names).map(did),
    }),
    { maxLength: 40 },
  )
  const arbitraryElectorate = fc
    .subarray(names, { minLength: 1 })
    .map((some) => electorate(...some))

  test('somebody is left', () => {
    fc.assert(
      fc.property(arbitraryElectorate, arbitraryVotes, fc.boolean(), (voters, given, atMostOne) => {
        const all = voters.flatMap(({ meshlets }) => meshlets)
        expect(downSet({ electorate: voters, votes: given, atMostOne }).size).toBeLessThan(
          all.length,
        )
      }),
      SETTINGS,
    )
  })

  test('the order of the votes, and any of them twice, change nothing', () => {
    fc.assert(
      fc.property(arbitraryElectorate, arbitraryVotes, (voters, given) => {
        const again = [...given.toReversed(), ...given]
        expect(downNames(voters, again)).toEqual(downNames(voters, given))
      }),
      SETTINGS,
    )
  })
})

/** All ways to part the names into groups. */
function partitionsOf(names: readonly string[]): string[][][] {
  const [first, ...rest] = names
  if (first === undefined) return [[]]
  return partitionsOf(rest).flatMap((groups) => [
    [[first], ...groups],
    ...groups.map((group, i) => groups.with(i, [first, ...group])),
  ])
}

/** What the members of a group write who hear each other and nobody else. */
function votesOfGroup(
  voters: Electorate,
  group: readonly string[],
  all: readonly string[],
): Vote[] {
  return group.flatMap((name) => {
    const { suspect } = suspectDecision({
      self: did(name),
      electorates: [voters],
      peers: new Map(
        all.map((other): [Did, { epoch: number; lastHeardMs: number | undefined }] => [
          did(other),
          { epoch: 1, lastHeardMs: group.includes(other) ? 60_000 : undefined },
        ]),
      ),
      own: new Map(),
      profile: PROFILES.normal,
      patience: new Map(),
      startedAtMs: 0,
      now: 60_000,
    })
    return suspect.map((entry) => ({ writer: did(name), suspect: entry.did }))
  })
}

describe.each([2, 3, 4, 5, 6, 7])('every split of %i owners (review 1)', (count) => {
  const all = ['a1', 'b1', 'c1', 'd1', 'e1', 'f1', 'g1'].slice(0, count)
  const voters = electorate(...all)

  test('the small side takes nothing over, the large side exactly what it lost', () => {
    for (const groups of partitionsOf(all))
      for (const group of groups) {
        const isLarge = group.length >= votesNeeded(count, true)
        const lost = all.filter((name) => !group.includes(name))
        expect(downNames(voters, votesOfGroup(voters, group, all))).toEqual(isLarge ? lost : [])
      }
  })

  test('a reader who sees both sides, and no answers, downs no member of a majority and never all', () => {
    for (const groups of partitionsOf(all)) {
      const everything = groups.flatMap((group) => votesOfGroup(voters, group, all))
      const down = downNames(voters, everything)
      const majority = groups.find((group) => group.length > count / 2) ?? []
      expect(down.filter((name) => majority.includes(name))).toEqual([])
      expect(down.length).toBeLessThan(count)
    }
  })
})

test('a volume stays where its data is unless the workload lets go of it', () => {
  const data = { name: 'data', path: '/data' }
  expect(isTakeoverAllowed({})).toBe(true)
  expect(isTakeoverAllowed({ volumes: [data] })).toBe(false)
  expect(isTakeoverAllowed({ volumes: [{ ...data, onLoss: 'empty' }] })).toBe(true)
  expect(isTakeoverAllowed({ volumes: [{ ...data, onLoss: 'empty' }, data] })).toBe(false)
})
