import { expect, test } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { followSet, FOLLOWED_PER_OWNER_MAX, FOLLOWED_REPOS_MAX } from './follow-set.ts'

const [alice, bob, carol, dave] = [did('alice'), did('bob'), did('carol'), did('dave')]
const [alice1, bob1, carol1, dave1] = [did('alice1'), did('bob1'), did('carol1'), did('dave1')]

test('starts with its own repo, its owner’s, and the members’', () => {
  expect([...followSet(new MemoryView(), alice1, alice, [bob]).repos].toSorted()).toEqual(
    [alice, alice1, bob].toSorted(),
  )
})

test('goes on to the members’ machines, their members and their machines, and no farther', () => {
  const view = new MemoryView()
    .own(bob, bob1, [alice, carol])
    .own(carol, carol1, [dave])
    .own(dave, dave1, [])
  expect([...followSet(view, alice1, alice, [bob]).repos].toSorted()).toEqual(
    [alice, alice1, bob, bob1, carol, carol1].toSorted(),
  )
})

test('follows a machine that does not link back yet', () => {
  const view = new MemoryView().read(bob1)
  view.put(bob, COLLECTION.meshlet, 'bob1', { meshletDid: bob1 })
  expect(followSet(view, alice1, alice, [bob]).repos).toContain(bob1)
})

test('tells who is followed as a machine only: naming an owner as a machine takes nothing from her', () => {
  const view = new MemoryView().own(bob, bob1, [alice, carol])
  view.put(bob, COLLECTION.meshlet, 'alice', { meshletDid: alice })
  const { machines } = followSet(view, alice1, alice, [bob])
  expect([...machines].toSorted()).toEqual([alice1, bob1].toSorted())
})

/** An owner who lists strangers without end, by her machines. */
function crowd(view: MemoryView, owner: Did, machines: number): void {
  for (let i = 0; i < machines; i++)
    view.own(
      owner,
      did(`${owner.slice(8)}${i}`),
      Array.from({ length: 256 }, (_, j) => did(`x${owner.slice(8)}${i}-${j}`)),
    )
}

test('is bounded for each owner: an endless list pushes nobody else’s members out', () => {
  const view = new MemoryView().own(carol, carol1, [dave])
  crowd(view, bob, 32)
  const followed = followSet(view, alice1, alice, [bob, carol]).repos
  expect([...followed].filter((one) => one.startsWith('did:plc:xbob'))).toHaveLength(
    FOLLOWED_PER_OWNER_MAX,
  )
  expect(followed).toContain(carol1)
  expect(followed).toContain(dave)
})

test('is bounded, the nearest first', () => {
  const view = new MemoryView().own(carol, carol1, [])
  const many = Array.from({ length: 12 }, (_, i) => did(`owner${i}`))
  for (const owner of many) crowd(view, owner, 3)
  const followed = followSet(view, alice1, alice, [...many, carol]).repos
  expect(followed.size).toBe(FOLLOWED_REPOS_MAX)
  expect(followed).toContain(carol1)
})
