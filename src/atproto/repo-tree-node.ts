import { hash } from 'node:crypto'
import { latin1, type Link, LINK_BYTES, linkIn } from './repo-link.ts'

/** A node of a Merkle search tree: between two keys stands what lies between them. */
export interface TreeNode {
  /** `collection/rkey`, sorted. */
  readonly keys: readonly string[]
  /** Of each key, its record. */
  readonly values: readonly Link[]
  /** One more than there are keys: what sorts before the first, between them, and after the last. */
  readonly subtrees: readonly (Link | undefined)[]
}

/** Some 1,000 entries of the longest keys. A tree that anybody made in earnest has 4 a node. */
const NODE_BYTES_MAX = 1024 * 1024
const KEY_CHARACTERS_MAX = 1024
const KEY = /^[\w~.:-]+\/[\w~.:-]+$/

/** All keys of a subtree lie strictly between these. */
export interface Bounds {
  readonly after: string
  readonly before: string
}

/** Keys are ASCII. */
export const EVERYTHING: Bounds = { after: '', before: '\uffff' }

/** Those of the subtree of this index. */
export function boundsAt({ keys }: Pick<TreeNode, 'keys'>, index: number, bounds: Bounds): Bounds {
  return { after: keys[index - 1] ?? bounds.after, before: keys[index] ?? bounds.before }
}

/** Whether a record can stand under this key. */
export function isTreeKey(key: string): boolean {
  return key.length <= KEY_CHARACTERS_MAX && KEY.test(key)
}

/** How high in the tree a key stands: the zeros that its hash begins with, counted in pairs of bits. */
export function layerOf(key: string): number {
  const digest = hash('sha256', key, 'binary')
  let zeros = 0
  while (zeros < digest.length && digest.charCodeAt(zeros) === 0) zeros++
  const bits = zeros < digest.length ? Math.clz32(digest.charCodeAt(zeros)) - 24 : 0
  return 4 * zeros + (bits >> 1)
}

/**
 * Reads a node from its block, which must have the one form that DAG-CBOR gives to it: what
 * `writeTreeNode` makes of the node is the same block again. Throws when it is another. Whether the
 * node is in its place, `layerWithin` says.
 */
export function readTreeNode(block: Uint8Array): TreeNode {
  if (block.length > NODE_BYTES_MAX) throw new Error('a node of the tree is too large')
  const text = new NodeText(latin1(block))
  text.skip(ENTRIES)
  const count = text.head(ARRAY)
  const keys: string[] = []
  const values: Link[] = []
  const subtrees: (Link | undefined)[] = []
  let key = ''
  while (keys.length < count) {
    text.skip(SUFFIX)
    const suffix = text.take(text.head(BYTES))
    text.skip(PREFIX_LENGTH)
    const shared = text.head(NUMBER)
    const next = key.slice(0, shared) + suffix
    if (!isTreeKey(next) || sharedLength(key, next) !== shared) throw malformed()
    key = next
    keys.push(key)
    text.skip(SUBTREE)
    subtrees.push(text.optionalLink())
    text.skip(VALUE)
    values.push(text.link())
  }
  text.skip(LEFTMOST)
  subtrees.unshift(text.optionalLink())
  text.end()
  return { keys, values, subtrees }
}

/**
 * The layer of a node, which for the root (undefined) its keys tell. Throws when it is not of the one
 * shape that its keys and its place prescribe: another way of reading it could find other records.
 */
export function layerWithin(node: TreeNode, bounds: Bounds, layer: number | undefined): number {
  const { keys, subtrees } = node
  const [first] = keys
  const isEmpty = first === undefined && subtrees[0] === undefined
  // Only the tree without any record has a node that leads nowhere, and only below others one stands
  // without keys.
  if (layer === undefined ? first === undefined && !isEmpty : isEmpty) throw misshapen()
  const own = layer ?? (first === undefined ? 0 : layerOf(first))
  if (own <= 0 && subtrees.some((subtree) => subtree !== undefined)) throw misshapen()
  let last = bounds.after
  for (const key of keys) {
    if (key <= last || key >= bounds.before || layerOf(key) !== own) throw misshapen()
    last = key
  }
  return own
}

/** The block of a node. */
export function writeTreeNode({ keys, values, subtrees }: TreeNode): Buffer {
  let text = ENTRIES + headOf(ARRAY, keys.length)
  let before = ''
  for (const [index, key] of keys.entries()) {
    const shared = sharedLength(before, key)
    text += SUFFIX + headOf(BYTES, key.length - shared) + key.slice(shared)
    text += PREFIX_LENGTH + headOf(NUMBER, shared)
    text += SUBTREE + optionalLinkText(subtrees[index + 1])
    text += VALUE + optionalLinkText(values[index])
    before = key
  }
  return Buffer.from(text + LEFTMOST + optionalLinkText(subtrees[0]), 'latin1')
}

/** The major types of CBOR, as they stand in the first byte. */
const NUMBER = 0x00
const BYTES = 0x40
const ARRAY = 0x80
/** A map of two: `e`, `l`. Names stand in the order of their bytes. */
const ENTRIES = '\u00a2\u0061e'
const LEFTMOST = '\u0061l'
/** A map of four: `k`, `p`, `t`, `v`. */
const SUFFIX = '\u00a4\u0061k'
const PREFIX_LENGTH = '\u0061p'
const SUBTREE = '\u0061t'
const VALUE = '\u0061v'
/** Tag 42, 37 bytes, and the zero that stands before a CID. */
const LINK = '\u00d8\u002a\u0058\u0025\u0000'
const NULL = '\u00f6'

function headOf(type: number, value: number): string {
  if (value < 24) return String.fromCharCode(type | value)
  if (value < 0x100) return String.fromCharCode(type | 24, value)
  if (value < 0x1_0000) return String.fromCharCode(type | 25, value >>> 8, value & 0xff)
  const bytes = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
  return String.fromCharCode(type | 26, ...bytes)
}

function optionalLinkText(link: Link | undefined): string {
  return link === undefined ? NULL : LINK + link
}

/** The bytes of a block, one character each, read from the start to the end. */
class NodeText {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  skip(expected: string): void {
    if (!this.#text.startsWith(expected, this.#at)) throw malformed()
    this.#at += expected.length
  }

  take(length: number): string {
    const taken = this.#text.slice(this.#at, (this.#at += length))
    if (taken.length < length) throw malformed()
    return taken
  }

  /** A length or number, in its shortest form. */
  head(type: number): number {
    const first = this.#text.charCodeAt(this.#at) ^ type
    const bytes = first < 24 ? 0 : 1 << (first - 24)
    let value = first < 24 ? first : 0
    for (let i = 1; i <= Math.min(bytes, 4); i++)
      value = value * 256 + this.#text.charCodeAt(this.#at + i)
    this.skip(headOf(type, value))
    return value
  }

  link(): Link {
    this.skip(LINK)
    return linkIn(this.take(LINK_BYTES))
  }

  optionalLink(): Link | undefined {
    if (!this.#text.startsWith(NULL, this.#at)) return this.link()
    this.#at += NULL.length
    return undefined
  }

  end(): void {
    if (this.#at !== this.#text.length) throw malformed()
  }
}

/** How many characters two keys begin with in common. */
function sharedLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length++
  return length
}

function misshapen(): Error {
  return new Error('a node of the tree is not in its place')
}

function malformed(): Error {
  return new Error('a node of the tree is malformed')
}
