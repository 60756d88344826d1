import { expect, test } from 'vitest'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { MemoryView, did } from '../../test/support/memory-view.ts'
import { hearsayOf, type Returns } from './returns.ts'

const bob = did('bob-1')
const uri = workloadUri(did('alice'), 'web')

function scene() {
  const view = new MemoryView()
  const returns: Returns = new Map()
  return {
    says: (phase: string) =>
      view.put(bob, COLLECTION.workloadStatus, recordKeyFor(uri), { workload: uri, phase }),
    answers: () => view.put(bob, COLLECTION.meshletStatus, 'self', { epoch: 2, state: 'active' }),
    hearsay: (down: readonly Did[], now: number) => [
      ...hearsayOf(returns, view, { uri, down: new Set(down), now }),
    ],
  }
}

test('who is not down any more is believed once it has said anew what it runs', () => {
  const { says, answers, hearsay } = scene()
  says('running')
  expect(hearsay([bob], 0)).toEqual([])
  expect(hearsay([], 1_000)).toEqual([bob])
  // That it lives is no news of what it runs.
  answers()
  expect(hearsay([], 1_500)).toEqual([bob])
  says('stopped')
  expect(hearsay([], 2_000)).toEqual([])
})

test('or after a while, if it has nothing new to say', () => {
  const { says, hearsay } = scene()
  says('running')
  hearsay([bob], 0)
  expect(hearsay([], 1_000)).toEqual([bob])
  expect(hearsay([], 5_999)).toEqual([bob])
  expect(hearsay([], 6_000)).toEqual([])
  expect(hearsay([], 7_000)).toEqual([])
})

test('what it said while it was down still counts as old', () => {
  const { says, hearsay } = scene()
  says('pending')
  hearsay([bob], 0)
  says('running')
  hearsay([bob], 500)
  expect(hearsay([], 1_000)).toEqual([bob])
})

test('who was never down is no hearsay', () => {
  const { says, hearsay } = scene()
  says('running')
  expect(hearsay([], 0)).toEqual([])
})
