import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from './canonical.ts'
import { base32Lower, sha256Hex } from './hash.ts'

test('base32 follows RFC 4648, in lower case and without padding', () => {
  const vectors = {
    '': '',
    f: 'my',
    fo: 'mzxq',
    foo: 'mzxw6',
    foob: 'mzxw6yq',
    foobar: 'mzxw6ytboi',
  }
  for (const [text, encoded] of Object.entries(vectors))
    expect(base32Lower(Buffer.from(text))).toBe(encoded)
})

test('SHA-256 is the one that everybody else has', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(sha256Hex(text)).toBe(createHash('sha256').update(text, 'utf8').digest('hex'))
    }),
    { seed: 1 },
  )
})

test('canonical JSON does not depend on the order of the fields, and leaves undefined out', () => {
  expect(canonicalJson({ b: [1, { d: null, c: true }], a: 'ü', x: undefined })).toBe(
    '{"a":"ü","b":[1,{"c":true,"d":null}]}',
  )
  expect(canonicalJson({ é: 1, z: 2, Z: 3 })).toBe('{"Z":3,"z":2,"é":1}')
  expect(canonicalJson(-0)).toBe('0')
})

test('canonical JSON means the same as the value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const integers: unknown = JSON.parse(
        JSON.stringify(value, (_, v: unknown) => (typeof v === 'number' ? Math.trunc(v) % 1e9 : v)),
      )
      expect(JSON.parse(canonicalJson(integers))).toEqual(integers)
    }),
    { seed: 2 },
  )
})

test('what records can’t hold has no canonical form', () => {
  expect(() => canonicalJson(1.5)).toThrow('only integers')
  expect(() => canonicalJson(2 ** 53)).toThrow('only integers')
  expect(() => canonicalJson(() => 0)).toThrow('no canonical form')
})
