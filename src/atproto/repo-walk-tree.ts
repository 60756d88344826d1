import { CommuneError, messageOf } from '../model/errors.ts'
import type { Cid } from '../model/records.ts'
import { type Link, linkText } from './repo-link.ts'
import {
  type Bounds,
  boundsAt,
  EVERYTHING,
  layerOf,
  layerWithin,
  readTreeNode,
} from './repo-tree-node.ts'
import type { Blocks } from './repo-walk-source.ts'

/** Keys from `start` up to but not including `end`. */
export interface KeyRange {
  readonly start: string
  readonly end: string
}

/** A record of a repo: `collection/rkey` and the CID of its block. */
export type Leaf = readonly [key: string, cid: Cid]

export interface TreeListing {
  /** Sorted by key. */
  readonly leaves: readonly Leaf[]
  /** True when there were more than the limit; the first ones by key are listed. */
  readonly truncated: boolean
}

export interface WalkTreeOptions {
  /** Root of the Merkle search tree. */
  readonly root: Cid
  readonly range: KeyRange
  /** Keys that are passed over, and whatever nodes hold no others. */
  readonly without?: KeyRange | undefined
  /** Keys that are listed, and count; all when absent. */
  readonly accept?: (key: string) => boolean
  readonly leavesMax: number
  /** Every block that was asked for, checked against its hash, or a failure. */
  readonly fetchBlocks: (cids: readonly Cid[]) => Promise<Blocks>
}

/** A subtree still to be read. */
interface Subtree extends Bounds {
  readonly cid: Cid
  /** Undefined for the root, whose keys tell it. */
  readonly layer: number | undefined
}

const NODES_MAX = 20_000

/**
 * Lists the leaves of a range, reading only the nodes that may hold some, level by level, so that a
 * level costs one batch. Since every node is checked against the hash that its parent gives, and the
 * root stands in a signed commit, what is not listed does not exist. Trees that do not have the one
 * shape that their keys prescribe are refused, with code `bad-answer`: another way of reading them
 * could find other records.
 */
export async function walkTree(options: WalkTreeOptions): Promise<TreeListing> {
  const { range, without, leavesMax, accept = () => true } = options
  const isWanted = (key: string) => !isWithin(key, without) && accept(key)
  let level: readonly Subtree[] = [{ cid: options.root, ...EVERYTHING, layer: undefined }]
  let leaves: Leaf[] = []
  let nodes = 0
  let end = range.end
  while (level.length > 0) {
    nodes += level.length
    if (nodes > NODES_MAX) throw bad('its tree has too many nodes')
    const blocks = await options.fetchBlocks(level.map((subtree) => subtree.cid))
    const next: Subtree[] = []
    for (const subtree of level) {
      const node = readNode(subtree, blocks.get(subtree.cid))
      leaves.push(
        ...node.leaves.filter(([key]) => key >= range.start && key < end && isWanted(key)),
      )
      next.push(...node.children)
    }
    leaves.sort(byKey)
    // Once enough leaves are known, whatever lies behind the last of them can't be listed any more.
    const surplus = leaves[leavesMax]
    if (surplus) {
      leaves = leaves.slice(0, leavesMax)
      end = surplus[0]
    }
    level = next.filter(
      (subtree) => mayHold(subtree, range.start, end) && !isAllWithin(subtree, without),
    )
  }
  return { leaves, truncated: end !== range.end }
}

/** The range of all keys that begin with `prefix`. */
export function prefixRange(prefix: string): KeyRange {
  const last = prefix.charCodeAt(prefix.length - 1)
  return { start: prefix, end: prefix.slice(0, -1) + String.fromCharCode(last + 1) }
}

/** Whether a key of the range fits strictly between the bounds of the subtree. */
function mayHold(subtree: Subtree, start: string, end: string): boolean {
  return `${subtree.after}\0` < end && subtree.before > start
}

function isWithin(key: string, range: KeyRange | undefined): boolean {
  return range !== undefined && key >= range.start && key < range.end
}

/** Whether every key that the subtree may hold is one of the range. */
function isAllWithin({ after, before }: Subtree, range: KeyRange | undefined): boolean {
  return range !== undefined && after >= range.start && before <= range.end
}

function readNode(subtree: Subtree, block: Uint8Array | undefined) {
  if (block === undefined) throw bad('a node of its tree is missing')
  try {
    const node = readTreeNode(block)
    const layer = layerWithin(node, { bounds: subtree, layer: subtree.layer, layerOf })
    const leaves = node.keys.map((key, index): Leaf => [key, linkText(node.values[index] as Link)])
    const children: Subtree[] = []
    for (const [index, link] of node.subtrees.entries()) {
      if (link === undefined) continue
      const bounds = boundsAt(node, index, subtree)
      children.push({ cid: linkText(link), layer: layer - 1, ...bounds })
    }
    return { leaves, children }
  } catch (cause) {
    throw bad(`its tree can't be read: ${messageOf(cause).slice(0, 200)}`, cause)
  }
}

function byKey(a: Leaf, b: Leaf): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0
}

function bad(message: string, cause?: unknown): CommuneError {
  return new CommuneError('bad-answer', message, { cause, retry: true })
}
