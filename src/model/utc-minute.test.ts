import { expect, test } from 'vitest'
import { utcMinute } from './utc-minute.ts'

test('a moment is told to the minute, with its zone, whatever zone it was written in', () => {
  expect(utcMinute('2026-11-28T23:11:25.947Z')).toBe('2026-11-28 23:11 UTC')
  expect(utcMinute('2026-11-29T00:11:25+01:00')).toBe('2026-11-28 23:11 UTC')
  expect(utcMinute('2026-12-31T23:59:60Z')).toBe('2026-12-31T23:59:60Z')
  expect(utcMinute(0)).toBe('1970-01-01 00:00 UTC')
})
