import { expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { MeshletStatusRecord, WorkloadRecord } from '../model/records.ts'
import type { Write } from '../ports/records.ts'
import { audienceOf, hintsOf, statusNews } from './audience.ts'
import type { Placement } from './observe.ts'

const SELF = did('self')
const A = did('a')
const B = did('b')
const C = did('c')

function put(collection: Write['collection'], rkey: string): Write {
  return { action: 'put', collection, rkey, value: {} }
}

function told(writes: readonly Write[]) {
  const audience = (rkey: string) => [did(rkey)]
  const isNews = statusNews()
  const hints = hintsOf({ did: SELF, rev: 'r1', writes, audienceOf: audience, isNews })
  return hints.map(({ hint, to }) => [hint.uri, to])
}

function audience(fields: Partial<WorkloadRecord>, replicas: Placement['replicas'] = 1) {
  return audienceOf({
    replicas,
    invited: [A, B],
    bids: [{ meshletDid: B }, { meshletDid: C }],
    record: { value: fields },
  } as unknown as Placement)
}

test('bids and statuses go to those of their workload, all else to everybody', () => {
  const writes = [
    put(COLLECTION.bid, 'w1'),
    put(COLLECTION.workloadStatus, 'w2'),
    put(COLLECTION.suspicion, 'w3'),
  ]
  expect(told(writes)).toEqual([
    [`at://${SELF}/${COLLECTION.bid}/w1`, [did('w1')]],
    [`at://${SELF}/${COLLECTION.workloadStatus}/w2`, [did('w2')]],
    [`at://${SELF}/${COLLECTION.suspicion}/w3`, undefined],
  ])
})

test('the status of a machine is told of alone, not beside its bids', () => {
  const status = put(COLLECTION.meshletStatus, 'self')
  const uri = `at://${SELF}/${COLLECTION.meshletStatus}/self`
  expect(told([status])).toEqual([[uri, undefined]])
  expect(told([status, put(COLLECTION.bid, 'w')])).toEqual([
    [`at://${SELF}/${COLLECTION.bid}/w`, [did('w')]],
  ])
})

test('nobody waits for a status that says nothing but the time and the room that is left', () => {
  const isNews = statusNews()
  const first = { epoch: 1, state: 'active', updatedAt: '2026-02-01T00:00:00.000Z' }
  const status = first as MeshletStatusRecord
  const later: MeshletStatusRecord = { ...status, updatedAt: '2026-02-01T00:15:00.000Z' }
  expect(isNews(status)).toBe(true)
  expect(isNews({ ...later, available: { cpuMilli: 1 } })).toBe(false)
  expect(isNews({ ...later, state: 'draining' })).toBe(true)
  expect(isNews({ ...later, state: 'draining', epoch: 2 })).toBe(true)
})

test('those who are asked, and whoever has answered, each once', () => {
  expect(audience({})).toEqual([A, B, C])
})

test('witnesses of what must never run twice too, those before them as well', () => {
  const D = did('d')
  const E = did('e')
  const placement = { atMostOne: true, witnesses: [A, D], previousWitnesses: [E] }
  expect(audience({ placement })).toEqual([A, B, D, E, C])
})

test('what runs everywhere concerns everybody', () => {
  expect(audience({}, 'everywhere')).toBeUndefined()
})
