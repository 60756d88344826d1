import { expect, test } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { recordUri } from './ballots.ts'
import { rulesOf, stepsHash } from './cluster-rules.ts'
import { policyInForce, stepsSinceFor } from './policy-in-force.ts'

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

test('a member counts once, however many machines she has', () => {
  const view = new Commune()
  const hers = view.publish(alice, { graceDays: 1 })
  for (const machine of ['1', '2', '3']) view.name(alice, hers, machine)
  const others = view.publish(bob, { graceDays: 2 })
  view.name(bob, others).name(carol, others)
  expect(policyInForce(view, HOME)).toMatchObject({ by: [bob, carol], rules: { graceDays: 2 } })
})

test('a machine of hers that names nothing says nothing', () => {
  const view = new Commune()
  view.name(alice, view.publish(alice, { graceDays: 1 })).name(alice, undefined, '2')
  expect(policyInForce(view, HOME)).toMatchObject({ by: [alice], rules: { graceDays: 1 } })
})

test('nobody names anything in the name of another, nor what others never published', () => {
  const view = new Commune()
  view.name(alice, view.publish(alice, { graceDays: 1 }))
  const { uri } = view.publish(bob, { graceDays: 2 })
  view.name(carol, { uri, cid: 'bafyforged' })
  // A machine that calls itself Bob's and is none of his.
  view.put(did('fake'), COLLECTION.meshletOwner, 'self', { ownerDid: bob })
  const forged = view.publish(did('fake'), { graceDays: 9 })
  view.put(did('fake'), COLLECTION.cluster, 'home', { members: [], policy: forged })
  expect(policyInForce(view, HOME)).toMatchObject({
    by: [alice],
    unclear: [carol],
    rules: { graceDays: 1 },
  })
})

test('the policy of another cluster, or another record, is no policy of this one', () => {
  const view = new Commune()
  const cid = view.put(alice, COLLECTION.clusterPolicy, 'work', { graceDays: 1 })
  view.name(alice, { uri: recordUri(alice, COLLECTION.clusterPolicy, 'work'), cid })
  const own = view.publish(bob, { graceDays: 2 })
  view.name(bob, { ...own, uri: recordUri(bob, COLLECTION.workload, 'home') })
  expect(policyInForce(view, HOME)).toMatchObject({ by: [], unclear: [alice, bob] })
})

test('when the one that all name is deleted, the standard holds', () => {
  const view = new Commune()
  const policy = view.publish(alice, { graceDays: 1 })
  view.name(alice, policy).name(bob, policy).name(carol, policy)
  expect(policyInForce(view, HOME).by).toHaveLength(3)
  view.remove(alice, COLLECTION.clusterPolicy, 'home')
  const found = policyInForce(view, HOME)
  expect(found).toMatchObject({ by: [], unclear: [alice, bob, carol] })
  expect(stepsSinceFor(found, carol)).toBeUndefined()
})

test('of three ways in two and two and one none holds', () => {
  const view = new Commune()
  const [dave, erin] = [did('dave'), did('erin')]
  for (const owner of [alice, bob]) view.name(owner, view.publish(owner, { graceDays: 1 }))
  for (const owner of [carol, dave]) view.name(owner, view.publish(owner, { graceDays: 2 }))
  view.name(erin, view.publish(erin, { graceDays: 3 }))
  const roster = { ...HOME, members: [bob, carol, dave, erin] }
  expect(policyInForce(view, roster)).toMatchObject({ by: [], of: 5 })
})

test('steps that a few have held to for long are in force since they outnumber the others', () => {
  const [dave, eve] = [did('dave'), did('eve')]
  const five = { ...HOME, members: [bob, carol, dave, eve] }
  const view = new Commune()
  const rules = { lastInLineDays: 1 }
  const holds = (owner: Did, stepsSince: string) => {
    view.name(owner, view.publish(owner, rules))
    const record = {
      members: [],
      policy: view.publish(owner, rules),
      steps: stepsHash(rulesOf(rules)),
    }
    view.put(did(`${owner.slice(8)}1`), COLLECTION.cluster, 'home', { ...record, stepsSince })
  }
  holds(alice, '2026-05-01T00:00:00Z')
  holds(bob, '2026-05-01T00:00:00Z')
  holds(carol, '2026-11-20T00:00:00Z')
  expect(stepsSinceFor(policyInForce(view, five), dave)).toBe(Date.parse('2026-05-01T00:00:00Z'))
  for (const owner of [dave, eve]) view.name(owner, view.publish(owner, { lastInLineDays: 30 }))
  expect(stepsSinceFor(policyInForce(view, five), dave)).toBe(Date.parse('2026-11-20T00:00:00Z'))
})
