import { expect, test } from 'vitest'
import { recordKeyFor } from './record-key.ts'
import { isDid, parseWorkloadUri, workloadUri } from './workload-uri.ts'

test('a uri is parsed back to its parts', () => {
  for (const owner of ['did:plc:alice', 'did:web:example.com', 'did:web:localhost%3A8080'] as const)
    expect(parseWorkloadUri(workloadUri(owner, 'hello'))).toEqual({ owner, name: 'hello' })
})

test.each([
  '',
  'at://',
  'at://did:plc:alice',
  'at://alice.example/commune.scheduler.workload/hello',
  'at://did:plc:alice/commune.scheduler.bid/hello',
  'at://did:plc:alice/commune.scheduler.workload/',
  'at://did:plc:alice/commune.scheduler.workload/Hello',
  'at://did:plc:alice/commune.scheduler.workload/-hello',
  'at://did:plc:alice/commune.scheduler.workload/hello/again',
  'at://did:plc:alice/commune.scheduler.workload/hello?x',
  `at://did:plc:alice/commune.scheduler.workload/${'a'.repeat(64)}`,
  ' at://did:plc:alice/commune.scheduler.workload/hello',
])('%j is no workload', (uri) => {
  expect(parseWorkloadUri(uri)).toBeUndefined()
})

test('DIDs end in no colon and name a method', () => {
  expect(['did:plc:a', 'did:web:a.b%3A1', 'did:x:y:z'].every(isDid)).toBe(true)
  expect(['did:plc:', 'did:PLC:a', 'did:a', 'alice', 'did:plc:a:', 'did:plc:a b'].some(isDid)).toBe(
    false,
  )
  expect(isDid(`did:plc:${'a'.repeat(2048)}`)).toBe(false)
})

test('record keys are short, and valid on every PDS', () => {
  expect(recordKeyFor(workloadUri('did:plc:alice', 'hello'))).toMatch(/^[a-z2-7]{24}$/)
})
