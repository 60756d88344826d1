import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatBytes, formatCpu, parseBytes, parseCpuMilli } from './quantity.ts'

const GIB = 1024 ** 3

describe('bytes', () => {
  it.each<[string | number, number]>([
    [0, 0],
    [64, 64],
    ['0', 0],
    ['0.', 0],
    ['1.', 1],
    ['.5', 1],
    ['+1', 1],
    ['+.5Ki', 512],
    ['-0', 0],
    ['128Ki', 128 * 1024],
    ['64Mi', 64 * 1024 ** 2],
    ['1.5Gi', 1.5 * GIB],
    ['2Ti', 2 * 1024 * GIB],
    ['1Pi', 1024 ** 5],
    ['1k', 1000],
    ['5M', 5_000_000],
    ['2G', 2_000_000_000],
    ['3T', 3e12],
    ['1P', 1e15],
    ['0.001E', 1e15],
    ['0.001Ei', Math.ceil(1024 ** 6 / 1000)],
    ['1e3', 1000],
    ['1E3', 1000],
    ['1e+3', 1000],
    ['1E-3', 1],
    ['12.5e1', 125],
    ['1e6', 1_000_000],
    [1e21 / 1e18, 1000],
    ['100m', 1],
    ['1000m', 1],
    ['1001m', 2],
    ['1u', 1],
    ['1n', 1],
    ['0n', 0],
    ['1000000000n', 1],
    ['0.3Ki', 308],
    ['1e-99', 1],
    ['1e-999999', 1],
    ['0e999999', 0],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['0000000064', 64],
  ])('%s is %d', (text, value) => {
    expect(parseBytes(text)).toEqual({ ok: true, value })
  })

  it.each<string | number>([
    '',
    ' ',
    ' 1',
    '1 ',
    '.',
    '+',
    '-',
    'Mi',
    '1.1.M',
    '1+1.0M',
    '0.1mi',
    '0.1am',
    'aoeu',
    '.5i',
    '1i',
    '-3.01i',
    '-3.01e-',
    '1e',
    '1e1.5',
    '1e3Ki',
    '1K',
    '1KB',
    '64MB',
    '64MiB',
    '1Zi',
    '1_000',
    '1,5Gi',
    '0x10',
    '--1',
    '+-1',
    '١',
    'NaN',
    'Infinity',
    '1'.repeat(65),
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ])('%j is no quantity', (text) => {
    expect(parseBytes(text).ok).toBe(false)
  })

  it.each(['-1', '-1Ki', '-1e-99', '9007199254740992', '8Pi', '9E', '1Ei', '1e400', '1e99999999'])(
    '%s is out of range',
    (text) => {
      expect(parseBytes(text).ok).toBe(false)
    },
  )

  it('names the suffix that was probably meant', () => {
    expect(parseBytes('64MB')).toMatchObject({ expected: expect.stringContaining('Mi') })
    expect(parseBytes('1K')).toMatchObject({ expected: expect.stringContaining('Ki') })
  })

  it('writes what it reads', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (bytes) => {
        expect(parseBytes(formatBytes(bytes))).toEqual({ ok: true, value: bytes })
      }),
    )
  })

  it.each([
    [0, '0'],
    [1001, '1001'],
    [1024, '1Ki'],
    [1000, '1k'],
    [64 * 1024 ** 2, '64Mi'],
    [1.5 * GIB, '1536Mi'],
    [1e10, '10G'],
  ])('%d is written %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })
})

describe('CPU', () => {
  it.each<[string | number, number]>([
    [2, 2000],
    [0.5, 500],
    [0.1, 100],
    ['250m', 250],
    ['0.25', 250],
    ['.001', 1],
    ['1.5', 1500],
    ['1k', 1_000_000],
    ['100u', 1],
    ['1500u', 2],
    ['0.1m', 1],
    ['1e-3', 1],
    ['0.0001', 1],
    [0, 0],
  ])('%s is %d thousandths', (text, value) => {
    expect(parseCpuMilli(text)).toEqual({ ok: true, value })
  })

  it('writes what it reads', () => {
    fc.assert(
      fc.property(fc.nat(), (milli) => {
        expect(parseCpuMilli(formatCpu(milli))).toEqual({ ok: true, value: milli })
      }),
    )
    expect([formatCpu(250), formatCpu(2000), formatCpu(0)]).toEqual(['250m', '2', '0'])
  })
})

it('never throws', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[-+0-9.eEKMmkin]{0,20}$/))
  fc.assert(
    fc.property(fc.oneof(text, fc.double()), (value) => {
      const result = parseBytes(value)
      expect(!result.ok || Number.isSafeInteger(result.value)).toBe(true)
    }),
  )
})
