import { expect, test } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import { followSet, FOLLOWED_REPOS_MAX } from './follow-set.ts'

const [alice, bob, carol, dave] = [did('alice'), did('bob'), did('carol'), did('dave')]
const [alice1, bob1, carol1, dave1] = [did('alice1'), did('bob1'), did('carol1'), did('dave1')]

test('starts with its own repo, its owner’s, and the members’', () => {
  expect([...followSet(new MemoryView(), alice1, alice, [bob])].toSorted()).toEqual(
    [alice, alice1, bob].toSorted(),
  )
})

test('goes on to the members’ machines, their members and their machines, and no farther', () => {
  const view = new MemoryView()
    .own(bob, bob1, [alice, carol])
    .own(carol, carol1, [dave])
    .own(dave, dave1, [])
  expect([...followSet(view, alice1, alice, [bob])].toSorted()).toEqual(
    [alice, alice1, bob, bob1, carol, carol1].toSorted(),
  )
})

test('follows a machine that does not link back yet', () => {
  const view = new MemoryView().read(bob1)
  view.put(bob, COLLECTION.meshlet, 'bob1', { meshletDid: bob1 })
  expect(followSet(view, alice1, alice, [bob])).toContain(bob1)
})

test('is bounded, and a member with a long list pushes out no other member', () => {
  const view = new MemoryView().own(carol, carol1, [])
  for (let i = 0; i < 64; i++)
    view.own(
      bob,
      did(`bob${i}`),
      Array.from({ length: 256 }, (_, j) => did(`x${i}-${j}`)),
    )
  const followed = followSet(view, alice1, alice, [bob, carol])
  expect(followed.size).toBe(FOLLOWED_REPOS_MAX)
  expect(followed).toContain(carol1)
})
