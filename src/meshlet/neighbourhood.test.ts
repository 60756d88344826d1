import { expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { sampleFor } from './neighbourhood.ts'

const crowd = (size: number) =>
  Array.from({ length: size }, (_, i) => ({ did: did(`m${i}`), endpoint: undefined }))

test('in a small commune everybody is called', () => {
  expect(sampleFor(did('m0'), crowd(256))).toHaveLength(256)
})

test('in a large one each calls so many, and is called by about as many', () => {
  const machines = crowd(1_000)
  const calledBy = new Map<string, number>()
  for (const { did: self } of machines) {
    const others = machines.filter((peer) => peer.did !== self)
    const called = sampleFor(self, others)
    expect(called).toHaveLength(256)
    expect(sampleFor(self, others.toReversed())).toEqual(called)
    for (const peer of called) calledBy.set(peer.did, (calledBy.get(peer.did) ?? 0) + 1)
  }
  const counts = machines.map(({ did: self }) => calledBy.get(self) ?? 0)
  expect(Math.min(...counts)).toBeGreaterThan(180)
  expect(Math.max(...counts)).toBeLessThan(340)
})
