import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { CommuneError, invariant } from './errors.ts'
import { base32Lower } from './hash.ts'
import type { Cid } from './records.ts'

/** Version 1, DAG-CBOR, SHA-256 with 32 bytes. */
const CID_PREFIX = [0x01, 0x71, 0x12, 0x20]
const DEPTH_MAX = 32

/**
 * The CID of a record that holds texts, safe integers, booleans, null, lists and mappings: what all
 * of ours are made of. DAG-CBOR as https://ipld.io/specs/codecs/dag-cbor/spec/ has it. Undefined for
 * anything else, such as links and bytes.
 */
export function recordCid(value: unknown): Cid | undefined {
  const bytes: number[] = []
  try {
    encode(value, bytes, 0)
  } catch (error) {
    if (error instanceof CommuneError) return undefined
    throw error
  }
  return `b${base32Lower(Uint8Array.from([...CID_PREFIX, ...sha256(Uint8Array.from(bytes))]))}`
}

const MAJOR = { unsigned: 0, negative: 1, text: 3, list: 4, mapping: 5 } as const
const SIMPLE = new Map<unknown, number>([
  [false, 0xf4],
  [true, 0xf5],
  [null, 0xf6],
])

function encode(value: unknown, out: number[], depth: number): void {
  invariant(depth <= DEPTH_MAX, 'a record is nested too deeply for a CID')
  const simple = SIMPLE.get(value)
  if (simple !== undefined) out.push(simple)
  else if (typeof value === 'string') encodeText(value, out)
  else if (typeof value === 'number') encodeInteger(value, out)
  else if (Array.isArray(value)) {
    head(MAJOR.list, value.length, out)
    for (const item of value) encode(item, out, depth + 1)
  } else encodeMapping(value, out, depth)
}

function encodeMapping(value: unknown, out: number[], depth: number): void {
  const isPlain =
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  invariant(isPlain, `a ${typeof value} has no place in a record`)
  const entries = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([key, field]) => ({ key: utf8ToBytes(key), field: field as unknown }))
    .toSorted((a, b) => compareKeys(a.key, b.key))
  head(MAJOR.mapping, entries.length, out)
  for (const { key, field } of entries) {
    head(MAJOR.text, key.length, out)
    out.push(...key)
    encode(field, out, depth + 1)
  }
}

/** The shorter key first, then by its bytes. */
function compareKeys(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return a.length - b.length
  const at = a.findIndex((byte, index) => byte !== b[index])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

function encodeText(text: string, out: number[]): void {
  const bytes = utf8ToBytes(text)
  head(MAJOR.text, bytes.length, out)
  for (const byte of bytes) out.push(byte)
}

function encodeInteger(value: number, out: number[]): void {
  invariant(Number.isSafeInteger(value), `only integers have a place in a record, not ${value}`)
  if (value >= 0) head(MAJOR.unsigned, value, out)
  else head(MAJOR.negative, -1 - value, out)
}

/** The major type with its argument, in as few bytes as hold it. */
function head(major: number, argument: number, out: number[]): void {
  const type = major << 5
  if (argument < 24) return void out.push(type | argument)
  const size = argument < 0x100 ? 1 : argument < 0x1_0000 ? 2 : argument < 0x1_0000_0000 ? 4 : 8
  out.push(type | (24 + Math.log2(size)))
  for (let shift = size - 1; shift >= 0; shift--)
    out.push(Math.floor(argument / 256 ** shift) % 256)
}
