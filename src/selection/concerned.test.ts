import { expect, test } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { WorkloadRecord } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { concernedBy } from './concerned.ts'

const ALICE = did('alice')
const KEY = recordKeyFor(workloadUri(ALICE, 'site'))

function communeOf(size: number): MemoryView {
  const view = new MemoryView()
  for (let i = 0; i < size; i += 1) view.own(ALICE, did(`m${String(i).padStart(2, '0')}`))
  return view
}

function site(fields: Partial<WorkloadRecord> = {}): WorkloadRecord {
  return {
    $type: COLLECTION.workload,
    createdAt: '2026-01-01T00:00:00.000Z',
    name: 'site',
    image: 'example.com/site',
    placementNonce: 'n1',
    ...fields,
  } as WorkloadRecord
}

const told = (view: MemoryView, record: WorkloadRecord | undefined) =>
  concernedBy(view, ALICE, { name: 'site', record })

test.each([10, 40])('among %i machines a new workload is told to those asked first', (size) => {
  expect(told(communeOf(size), site())).toHaveLength(3)
  expect(told(communeOf(size), site({ replicas: 3 }))).toHaveLength(5)
})

test('all are asked in a small commune, and of what runs everywhere', () => {
  expect(told(communeOf(8), site())).toHaveLength(8)
  expect(told(communeOf(40), site({ everywhere: true }))).toHaveLength(40)
})

test('whoever has answered or reports is told, and alone of a deletion', () => {
  const view = communeOf(40)
  const asked = new Set(told(view, site()))
  const [bidder, runner] = [...Array(40).keys()]
    .map((i) => did(`m${String(i).padStart(2, '0')}`))
    .filter((machine) => !asked.has(machine))
  if (bidder === undefined || runner === undefined) throw new Error('nobody is left')
  view.put(bidder, COLLECTION.bid, KEY, { workload: workloadUri(ALICE, 'site') })
  view.put(runner, COLLECTION.workloadStatus, KEY, { workload: workloadUri(ALICE, 'site') })
  expect(new Set(told(view, site()))).toEqual(new Set([...asked, bidder, runner]))
  expect(told(view, undefined)).toEqual([bidder, runner])
})

test('whoever takes no work is asked after those who do', () => {
  const view = communeOf(40)
  const [first] = told(view, site())
  if (first === undefined) throw new Error('nobody is asked')
  view.put(first, COLLECTION.meshletStatus, 'self', { epoch: 1, state: 'draining', capacity: {} })
  expect(told(view, site())).not.toContain(first)
})

test('who grants the lease is told', () => {
  const placement = { atMostOne: true, witnesses: ['m30', 'm31', 'm32'].map(did) }
  const record = site({ placement })
  expect(told(communeOf(40), record)).toEqual(
    expect.arrayContaining(['m30', 'm31', 'm32'].map(did)),
  )
})
