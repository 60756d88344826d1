import { describe, expect, test } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import { candidates, candidateSet } from './membership.ts'
import { MESHLETS_PER_OWNER_MAX, ownedMeshlets } from './owned-meshlets.ts'
import { accepts, recognises } from './recognition.ts'

const [alice, bob, carol] = [did('alice'), did('bob'), did('carol')]
const [alice1, alice2, bob1, carol1] = [did('alice1'), did('alice2'), did('bob1'), did('carol1')]

/** Alice and Bob list each other. */
function pair(): MemoryView {
  return new MemoryView().own(alice, alice1, [bob]).own(bob, bob1, [alice])
}

function namesOf(view: MemoryView, owner = alice, clusters?: readonly string[]): string[] {
  return candidates(view, owner, clusters).map(
    ({ meshletDid, verdict }) => `${meshletDid} ${verdict}`,
  )
}

describe('ownership', () => {
  test('both links make a machine owned', () => {
    expect(ownedMeshlets(pair(), alice)).toEqual([
      {
        meshletDid: alice1,
        ownerDid: alice,
        verdict: 'yes',
        reason: 'the owner and the meshlet name each other',
      },
    ])
  })

  test('an owner with several machines owns them all, by DID', () => {
    const view = pair().own(alice, alice2)
    expect(ownedMeshlets(view, alice).map((owned) => owned.meshletDid)).toEqual([alice1, alice2])
  })

  test('a link from the owner alone is nothing', () => {
    const view = pair().read(carol1)
    view.put(alice, COLLECTION.meshlet, 'carol1', { meshletDid: carol1 })
    expect(ownedMeshlets(view, alice)[1]).toMatchObject({ meshletDid: carol1, verdict: 'no' })
    expect(namesOf(view)).not.toContain(`${carol1} yes`)
  })

  test('a link from the machine alone is nothing', () => {
    const view = pair()
    view.put(carol1, COLLECTION.meshletOwner, 'self', { ownerDid: alice })
    expect(ownedMeshlets(view, alice)).toHaveLength(1)
  })

  test('nobody can claim a machine that names another owner', () => {
    const view = pair()
    view.put(alice, COLLECTION.meshlet, 'bob1', { meshletDid: bob1 })
    expect(ownedMeshlets(view, alice)[1]).toMatchObject({
      verdict: 'no',
      reason: `one-way link: the meshlet names ${bob} as its owner`,
    })
  })

  test('a machine whose repo was never read is unknown, not missing', () => {
    const view = pair().fail(alice2, 'the PDS does not answer')
    view.put(alice, COLLECTION.meshlet, 'alice2', { meshletDid: alice2 })
    expect(ownedMeshlets(view, alice)[1]).toMatchObject({
      verdict: 'unknown',
      reason: 'the meshlet’s repo can’t be read: the PDS does not answer',
    })
  })

  test('an owner can name only so many machines', () => {
    const view = new MemoryView()
    for (let i = 0; i < MESHLETS_PER_OWNER_MAX + 10; i++) view.own(alice, did(`m${i}`))
    expect(ownedMeshlets(view, alice)).toHaveLength(MESHLETS_PER_OWNER_MAX)
  })
})

describe('recognition', () => {
  test('needs one accepting machine on each side', () => {
    expect(recognises(pair(), alice, bob)).toBe('yes')
    expect(recognises(pair(), bob, alice)).toBe('yes')
  })

  test('a positive no on one side is a no, whatever is unknown on the other', () => {
    const view = pair()
    expect(recognises(view, alice, carol)).toBe('no')
  })

  test('is unknown while the other side was never read', () => {
    const view = new MemoryView().own(alice, alice1, [carol])
    expect(recognises(view, alice, carol)).toBe('unknown')
  })

  test('an owner always recognises herself, and her machine accepts her unlisted', () => {
    const view = pair()
    expect(recognises(view, carol, carol)).toBe('yes')
    expect(accepts(view, alice1, alice)).toBe('yes')
  })
})

describe('candidates', () => {
  test('are one’s own machines and those that accept one and whose owner one lists', () => {
    expect(namesOf(pair())).toEqual([`${alice1} yes`, `${bob1} yes`])
  })

  test('leave out who lists the owner without being listed', () => {
    expect(namesOf(pair().own(carol, carol1, [alice]))).not.toContain(`${carol1} yes`)
  })

  test('leave out who is listed without listing the owner', () => {
    const view = new MemoryView().own(alice, alice1, [bob, carol]).own(carol, carol1, [bob])
    expect(namesOf(view)).toEqual([`${alice1} yes`])
  })

  test('leave out the machine of a member that does not accept, and keep her other one', () => {
    const bob2 = did('bob2')
    expect(namesOf(pair().own(bob, bob2, []))).toEqual([`${alice1} yes`, `${bob1} yes`])
  })

  test('a machine of hers that lists nobody still runs its owner’s work', () => {
    expect(namesOf(pair().own(alice, alice2, []))).toContain(`${alice2} yes`)
  })

  test('everybody computes the same set where clusters overlap (review 17)', () => {
    const view = new MemoryView()
      .own(alice, alice1, [bob, carol])
      .own(bob, bob1, [alice])
      .own(carol, carol1, [alice])
    expect(namesOf(view, alice)).toEqual([`${alice1} yes`, `${bob1} yes`, `${carol1} yes`])
    expect(namesOf(view, bob)).toEqual([`${alice1} yes`, `${bob1} yes`])
    expect(namesOf(view, carol)).toEqual([`${alice1} yes`, `${carol1} yes`])
  })

  test('names of clusters are the owner’s, not the member’s', () => {
    const view = new MemoryView()
      .own(alice, alice1, [bob], 'work')
      .own(alice, alice2, [carol], 'friends')
      .own(bob, bob1, [alice], 'whatever')
      .own(carol, carol1, [alice], 'work')
    expect(namesOf(view, alice, ['work'])).toEqual([`${alice1} yes`, `${bob1} yes`])
    expect(namesOf(view, alice, ['friends', 'none'])).toEqual([`${alice2} yes`, `${carol1} yes`])
    expect(namesOf(view, alice, [])).toHaveLength(4)
  })

  test('a member never read is reported, so that nothing is decided without her (review 9)', () => {
    const view = new MemoryView().own(alice, alice1, [bob])
    expect(candidateSet(view, alice)).toEqual({
      candidates: [{ meshletDid: alice1, ownerDid: alice, verdict: 'yes' }],
      unread: [bob],
    })
  })

  test('a member whose machine was never read is a candidate of unknown standing', () => {
    const view = new MemoryView().own(alice, alice1, [bob])
    view.put(bob, COLLECTION.meshlet, 'bob1', { meshletDid: bob1 })
    expect(namesOf(view)).toEqual([`${alice1} yes`, `${bob1} unknown`])
  })

  test('a positive no counts at once', () => {
    const view = pair()
    view.put(bob1, COLLECTION.cluster, 'home', { members: [] })
    expect(namesOf(view)).toEqual([`${alice1} yes`])
  })

  test('a meshlet DID in a member list makes nobody a candidate', () => {
    const view = new MemoryView().own(alice, alice1, [bob1]).own(bob, bob1, [alice])
    expect(namesOf(view)).toEqual([`${alice1} yes`])
  })
})
