import { expect, test } from 'vitest'
import type { Policy } from './policy.ts'
import { openHoursOf } from './open-hours.ts'
import { STANDARD_POLICY } from './standard-policy.ts'

const MINUTE_MS = 60_000
const MIDNIGHT_MS = Date.UTC(2026, 1, 1)

function opening(fromMinute: number, toMinute: number, timeZone = 'UTC'): Policy {
  const hours = [{ fromMinute, toMinute, timeZone }]
  return {
    ...STANDARD_POLICY,
    rules: [{ name: 'night', subject: { kind: 'members' }, terms: { hours } }],
  }
}

test('it is another text from the minute on in which hours begin or end', () => {
  const textOf = openHoursOf()
  const policy = opening(60, 120)
  const at = (minutes: number, ms = 0) => textOf(policy, MIDNIGHT_MS + minutes * MINUTE_MS + ms)
  const closed = at(0)
  expect(at(59, MINUTE_MS - 1)).toBe(closed)
  const open = at(60)
  expect(open).not.toBe(closed)
  expect(at(119, MINUTE_MS - 1)).toBe(open)
  expect(at(120)).toBe(closed)
})

test('another policy at the same minute has hours of its own', () => {
  const textOf = openHoursOf()
  const open = textOf(opening(0, 60), MIDNIGHT_MS)
  expect(textOf(opening(0, 60, 'Asia/Kolkata'), MIDNIGHT_MS)).not.toBe(open)
  expect(textOf(STANDARD_POLICY, MIDNIGHT_MS)).toBe('')
})
