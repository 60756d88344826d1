import { expect, test } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { usageUri } from './claims.ts'
import { addDays, DAY_SECONDS, dayOf } from './ledger-day.ts'
import { rateOf } from './rate.ts'
import { waitingClaims } from './waiting-claims.ts'

const NOW_MS = Date.parse('2026-03-10T12:00:00Z')
const YESTERDAY = dayOf(NOW_MS - 86_400_000)
const REQUEST = { cpuMilli: 1_000, memoryBytes: 1024 ** 3, storageBytes: 0 }
const WHOLE_DAY = rateOf(REQUEST) * DAY_SECONDS
const WEB = workloadUri(did('alice'), 'web')

/** Alice has work, and a machine that saw nothing of it; Bob’s machine ran it. */
function commune(): MemoryView {
  const view = new MemoryView().read(did('alice'))
  view.own(did('bob'), did('b1'), [did('alice')])
  view.own(did('alice'), did('a1'), [did('bob')])
  const workload = { kind: 'Workload', name: 'web', replicas: 1, resources: REQUEST }
  view.put(did('alice'), COLLECTION.workload, 'web', workload)
  ran(view, WEB)
  return view
}

/** Bob’s machine says that it runs it. */
function ran(view: MemoryView, workload: string): void {
  view.put(did('b1'), COLLECTION.workloadStatus, recordKeyFor(workload), { workload })
}

function claim(view: MemoryView, amounts: Readonly<Record<string, number>>, day = YESTERDAY) {
  const entries = Object.entries(amounts).map(([name, amount]) => ({
    ...{ workload: workloadUri(did('alice'), name), amount, seconds: DAY_SECONDS },
  }))
  const capacity = { cpuMilli: 64_000, memoryBytes: 64 * 1024 ** 3, storageBytes: 0 }
  const createdAt = `${addDays(day, 1)}T00:05:00Z`
  const value = {
    period: day,
    sequence: Date.parse(day) / 86_400_000,
    capacity,
    entries,
    createdAt,
  }
  return { uri: usageUri(did('b1'), day), cid: view.put(did('b1'), COLLECTION.usage, day, value) }
}

function found(view: MemoryView, nowMs = NOW_MS) {
  return waitingClaims(view, did('alice'), nowMs).map(({ day, entries }) => [
    day,
    ...entries.map(({ workload, doubt }) => doubt ?? workload.split('/').at(-1)),
  ])
}

test('a claim that nobody on her side acknowledged waits for her word, and no longer when she gave it', () => {
  const view = commune()
  const usage = claim(view, { web: WHOLE_DAY })
  expect(found(view)).toEqual([[YESTERDAY, 'web']])
  const said = { usage, entries: [{ workload: WEB, amount: 0, seconds: 1 }] }
  const createdAt = new Date(NOW_MS).toISOString()
  const key = recordKeyFor(usage.uri)
  view.put(did('alice'), COLLECTION.acknowledgement, key, { ...said, createdAt })
  expect(found(view)).toEqual([])
})

test('her machines have half a day to say what they saw, before she is asked', () => {
  const view = commune()
  claim(view, { web: WHOLE_DAY }, addDays(YESTERDAY, -1))
  claim(view, { web: WHOLE_DAY })
  expect(found(view, NOW_MS - 1)).toEqual([[addDays(YESTERDAY, -1), 'web']])
  expect(found(view)).toHaveLength(2)
})

test('more than all replicas together could have taken in that day is doubted', () => {
  const view = commune()
  claim(view, { web: WHOLE_DAY * 1.5 })
  expect(found(view)).toEqual([[YESTERDAY, expect.stringContaining('more than it asks for')]])
  const twice = commune()
  twice.own(did('carol'), did('c1'), [did('alice')])
  twice.put(did('a1'), COLLECTION.cluster, 'home', { members: [did('bob'), did('carol')] })
  twice.put(did('c1'), COLLECTION.workloadStatus, recordKeyFor(WEB), { workload: WEB })
  claim(twice, { web: WHOLE_DAY })
  const [, record] = twice.list(did('b1'), COLLECTION.usage)[0] ?? []
  twice.put(did('c1'), COLLECTION.usage, YESTERDAY, record?.value as object)
  expect(
    found(twice)
      .flat()
      .filter((text) => text?.includes('more than')),
  ).toHaveLength(2)
})

test('of work that runs everywhere each machine may claim one replica', () => {
  const view = commune()
  const everywhere = { kind: 'Workload', name: 'web', everywhere: true, resources: REQUEST }
  view.put(did('alice'), COLLECTION.workload, 'web', everywhere)
  claim(view, { web: WHOLE_DAY })
  expect(found(view)).toEqual([[YESTERDAY, 'web']])
  claim(view, { web: WHOLE_DAY * 2 })
  expect(found(view)).toEqual([[YESTERDAY, expect.stringContaining('more than it asks for')]])
})

test('what began in the middle of the day can’t have run before, and what is gone can’t be told', () => {
  const view = commune()
  const createdAt = `${YESTERDAY}T12:00:00Z`
  view.put(did('alice'), COLLECTION.workload, 'late', {
    ...{ kind: 'Workload', name: 'late', replicas: 1, resources: REQUEST, createdAt },
  })
  for (const name of ['late', 'gone']) ran(view, workloadUri(did('alice'), name))
  claim(view, { late: WHOLE_DAY / 2, gone: 1 })
  expect(found(view)).toEqual([[YESTERDAY, 'late', 'there is no such workload now']])
  claim(view, { late: WHOLE_DAY })
  expect(found(view)).toEqual([[YESTERDAY, expect.stringContaining('more than it asks for')]])
})

test('a machine of which no record shows that it ever had the workload is doubted', () => {
  const view = commune()
  view.remove(did('b1'), COLLECTION.workloadStatus, recordKeyFor(WEB))
  claim(view, { web: WHOLE_DAY })
  expect(found(view)).toEqual([[YESTERDAY, 'no record shows that it ran there']])
})

test('work of others, and claims that are wrong in themselves, wait for nobody', () => {
  const view = commune()
  claim(view, { web: -5 })
  expect(found(view)).toEqual([])
})
