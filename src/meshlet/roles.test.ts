import { expect, test } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { candidates } from '../cluster/membership.ts'
import type { Did } from '../model/records.ts'
import { membersOf, type MeshletConfig } from './config.ts'
import { rolesByDid } from './roles.ts'

const [ALICE, BOB, CAROL, EVE] = [did('alice'), did('bob'), did('carol'), did('eve')]
const [AM, BM, CM, EM] = [did('am'), did('bm'), did('cm'), did('em')]

const config: MeshletConfig = {
  did: AM,
  ownerDid: ALICE,
  clusters: new Map([['home', [BOB, EVE]]]),
  offer: {},
  labels: {},
  liveness: 'normal',
  softwareVersion: '0',
}

/** Alice and Bob list each other, Bob and Carol too; Alice lists Eve, who does not list her. */
function roles() {
  const view = new MemoryView()
    .own(ALICE, AM, [BOB, EVE])
    .own(BOB, BM, [ALICE, CAROL])
    .own(CAROL, CM, [BOB])
    .own(EVE, EM, [])
  const sets = membersOf(config).map((owner) => candidates(view, owner))
  const all = rolesByDid(
    view,
    config,
    sets.filter((set) => set.some((c) => c.meshletDid === AM)),
  )
  return (who: Did) => all.get(who)?.toSorted()
}

test.each<[string, Did, readonly string[] | undefined]>([
  ['the machine’s owner', ALICE, ['member', 'meshletOwner']],
  ['the machine itself', AM, ['candidate', 'member']],
  ['an owner, each listing the other', BOB, ['member']],
  ['her machine', BM, ['candidate', 'member']],
  ['the machine of a member’s member, whom the owner does not know', CM, ['candidate']],
  ['that owner', CAROL, undefined],
  ['an owner who does not list us back: known, with no rights', EVE, []],
  ['her machine', EM, []],
  ['a stranger', did('mallory'), undefined],
])('%s', (_, who, expected) => {
  expect(roles()(who)).toEqual(expected)
})
