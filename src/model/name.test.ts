import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isDnsLabel, parseDnsLabel, suggestDnsLabel } from './name.ts'

it.each(['a', '0', 'a-b', 'a--b', '1st', 'x'.repeat(63)])('%s is a DNS label', (text) => {
  expect(parseDnsLabel(text)).toEqual({ ok: true, value: text })
})

it.each([
  '',
  '-',
  '-a',
  'a-',
  'A',
  'a.b',
  'a_b',
  'ä',
  'a ',
  'a\n',
  'a\u202eb',
  'x'.repeat(64),
  '../a',
])('%j is none', (text) => {
  expect(parseDnsLabel(text).ok).toBe(false)
})

it('suggests the nearest label', () => {
  expect(suggestDnsLabel('Hello_World')).toBe('hello-world')
  expect(suggestDnsLabel('../etc/passwd')).toBe('etc-passwd')
  expect(suggestDnsLabel('ÄÖ')).toBeUndefined()
})

it('suggests labels only', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 300 }), (text) => {
      const label = suggestDnsLabel(text)
      expect(label === undefined || isDnsLabel(label)).toBe(true)
    }),
  )
})
