import { expect, test } from 'vitest'
import type { WorkloadRecord } from '../model/records.ts'
import { unsupportedReason } from './support.ts'

const plain: WorkloadRecord = {
  $type: 'commune.scheduler.workload',
  kind: 'Workload',
  name: 'web',
  image: 'registry.example/web@sha256:00',
  createdAt: '2026-01-01T00:00:00.000Z',
}

test('what is plain can be run, with tcp ports, empty lists and `stop`', () => {
  expect(unsupportedReason(plain)).toBeUndefined()
  const more = { volumes: [], secrets: [], egress: 'internet', placement: { onPartition: 'stop' } }
  const ports = [{ container: 80, protocol: 'tcp' }]
  expect(unsupportedReason({ ...plain, ...more, ports })).toBeUndefined()
})

test.each<[string, Partial<WorkloadRecord>]>([
  ['kind: Job', { kind: 'Job' }],
  ['a kind that it does not know', { kind: 'Ship' }],
  ['schedule', { schedule: '* * * * *' }],
  ['volumes', { volumes: [{ name: 'data', path: '/data' }] }],
  ['secrets', { secrets: [{ name: 'key', file: '/key' }] }],
  [
    'placement.atMostOne with more than one replica',
    { placement: { atMostOne: true }, replicas: 2 },
  ],
  [
    'placement.atMostOne with more than one replica',
    { placement: { atMostOne: true }, everywhere: true },
  ],
  ['udp ports', { ports: [{ container: 53, protocol: 'udp' }] }],
])('%s is named', (name, fields) => {
  expect(unsupportedReason({ ...plain, ...fields })).toBe(`not supported by this version: ${name}`)
})

test('everything is named at once', () => {
  const message = unsupportedReason({
    ...plain,
    kind: 'Job',
    schedule: '* * * * *',
    volumes: [{ name: 'data', path: '/data' }],
  })
  expect(message).toBe('not supported by this version: kind: Job, schedule, volumes')
})
