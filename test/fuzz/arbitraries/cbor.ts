import { parseCid } from '@atproto/lex'
import fc from 'fast-check'

/** Kinds of CBOR items (RFC 8949 §3.1). */
const UNSIGNED = 0
const NEGATIVE = 1
const BYTES = 2
const TEXT = 3
const LIST = 4
const MAP = 5
const TAG = 6
const LINK_TAG = 42

/**
 * The JSON of atproto as CBOR, as a stranger's program may write it: also what DAG-CBOR forbids, such
 * as fractions, and nesting of any depth.
 */
export function toCbor(value: unknown): Uint8Array {
  const chunks: Buffer[] = []
  const left: unknown[] = [value]
  while (left.length > 0) {
    const next = left.pop()
    const items = writeItem(next, chunks)
    for (const item of items.toReversed()) left.push(item)
  }
  return Buffer.concat(chunks)
}

/** Writes what an item begins with, and gives what it holds. */
function writeItem(value: unknown, chunks: Buffer[]): readonly unknown[] {
  if (value === null || value === undefined) return write(chunks, Buffer.of(0xf6))
  if (typeof value === 'boolean') return write(chunks, Buffer.of(value ? 0xf5 : 0xf4))
  if (typeof value === 'number') return write(chunks, numberItem(value))
  if (typeof value === 'string') return write(chunks, textItem(value))
  if (value instanceof Uint8Array) return write(chunks, head(BYTES, value.length), value)
  if (Array.isArray(value)) {
    write(chunks, head(LIST, value.length))
    return value
  }
  const special = specialItem(value as Record<string, unknown>)
  if (special !== undefined) return write(chunks, special)
  // Shorter keys come first (DAG-CBOR, "Strictness").
  const entries = Object.entries(value).toSorted(
    ([a], [b]) => a.length - b.length || (a < b ? -1 : 1),
  )
  write(chunks, head(MAP, entries.length))
  return entries.flat()
}

function write(chunks: Buffer[], ...parts: readonly Uint8Array[]): readonly unknown[] {
  chunks.push(...parts.map((part) => Buffer.from(part)))
  return []
}

function textItem(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([head(TEXT, bytes.length), bytes])
}

function numberItem(value: number): Buffer {
  if (Number.isSafeInteger(value))
    return value < 0 ? head(NEGATIVE, -1 - value) : head(UNSIGNED, value)
  const bytes = Buffer.alloc(9)
  bytes[0] = 0xfb
  bytes.writeDoubleBE(value, 1)
  return bytes
}

function specialItem(value: Record<string, unknown>): Buffer | undefined {
  const { $link, $bytes } = value
  if (Object.keys(value).length !== 1) return undefined
  if (typeof $bytes === 'string') {
    const bytes = Buffer.from($bytes, 'base64')
    return Buffer.concat([head(BYTES, bytes.length), bytes])
  }
  return typeof $link === 'string' ? linkItem($link) : undefined
}

function linkItem(link: string): Buffer {
  const bytes = Buffer.concat([Buffer.of(0), cidBytes(link)])
  return Buffer.concat([head(TAG, LINK_TAG), head(BYTES, bytes.length), bytes])
}

function cidBytes(link: string): Uint8Array {
  try {
    return parseCid(link).bytes
  } catch {
    return Buffer.from(link)
  }
}

/** The shortest form of a kind and its number. */
function head(kind: number, count: number): Buffer {
  const first = kind << 5
  if (count < 24) return Buffer.of(first | count)
  if (count < 2 ** 8) return Buffer.of(first | 24, count)
  const bytes = Buffer.alloc(count < 2 ** 16 ? 3 : count < 2 ** 32 ? 5 : 9)
  bytes[0] = first | { 3: 25, 5: 26, 9: 27 }[bytes.length as 3 | 5 | 9]
  if (bytes.length === 9) bytes.writeBigUInt64BE(BigInt(count), 1)
  else bytes.writeUIntBE(count, 1, bytes.length - 1)
  return bytes
}

/** Beginnings of items that promise more than follows, nest, or mean nothing. */
const TRICKS = [
  [0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0xbb, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
  [0x5b, 0, 0, 0, 1, 0, 0, 0, 0],
  [0x7a, 0x7f, 0xff, 0xff, 0xff],
  [0x9f],
  [0xbf],
  [0x5f],
  [0x81],
  [0xa1],
  [0xd8, 0x2a],
  [0xc1],
  [0xf7],
  [0xf9, 0x7e, 0],
  [0xff],
  [0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
] as const

/** Up to four changes of bytes: cut, flipped, put in, repeated. */
export function mutatedBytes(valid: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> {
  const place = fc.double({ min: 0, max: 1, noNaN: true })
  const piece = fc.oneof(
    fc.constantFrom(...TRICKS).map((trick) => Uint8Array.from(trick)),
    fc.uint8Array({ maxLength: 12 }),
  )
  const change = fc.oneof(
    fc.record({ at: place, cut: fc.nat(12), piece, times: fc.constant(1) }),
    fc.record({ at: place, cut: fc.nat(2), piece, times: fc.integer({ min: 1, max: 5_000 }) }),
    fc.record({ at: place, cut: fc.constant(1e9), piece, times: fc.constant(0) }),
  )
  return fc.tuple(valid, fc.array(change, { maxLength: 4 })).map(([bytes, changes]) =>
    changes.reduce<Uint8Array>((changed, { at, cut, piece, times }) => {
      const from = Math.floor(at * changed.length)
      const inserted = Array.from({ length: times }, () => piece)
      return Uint8Array.from(
        Buffer.concat([changed.subarray(0, from), ...inserted, changed.subarray(from + cut)]),
      )
    }, bytes),
  )
}
