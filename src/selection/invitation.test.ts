import { expect, test } from 'vitest'
import type { Did } from '../model/records.ts'
import { did } from '../../test/support/memory-view.ts'
import { KEY } from '../../test/support/sample-bids.ts'
import { invited, type InvitationInput } from './invitation.ts'

function crowd(size: number): readonly Did[] {
  return Array.from({ length: size }, (_, i) => did(`m${i}`))
}

/** Only the first so many show room. */
function crowdWithRoom(size: number, withRoom: number) {
  const roomy = new Set(crowd(withRoom))
  return { candidates: crowd(size), hasRoom: (who: Did) => roomy.has(who) }
}

function invite(change: Partial<InvitationInput>): readonly string[] {
  return invited({
    placementKey: KEY,
    replicas: 2,
    candidates: crowd(100),
    hasRoom: () => true,
    doublings: 0,
    ...change,
  })
}

test('up to eight candidates are all invited, with room or not', () => {
  expect(invite(crowdWithRoom(8, 0))).toHaveLength(8)
})

test('beyond, replicas + 2 by hash, and twice as many after each short window, at last all', () => {
  const sizes = [0, 1, 2, 3, 4, 5, 2_000].map((doublings) => invite({ doublings }).length)
  expect(sizes).toEqual([4, 8, 16, 32, 64, 100, 100])
  expect(invite({ doublings: 1 }).slice(0, 4)).toEqual(invite({}))
})

test('those who show room go first; published room may hide some, so the others follow', () => {
  const first = invite(crowdWithRoom(100, 3))
  expect(first.slice(0, 3).toSorted()).toEqual(['m0', 'm1', 'm2'].map(did))
  expect(first).toHaveLength(4)
})

test('the order of the candidates plays no part, the key does', () => {
  expect(invite({ candidates: crowd(100).toReversed() })).toEqual(invite({}))
  expect(invite({ placementKey: 'other' })).not.toEqual(invite({}))
})

test('a list that is frozen gives the same', () => {
  expect(invite({ candidates: Object.freeze([...crowd(100)]) })).toEqual(invite({}))
})

test('everywhere invites everybody', () => {
  expect(invite({ replicas: 'everywhere' })).toHaveLength(100)
})
