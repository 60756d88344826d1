import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

describe('parseDuration', () => {
  it.each<[string | number, number]>([
    ['5s', 5000],
    ['+5s', 5000],
    ['250ms', 250],
    ['1.5h', 5_400_000],
    ['1h30m', 5_400_000],
    ['30m1h', 5_400_000],
    ['1m1m', 120_000],
    ['1h0m0.5s', 3_600_500],
    ['.5s', 500],
    ['1.s', 1000],
    ['100us', 1],
    ['1µs', 1],
    ['1μs', 1],
    ['1ns', 1],
    ['0.1ns', 1],
    ['1000000ns', 1],
    ['1000001ns', 2],
    ['0s', 0],
    ['0', 0],
    [0, 0],
    ['9007199254740991ms', Number.MAX_SAFE_INTEGER],
  ])('%s is %d ms', (text, value) => {
    expect(parseDuration(text)).toEqual({ ok: true, value })
  })

  it.each<string | number>([
    '',
    ' ',
    's',
    '.s',
    '5',
    5,
    '1.5',
    '-5s',
    '-.5h',
    '5 s',
    ' 5s',
    '5s ',
    '5S',
    '1d',
    '1w',
    '5sec',
    '1h30',
    '1e3s',
    '++1s',
    '1.2.3s',
    '9007199254740992ms',
    `${'9'.repeat(62)}h`,
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])('%j is no duration', (text) => {
    expect(parseDuration(text).ok).toBe(false)
  })

  it('says that a bare number has no unit', () => {
    expect(parseDuration(5)).toMatchObject({ expected: expect.stringContaining('no unit') })
    expect(parseDuration('-5s')).toMatchObject({ expected: expect.stringContaining('negative') })
  })

  it('reads what is written', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (millis) => {
        expect(parseDuration(formatDuration(millis))).toEqual({ ok: true, value: millis })
      }),
    )
    expect([0, 250, 5000, 5_400_000, 3_600_500].map(formatDuration)).toEqual([
      '0s',
      '250ms',
      '5s',
      '1h30m',
      '1h500ms',
    ])
  })

  it('never throws', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[-+0-9.hmsunµ]{0,30}$/))
    fc.assert(
      fc.property(text, (value) => {
        const result = parseDuration(value)
        expect(!result.ok || Number.isSafeInteger(result.value)).toBe(true)
      }),
    )
  })
})
