import { expect, test } from 'vitest'
import type { WorkloadRecord } from './records.ts'
import { DEFAULT_REQUEST } from './request.ts'
import { containerSpecOf, specHash } from './spec-hash.ts'

const plain: WorkloadRecord = {
  $type: 'commune.scheduler.workload',
  kind: 'Workload',
  name: 'hello',
  image: 'registry.example/hello@sha256:00',
  createdAt: '2026-01-01T00:00:00.000Z',
}

const hash = (change: Partial<WorkloadRecord>) => specHash({ ...plain, ...change })

test.each<Partial<WorkloadRecord>>([
  { replicas: 5 },
  { everywhere: true },
  { placementNonce: 'other' },
  { constraints: ['arch=amd64'] },
  { spread: 'owner' },
  { priority: 3 },
  { source: { set: 'x', revision: 'abc' } },
  { createdAt: '2020-01-01T00:00:00.000Z' },
  { update: { maxUnavailable: 2 } },
  { restart: { policy: 'no' } },
  { stopGracePeriodMs: 1 },
  { placement: { bidWindowMs: 1 } },
  { previous: { image: 'x', specHash: 'y' } },
  { protect: true },
])('%j restarts nothing (review 8)', (change) => {
  expect(hash(change)).toBe(hash({}))
})

test.each<Partial<WorkloadRecord>>([
  { security: 'restricted' },
  { readOnly: true },
  { egress: 'none' },
  { env: [] },
  { tmpfs: [] },
  { capAdd: [] },
  { secrets: [] },
  { ports: [] },
  { volumes: [] },
  { resources: {} },
  { resources: { ...DEFAULT_REQUEST } },
])('%j is the same as saying nothing', (change) => {
  expect(hash(change)).toBe(hash({}))
})

test.each<Partial<WorkloadRecord>>([
  { image: 'registry.example/hello@sha256:01' },
  { entrypoint: ['/bin/a'] },
  { entrypoint: [] },
  { command: ['/bin/a'] },
  { command: [] },
  { env: [{ name: 'A', value: '' }] },
  { user: '1000' },
  { workingDir: '/srv' },
  { tmpfs: ['/tmp'] },
  { stopSignal: 'SIGINT' },
  { security: 'baseline' },
  { capAdd: ['NET_BIND_SERVICE'] },
  { readOnly: false },
  { egress: 'internet' },
  { resources: { memoryBytes: 1 } },
  { secrets: [{ name: 'a', file: '/run/a' }] },
  { ports: [{ container: 80 }] },
  { volumes: [{ name: 'a', path: '/a' }] },
  { healthcheck: { tcp: { port: 80 } } },
])('%j makes another container', (change) => {
  expect(hash(change)).not.toBe(hash({}))
})

test('all changes of one field differ from each other', () => {
  const hashes = [
    hash({ command: ['a', 'b'] }),
    hash({ command: ['a b'] }),
    hash({ command: ['b', 'a'] }),
    hash({ entrypoint: ['a', 'b'] }),
    hash({ healthcheck: { http: { port: 80 } } }),
    hash({ healthcheck: { tcp: { port: 80 } } }),
    hash({ healthcheck: { tcp: { port: 80 }, retries: 3 } }),
  ]
  expect(new Set(hashes).size).toBe(hashes.length)
})

test('lists whose order means nothing may be in any order', () => {
  const a = { name: 'A', value: '1' }
  const b = { name: 'B', value: '2' }
  expect(hash({ env: [a, b] })).toBe(hash({ env: [b, a] }))
  expect(hash({ env: [{ name: 'A', value: '0' }, b, a] })).toBe(hash({ env: [a, b] }))
  expect(hash({ capAdd: ['X', 'Y'] })).toBe(hash({ capAdd: ['Y', 'X', 'X'] }))
  expect(hash({ ports: [{ container: 1 }, { container: 2, protocol: 'tcp' }] })).toBe(
    hash({ ports: [{ container: 2 }, { container: 1 }] }),
  )
})

test('unknown fields, also nested ones, change nothing', () => {
  const odd = {
    ...plain,
    extra: 1,
    ports: [{ container: 80, extra: 1.5 } as { container: number }],
  }
  expect(specHash(odd)).toBe(hash({ ports: [{ container: 80 }] }))
})

test('the spec of a spec is itself, so that `previous` can be compared', () => {
  const spec = containerSpecOf({
    ...plain,
    env: [
      { name: 'B', value: '2' },
      { name: 'A', value: '1' },
    ],
    security: 'restricted',
    healthcheck: { http: { port: 80, path: '/' }, intervalMs: 5000 },
  })
  expect(containerSpecOf(spec)).toEqual(spec)
})
