import { expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import type { Did } from '../model/records.ts'
import type { Peer } from './heartbeats.ts'
import { inTurnFor, sampleOf } from './neighbourhood.ts'

/** Of so many machines every second one can't be called, if any. */
const crowd = (size: number, { isHalfBehindNat = false } = {}) =>
  Array.from({ length: size }, (_, i) => ({
    did: did(`m${i}`),
    endpoint: isHalfBehindNat && i % 2 === 0 ? undefined : `https://m${i}.example`,
  }))

function sampleFor(self: Did, peers: readonly Peer[]): readonly Peer[] {
  const endpoints = new Map(peers.map((peer) => [peer.did, peer.endpoint]))
  const inTurn = inTurnFor(self, [...endpoints.keys()])
  return sampleOf(inTurn, (one) => endpoints.get(one))
}

test('in a small commune everybody is called', () => {
  expect(sampleFor(did('m0'), crowd(128))).toHaveLength(128)
})

test('in a large one each calls so many, and is called by about as many', () => {
  const machines = crowd(400)
  const calledBy = new Map<string, number>()
  for (const { did: self } of machines) {
    const others = machines.filter((peer) => peer.did !== self)
    const called = sampleFor(self, others)
    expect(called).toHaveLength(128)
    for (const peer of called) calledBy.set(peer.did, (calledBy.get(peer.did) ?? 0) + 1)
  }
  expect(sampleFor(did('m0'), machines.toReversed())).toEqual(sampleFor(did('m0'), machines))
  const counts = machines.map(({ did: self }) => calledBy.get(self) ?? 0)
  expect(Math.min(...counts)).toBeGreaterThan(80)
  expect(Math.max(...counts)).toBeLessThan(190)
})

test('in a larger one as many more as its square root grows', () => {
  expect(sampleFor(did('m0'), crowd(4_096))).toHaveLength(256)
})

test('whoever hears nothing of another hears it from somebody both know, also behind NAT', () => {
  const machines = crowd(400, { isHalfBehindNat: true })
  const known = new Map(machines.map(({ did: self }) => [self, new Set([self])]))
  for (const { did: self } of machines)
    for (const peer of sampleFor(self, machines).filter(({ did: other }) => other !== self)) {
      known.get(self)?.add(peer.did)
      known.get(peer.did)?.add(self)
    }
  const lists = [...known.values()]
  const apart = lists
    .slice(0, 20)
    .flatMap((a) => lists.filter((b) => ![...a].some((one) => b.has(one))))
  expect(apart).toEqual([])
})
