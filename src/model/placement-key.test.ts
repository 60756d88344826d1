import { expect, test } from 'vitest'
import { isRebalance, placementKey } from './placement-key.ts'
import type { WorkloadRecord } from './records.ts'

const plain: WorkloadRecord = {
  $type: 'commune.scheduler.workload',
  kind: 'Workload',
  name: 'hello',
  image: 'registry.example/hello@sha256:00',
  placementNonce: 'n',
  createdAt: '2026-01-01T00:00:00.000Z',
}

const key = (change: Partial<WorkloadRecord>) =>
  placementKey('did:plc:alice', { ...plain, ...change })

test.each<Partial<WorkloadRecord>>([
  { image: 'other' },
  { env: [{ name: 'A', value: '1' }] },
  { replicas: 7 },
  { everywhere: true },
  { priority: 1 },
  { update: { maxUnavailable: 2 } },
  { placement: { bidWindowMs: 1 } },
  { constraints: [] },
  { clusters: [] },
  { volumes: [] },
  { resources: {} },
])('%j reopens nothing', (change) => {
  expect(key(change)).toBe(key({}))
})

test.each<Partial<WorkloadRecord>>([
  { name: 'other' },
  { resources: { cpuMilli: 1 } },
  { constraints: ['a=b'] },
  { spread: 'owner' },
  { clusters: ['home'] },
  { volumes: [{ name: 'data', path: '/data' }] },
  { runtime: 'gvisor' },
])('%j reopens the bidding, and is no rebalance', (change) => {
  expect(key(change)).not.toBe(key({}))
  expect(isRebalance(key({}), key(change))).toBe(false)
})

test('the owner is part of it', () => {
  expect(placementKey('did:plc:bob', plain)).not.toBe(key({}))
})

test('a new nonce alone is a rebalance', () => {
  expect(isRebalance(key({}), key({ placementNonce: 'm' }))).toBe(true)
  expect(isRebalance(key({}), key({}))).toBe(false)
})

test('the order of constraints and clusters, and where a volume is mounted, decide nothing', () => {
  expect(key({ constraints: ['a', 'b'] })).toBe(key({ constraints: ['b', 'a', 'a'] }))
  expect(key({ clusters: ['a', 'b'] })).toBe(key({ clusters: ['b', 'a'] }))
  expect(key({ volumes: [{ name: 'v', path: '/a' }] })).toBe(
    key({ volumes: [{ name: 'v', path: '/b' }] }),
  )
})
