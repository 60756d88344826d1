import { expect, test } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { recordUri } from './ballots.ts'
import { policyInForce } from './policy-in-force.ts'

const [alice, bob, carol] = [did('alice'), did('bob'), did('carol')]
const HOME = { cluster: 'home', owner: alice, members: [bob, carol] }

class Commune extends MemoryView {
  publish(owner: Did, rules: object): { uri: string; cid: string } {
    const cid = this.put(owner, COLLECTION.clusterPolicy, 'home', rules)
    return { uri: recordUri(owner, COLLECTION.clusterPolicy, 'home'), cid }
  }

  name(owner: Did, policy: object | undefined, machine = '1'): this {
    const meshlet = did(`${owner.slice(8)}${machine}`)
    this.own(owner, meshlet)
    this.put(meshlet, COLLECTION.cluster, 'home', { members: [], ...(policy && { policy }) })
    return this
  }
}

test('nobody names one: the standard holds', () => {
  const view = new Commune().name(alice, undefined)
  expect(policyInForce(view, HOME)).toMatchObject({
    by: [],
    why: 'no member names a policy, so the standard rules hold',
  })
})

test('the rules that most name hold, whoever published them', () => {
  const view = new Commune()
  const same = { graceDays: 3 }
  view.name(alice, view.publish(alice, same))
  view.name(bob, view.publish(bob, { ...same, createdAt: '2026-05-05T00:00:00Z' }))
  view.name(carol, view.publish(carol, { graceDays: 9 }))
  const found = policyInForce(view, HOME)
  expect(found).toMatchObject({ by: [alice, bob], of: 3, why: '2 of 3 members hold to it' })
  expect(found.rules.graceDays).toBe(3)
})

test('of a tie none holds, and it is said', () => {
  const view = new Commune()
  view.name(alice, view.publish(alice, { graceDays: 1 }))
  view.name(bob, view.publish(bob, { graceDays: 2 }))
  expect(policyInForce(view, HOME)).toMatchObject({
    by: [],
    why: '1 and 1 members name different policies, so the standard rules hold',
  })
})

test('a version that is no more was agreed to, but nobody can read it', () => {
  const view = new Commune()
  const before = view.publish(alice, { graceDays: 1 })
  view.publish(alice, { graceDays: 365 })
  view.name(bob, before)
  expect(policyInForce(view, HOME)).toMatchObject({ by: [], unclear: [bob] })
})

test('an owner whose machines name different rules says nothing', () => {
  const view = new Commune()
  view.name(alice, view.publish(alice, { graceDays: 1 }))
  view.name(alice, view.publish(bob, { graceDays: 2 }), '2')
  expect(policyInForce(view, HOME)).toMatchObject({ by: [], unclear: [alice] })
})
