import { expect, test } from 'vitest'
import type { WorkloadRecord } from '../model/records.ts'
import { containerSpecOf } from '../model/spec-hash.ts'
import { previousSpec } from './previous-spec.ts'

const record = (image: string, previous?: WorkloadRecord): WorkloadRecord => ({
  $type: 'commune.scheduler.workload',
  kind: 'Workload',
  name: 'web',
  image,
  createdAt: '2026-01-01T00:00:00.000Z',
  ...(previous && { previous: containerSpecOf(previous) }),
})
const first = record('one')
const second = record('two', first)
const third = record('three')

test.each([
  ['the container before, when it changes', first, second, undefined, first],
  ['what it was, when only the rest changes', second, { ...second, replicas: 3 }, undefined, first],
  ['the container before, when that proved itself', second, third, true, second],
  ['the container before, when nothing is known of it', second, third, undefined, second],
  ['the last good one, when the one before did not prove itself', second, third, false, first],
  ['never itself: back to the first is tried against the second', second, first, false, second],
])('%s', (_, before, after, proven, expected) => {
  expect(previousSpec(before, after, () => proven)).toEqual(containerSpecOf(expected))
})

test('nothing for a first container that did not change', () => {
  expect(previousSpec(first, { ...first, priority: 1 }, () => true)).toBeUndefined()
})
