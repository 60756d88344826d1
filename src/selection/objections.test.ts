import { describe, expect, test } from 'vitest'
import { COLLECTION } from '../model/nsid.ts'
import type { AtUri, Did } from '../model/records.ts'
import { MemoryView, did } from '../../test/support/memory-view.ts'
import { bid, KEY, world } from '../../test/support/sample-bids.ts'
import { objectionable, overruledBidders, type Objection } from './objections.ts'
import { observeBids, openRounds, settleRounds, type Rounds } from './rounds.ts'

const URI = 'at://did:plc:alice/commune.scheduler.workload/hello' as AtUri
const OWNERS = ['alice', 'bob', 'carol', 'dave']
const candidates = OWNERS.map((name) => ({
  meshletDid: did(`${name}-1`),
  ownerDid: did(name),
}))
const against = (change: Partial<Objection> = {}): Objection => ({
  workload: URI,
  placementKey: KEY,
  meshletDid: did('dave-1'),
  round: 0,
  ...change,
})

/** Whether Dave's offer counts when these machines object. */
function isOverruled(objections: Record<string, Objection>, ownerDid: Did = did('alice')): boolean {
  const view = new MemoryView()
  for (const [name, objection] of Object.entries(objections))
    view.put(did(name), COLLECTION.meshletStatus, 'self', {
      epoch: 1,
      state: 'active',
      capacity: {},
      objections: [objection],
    })
  const bids = [bid({ name: 'dave-1', owner: 'dave' })]
  const overruled = overruledBidders(view, {
    uri: URI,
    ownerDid,
    placementKey: KEY,
    bids,
    candidates,
  })
  return overruled.has(did('dave-1'))
}

describe('an offer is overruled', () => {
  test.each([
    ['by nobody', {}, false],
    ['by a machine of the workload’s owner', { 'alice-1': against() }, true],
    ['by one owner of four', { 'bob-1': against() }, false],
    ['by half of them', { 'bob-1': against(), 'carol-1': against() }, false],
    ['by three of four', { 'bob-1': against(), 'carol-1': against(), 'dave-1': against() }, true],
    ['in a later round', { 'alice-1': against({ round: 3 }) }, true],
    ['not for another workload', { 'alice-1': against({ workload: `${URI}x` as AtUri }) }, false],
    ['not under another key', { 'alice-1': against({ placementKey: 'other.key' }) }, false],
    ['not for another bidder', { 'alice-1': against({ meshletDid: did('bob-1') }) }, false],
    ['not by a stranger', { 'mallory-1': against() }, false],
  ])('%s', (_, objections, expected) => {
    expect(isOverruled(objections as Record<string, Objection>)).toBe(expected)
  })

  test('only up to the round that the objection names', () => {
    const view = new MemoryView()
    view.put(did('alice-1'), COLLECTION.meshletStatus, 'self', {
      epoch: 1,
      state: 'active',
      capacity: {},
      objections: [against({ round: 1 })],
    })
    const bids = [bid({ name: 'dave-1', owner: 'dave', round: 2 })]
    const input = { uri: URI, ownerDid: did('alice'), placementKey: KEY, bids, candidates }
    expect(overruledBidders(view, input)).toEqual(new Set())
  })
})

describe('worth an objection', () => {
  const holder = bid({ name: 'bob-1' })
  const late = bid({ name: 'dave-1', score: 9 })
  const rounds = (): Rounds => {
    const early = observeBids(openRounds(KEY, 0), [holder], { now: 0, via: 'stream' })
    const acted = settleRounds(early, { decidedThrough: 0, missing: 0, now: 5_000 })
    return observeBids(acted, [holder, late], { now: 9_000, via: 'stream' })
  }
  const running = new Map([[did('bob-1'), 1]])

  test('is a late offer that pushes out who runs', () => {
    expect(objectionable(world([holder, late]), rounds(), running)).toEqual([late])
  })

  test('is none that pushes out somebody who does not run', () => {
    expect(objectionable(world([holder, late]), rounds(), new Map())).toEqual([])
  })

  test('is none that wins nothing', () => {
    const modest = bid({ name: 'dave-1', score: -9 })
    const seen = observeBids(rounds(), [holder, modest], { now: 9_500, via: 'stream' })
    expect(objectionable(world([holder, modest]), seen, running)).toEqual([])
  })

  test('is none that is overruled already', () => {
    const input = world([holder, late], { overruled: new Set([did('dave-1')]) })
    expect(objectionable(input, rounds(), running)).toEqual([])
  })
})
