import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { bid, KEY, world } from '../../test/support/sample-bids.ts'
import { ROUND_MAX } from './bids.ts'
import { hash64, mix } from './mix.ts'
import { select, slotsOf, type SelectInput } from './select.ts'

function winnersOf(input: SelectInput): string[] {
  return select(input).winners.map(({ meshletDid, slots }) => `${meshletDid.slice(8)}×${slots}`)
}

describe('order', () => {
  test('the higher score goes first', () => {
    expect(winnersOf(world([bid({ name: 'a', score: 1 }), bid({ name: 'b', score: 2 })]))).toEqual([
      'b×1',
    ])
  })

  test('equal scores go by the hash of key and DID, never by the DID alone', () => {
    const names = Array.from({ length: 20 }, (_, i) => `m${i}`)
    const byMix = names.toSorted(
      (a, b) => mix(hash64(KEY), hash64(did(a))) - mix(hash64(KEY), hash64(did(b))),
    )
    const choice = select(
      world(
        names.map((name) => bid({ name })),
        { replicas: 20 },
      ),
    )
    expect(choice.winners.map(({ meshletDid }) => meshletDid)).toEqual(byMix.map(did))
    expect(byMix).not.toEqual(names.toSorted())
  })

  test('an earlier round goes before any score', () => {
    const late = bid({ name: 'late', round: 1, score: 1_000_000 })
    expect(winnersOf(world([late, bid({ name: 'early' })]))).toEqual(['early×1'])
  })

  test('holders under the previous key go first in round 0, and only there', () => {
    const holder = bid({ name: 'holder', replaces: 'bafyold', score: -5 })
    expect(winnersOf(world([holder, bid({ name: 'other', score: 5 })]))).toEqual(['holder×1'])
    const later = bid({ name: 'holder', replaces: 'bafyold', score: -5, round: 1 })
    expect(winnersOf(world([later, bid({ name: 'other', score: 5, round: 1 })]))).toEqual([
      'other×1',
    ])
  })
})

describe('slots', () => {
  test('replicas go to different meshlets first, then to those who offer more', () => {
    const bids = [bid({ name: 'a', slots: 3, score: 2 }), bid({ name: 'b', slots: 3, score: 1 })]
    expect(winnersOf(world(bids, { replicas: 3 }))).toEqual(['a×2', 'b×1'])
  })

  test('a choice that is short takes what there is and says what is missing', () => {
    const choice = select(world([bid({ name: 'a', slots: 2 })], { replicas: 5 }))
    expect(choice.missing).toBe(3)
    expect(slotsOf(choice, did('a'))).toBe(2)
    expect(slotsOf(choice, did('b'))).toBe(0)
  })

  test('no replicas, no winners', () => {
    expect(select(world([bid({ name: 'a' })], { replicas: 0 }))).toMatchObject({
      winners: [],
      standbys: [did('a')],
      missing: 0,
    })
  })

  test('standbys stand in the order in which they are called up', () => {
    const bids = ['a', 'b', 'c', 'd'].map((name, i) =>
      bid({ name, score: -i, round: i === 3 ? 1 : 0 }),
    )
    const { standbys } = select(world(bids))
    expect(standbys).toEqual(['b', 'c', 'd'].map(did))
    expect(winnersOf(world(bids, { downNames: ['a'] }))).toEqual(['b×1'])
    expect(winnersOf(world(bids, { downNames: ['a', 'b', 'c'] }))).toEqual(['d×1'])
  })

  test('everywhere gives each candidate one, whatever it offers', () => {
    const bids = [
      bid({ name: 'a', slots: 4 }),
      bid({ name: 'b', round: 3 }),
      bid({ name: 'c', slots: 0 }),
    ]
    const choice = select(
      world(bids, {
        replicas: 'everywhere',
        candidates: new Set(['a', 'b', 'c', 'd', 'e'].map(did)),
        downNames: ['e'],
      }),
    )
    expect(choice.winners.map(({ meshletDid, slots }) => [meshletDid, slots])).toEqual([
      [did('a'), 1],
      [did('b'), 1],
    ])
    expect(choice.missing).toBe(1)
  })
})

describe('spread', () => {
  test('by owner: her second machine waits until every owner has one', () => {
    const bids = [
      bid({ name: 'a1', owner: 'a', score: 3 }),
      bid({ name: 'a2', owner: 'a', score: 2 }),
      bid({ name: 'b1', owner: 'b', score: 1 }),
    ]
    expect(winnersOf(world(bids, { replicas: 2, spread: 'owner' }))).toEqual(['a1×1', 'b1×1'])
    expect(winnersOf(world(bids, { replicas: 3, spread: 'owner' }))).toEqual([
      'a1×1',
      'b1×1',
      'a2×1',
    ])
  })

  test('by label: the value that the bid froze, none being a value too', () => {
    const bids = [
      bid({ name: 'a', domain: 'eu', score: 3 }),
      bid({ name: 'b', domain: 'eu', score: 2 }),
      bid({ name: 'c', score: 1 }),
    ]
    expect(winnersOf(world(bids, { replicas: 2, spread: 'region' }))).toEqual(['a×1', 'c×1'])
  })

  test('by owner or meshlet: nobody can claim another domain than her own', () => {
    const bids = [
      bid({ name: 'a1', owner: 'a', score: 3 }),
      bid({ name: 'a2', owner: 'a', score: 2, domain: 'did:plc:pretended' }),
      bid({ name: 'b1', owner: 'b', score: 1 }),
    ]
    expect(winnersOf(world(bids, { replicas: 2, spread: 'owner' }))).toEqual(['a1×1', 'b1×1'])
  })

  test('a late bid from a new domain displaces nobody (review 10)', () => {
    const running = [
      bid({ name: 'a1', owner: 'a', score: 2 }),
      bid({ name: 'a2', owner: 'a', score: 1 }),
    ]
    const late = bid({ name: 'c1', owner: 'c', round: 1, score: 9 })
    const before = winnersOf(world(running, { replicas: 2, spread: 'owner' }))
    expect(winnersOf(world([...running, late], { replicas: 2, spread: 'owner' }))).toEqual(before)
  })

  test('domains that earlier rounds hold count as taken', () => {
    const bids = [
      bid({ name: 'a1', owner: 'a' }),
      bid({ name: 'a2', owner: 'a', round: 1, score: 9 }),
      bid({ name: 'b1', owner: 'b', round: 1 }),
    ]
    expect(winnersOf(world(bids, { replicas: 2, spread: 'owner' }))).toEqual(['a1×1', 'b1×1'])
  })
})

describe('bids that do not count', () => {
  test.each([
    ['a pass', bid({ name: 'a', slots: 0, reason: 'no-memory' }), 'passed'],
    ['a refusal', bid({ name: 'a', slots: 0, refused: { standing: true } }), 'refused'],
    ['a refusal that pretends slots', bid({ name: 'a', slots: 3, refused: {} }), 'refused'],
    ['another key', bid({ name: 'a', placementKey: 'old' }), 'other-key'],
    ['an absurd round', bid({ name: 'a', round: ROUND_MAX + 1 }), 'nonsense'],
  ])('%s', (_, given, reason) => {
    expect(select(world([given]))).toMatchObject({
      winners: [],
      missing: 1,
      ignored: [{ meshletDid: did('a'), reason }],
    })
  })

  test('of strangers, of those who are down, of an epoch that was left behind, of open rounds', () => {
    const bids = [
      bid({ name: 'stranger' }),
      bid({ name: 'down' }),
      bid({ name: 'restored', epoch: 3 }),
      bid({ name: 'open', round: 2 }),
      bid({ name: 'good', epoch: 4 }),
    ]
    const choice = select(
      world(bids, {
        replicas: 9,
        candidates: new Set(['down', 'restored', 'open', 'good'].map(did)),
        downNames: ['down'],
        epochFloor: new Map([
          [did('restored'), 4],
          [did('good'), 4],
        ]),
        throughRound: 1,
      }),
    )
    expect(choice.winners.map(({ meshletDid }) => meshletDid)).toEqual([did('good')])
    expect(
      choice.ignored.map(({ meshletDid, reason }) => `${meshletDid.slice(8)} ${reason}`),
    ).toEqual(['down down', 'open undecided', 'restored old-epoch', 'stranger not-a-candidate'])
  })

  test('an uninvited bid and the published room play no part: there is no input for them (review 3)', () => {
    const bids = Array.from({ length: 12 }, (_, i) => bid({ name: `m${i}`, score: i }))
    expect(winnersOf(world(bids))).toEqual(['m11×1'])
  })
})
