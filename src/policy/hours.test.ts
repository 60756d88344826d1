import { expect, test } from 'vitest'
import { formatHours, isTimeZone, isWithin, parseHours } from './hours.ts'

function hours(text: string, timeZone = 'UTC') {
  const parsed = parseHours(text, timeZone)
  if (!parsed.ok) throw new Error(parsed.expected)
  return [parsed.value]
}

test.each([
  ['22:00-06:00', '2026-11-21T23:30:00Z', true],
  ['22:00-06:00', '2026-11-21T05:59:59Z', true],
  ['22:00-06:00', '2026-11-21T06:00:00Z', false],
  ['09:00-17:30', '2026-11-21T17:29:00Z', true],
  ['09:00-17:30', '2026-11-21T17:30:00Z', false],
  ['00:00-24:00', '2026-11-21T12:00:00Z', true],
])('%s holds %s: %s', (text, time, isIn) => {
  expect(isWithin(hours(text), Date.parse(time))).toBe(isIn)
})

test('are meant where the owner says, summer time included', () => {
  const berlin = hours('22:00-06:00', 'Europe/Berlin')
  expect(isWithin(berlin, Date.parse('2026-07-01T20:30:00Z'))).toBe(true)
  expect(isWithin(berlin, Date.parse('2026-01-01T20:30:00Z'))).toBe(false)
  expect(isWithin(berlin, Date.parse('2026-01-01T21:30:00Z'))).toBe(true)
})

test.each(['', '9:00-17:00', '22-6', '24:00-06:00', '10:60-11:00', '08:00-24:01', '08:00-08:00'])(
  'refuses "%s"',
  (text) => expect(parseHours(text, 'UTC')).toMatchObject({ ok: false }),
)

test('are written as they are read', () => {
  expect(hours('22:00 - 06:00').map(formatHours)).toEqual(['22:00-06:00'])
})

test('knows time zones by name', () => {
  expect(isTimeZone('Europe/Berlin')).toBe(true)
  expect(isTimeZone('Middle/Earth')).toBe(false)
})
