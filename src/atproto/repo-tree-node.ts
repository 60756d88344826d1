import { hash } from 'node:crypto'
import {
  ARRAY,
  BlockText,
  BYTES,
  headOf,
  malformed,
  NUMBER,
  optionalLinkText,
} from './repo-block-text.ts'
import type { Link } from './repo-link.ts'

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

/** `layerOf`, or what gives the same. */
export type LayerOf = (key: string) => number

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
  const text = new BlockText(block)
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

/** Where a node stands, and how the layers of its keys are found. */
export interface Place {
  readonly bounds: Bounds
  /** Undefined for the root, whose keys tell it. */
  readonly layer: number | undefined
  readonly layerOf: LayerOf
}

/**
 * The layer of a node, which for the root (undefined) its keys tell. Throws when it is not of the one
 * shape that its keys and its place prescribe: another way of reading it could find other records.
 */
export function layerWithin(node: TreeNode, { bounds, layer, layerOf }: Place): number {
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

/** A map of two: `e`, `l`. Names stand in the order of their bytes. */
const ENTRIES = '\u00a2\u0061e'
const LEFTMOST = '\u0061l'
/** A map of four: `k`, `p`, `t`, `v`. */
const SUFFIX = '\u00a4\u0061k'
const PREFIX_LENGTH = '\u0061p'
const SUBTREE = '\u0061t'
const VALUE = '\u0061v'

/** How many characters two keys begin with in common. */
function sharedLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a.charCodeAt(length) === b.charCodeAt(length)) length++
  return length
}

function misshapen(): Error {
  return new Error('a node of the tree is not in its place')
}
