import { expect, test } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import { explainMembers } from './explain-members.ts'

const [alice, bob, carol, dave] = [did('alice'), did('bob'), did('carol'), did('dave')]
const [alice1, bob1, carol1] = [did('alice1'), did('bob1'), did('carol1')]

function rowsOf(view: MemoryView): string[] {
  return explainMembers(view, { ownerDid: alice }).map(
    ({ ownerDid, meshletDid, verdict, reason }) =>
      `${ownerDid.slice(8)} ${meshletDid?.slice(8) ?? '-'} ${verdict}: ${reason}`,
  )
}

test('says why each works with the viewer or not, her own machines first', () => {
  const view = new MemoryView()
    .own(alice, alice1, [bob, carol, dave, did('erin'), did('frank'), did('gina')])
    .own(bob, bob1, [alice, did('zoe')])
    .own(carol, carol1, [bob])
    .read(did('frank'))
    .fail(dave, 'its DID does not resolve')
    .fail(did('erin'), 'its PDS is unreachable')
    .own(did('zoe'), did('zoe1'), [alice])
    .read(did('gina1'))
  view.put(did('gina'), COLLECTION.meshlet, 'gina1', { meshletDid: did('gina1') })
  expect(rowsOf(view)).toEqual([
    'alice alice1 yes: your own',
    'bob bob1 yes: you list each other',
    'carol carol1 no: you list them, but this meshlet does not list you',
    'dave - unknown: the owner’s repo can’t be read: its DID does not resolve',
    'erin - unknown: the owner’s repo can’t be read: its PDS is unreachable',
    'frank - no: the owner has no meshlet record yet',
    'gina gina1 no: one-way link: the meshlet has no meshletOwner record',
    'zoe zoe1 no: they list you, but you do not list them',
  ])
})

test('shows a stranger only when she lists the viewer', () => {
  const view = new MemoryView()
    .own(alice, alice1, [])
    .own(bob, bob1, [carol])
    .own(carol, carol1, [alice])
  const rows = explainMembers(view, { ownerDid: alice, alsoKnown: [alice, bob, carol] })
  expect(rows.map((row) => row.meshletDid)).toEqual([alice1, carol1])
})

test('says that the viewer has no machine', () => {
  expect(rowsOf(new MemoryView().read(alice))).toEqual([
    'alice - no: the owner has no meshlet record yet',
  ])
})

test('says that a member’s machine was not read yet', () => {
  const view = new MemoryView().own(alice, alice1, [bob])
  view.put(bob, COLLECTION.meshlet, 'bob1', { meshletDid: bob1 })
  expect(rowsOf(view)[1]).toBe('bob bob1 unknown: the meshlet’s repo has not been read yet')
})

test('says which repos hold more than is read', () => {
  const view = new MemoryView().own(alice, alice1, [bob]).own(bob, bob1, [alice])
  view.fail(bob1, 'the repo holds more than is read')
  expect(rowsOf(view)).toEqual([
    'alice alice1 yes: your own',
    'bob bob1 yes: you list each other; the meshlet’s repo: the repo holds more than is read',
  ])
})
