import { cidForRecord } from '@atproto/repo'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { recordCid } from './record-cid.ts'

const leaf = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.maxSafeInteger(),
  fc.boolean(),
  fc.constant(null),
)
const record = fc.letrec((tie) => ({
  value: fc.oneof(leaf, fc.array(tie('value'), { maxLength: 4 }), tie('mapping')),
  mapping: fc.dictionary(fc.string({ maxLength: 30 }), tie('value'), {
    maxKeys: 6,
    noNullPrototype: true,
  }),
})).mapping

test('is what the network computes', async () => {
  await fc.assert(
    fc.asyncProperty(record, async (value) => {
      expect(recordCid(value)).toBe((await cidForRecord(value as never)).toString())
    }),
  )
})

test.each([
  0,
  23,
  24,
  255,
  256,
  65_535,
  65_536,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  -1,
  -24,
  -25,
  -(2 ** 53 - 1),
])('integers take as few bytes as they need: %i', async (value) => {
  expect(recordCid({ value })).toBe((await cidForRecord({ value })).toString())
})

test('what only looks like a record has none', () => {
  expect(recordCid({ share: 0.5 })).toBeUndefined()
  expect(recordCid({ link: new Map() })).toBeUndefined()
})
