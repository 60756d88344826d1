import { expect, test } from 'vitest'
import { fold, hash64, LAST_TOP, mix, mixTop, topOf } from './mix.ts'

test('the hash is the first 64 bits of SHA-256, big-endian', () => {
  // SHA-256 of the empty text begins with e3b0c442 98fc1c14.
  expect(hash64('')).toEqual({ high: 0xe3b0c442 | 0, low: 0x98fc1c14 | 0 })
})

test('the mix is a safe integer, and differs by key and by DID', () => {
  const keys = ['a', 'b', 'c'].map(hash64)
  const dids = Array.from({ length: 300 }, (_, i) => hash64(`did:plc:${i}`))
  const mixes = keys.flatMap((key) => dids.map((did) => mix(key, did)))
  expect(mixes.every((value) => Number.isSafeInteger(value) && value >= 0)).toBe(true)
  expect(new Set(mixes).size).toBe(900)
})

test('over many keys every DID comes first about equally often', () => {
  const dids = Array.from({ length: 8 }, (_, i) => hash64(`did:plc:machine${i}`))
  const wins = dids.map(() => 0)
  for (let i = 0; i < 8_000; i++) {
    const key = hash64(`key${i}`)
    const mixes = dids.map((did) => mix(key, did))
    wins[mixes.indexOf(Math.min(...mixes))]! += 1
  }
  // Binomial with mean 1,000 and deviation 30: five deviations either way.
  for (const count of wins) expect(Math.abs(count - 1_000)).toBeLessThan(150)
})

test('keys of one bit’s difference order the DIDs independently', () => {
  const dids = Array.from({ length: 2_000 }, (_, i) => hash64(`did:plc:machine${i}`))
  const base = hash64('key')
  let agreeing = 0
  for (let i = 0; i + 1 < dids.length; i += 2) {
    const before = mix(base, dids[i]!) < mix(base, dids[i + 1]!)
    const flipped = { high: base.high ^ 1, low: base.low }
    const after = mix(flipped, dids[i]!) < mix(flipped, dids[i + 1]!)
    if (before === after) agreeing++
  }
  expect(agreeing).toBeGreaterThan(420)
  expect(agreeing).toBeLessThan(580)
})

test('the quick comparison lets through whoever is not behind, and hardly anybody else', () => {
  const dids = Array.from({ length: 2_000 }, (_, i) => hash64(`did:plc:machine${i}`))
  const key = hash64('key')
  const quick = dids.map(({ high, low }) =>
    mixTop(fold(key.high), fold(key.low), fold(high), fold(low)),
  )
  const exact = dids.map((did) => mix(key, did))
  expect(Math.max(...quick)).toBeLessThanOrEqual(LAST_TOP)
  for (const limit of exact) {
    const within = quick.map((top) => top <= topOf(limit))
    expect(exact.every((mixed, i) => mixed > limit || within[i])).toBe(true)
    const tooMany = exact.filter((mixed, i) => mixed > limit && within[i]).length
    // Only whoever shares the upper 16 bits: of two thousand hardly anybody.
    expect(tooMany).toBeLessThan(5)
  }
})
