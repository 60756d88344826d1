import { parseCid } from '@atproto/lex'
import { mstUtil, nodeDataDef, parseObjByDef } from '@atproto/repo'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Cid } from '../model/records.ts'
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

/** A subtree still to be read: all its keys lie strictly between `after` and `before`. */
interface Subtree {
  readonly cid: Cid
  readonly after: string
  readonly before: string
  /** Undefined for the root, whose keys tell it. */
  readonly layer: number | undefined
}

/** Some 1,000 entries of the longest keys. A tree that anybody made in earnest has 4 a node. */
const NODE_BYTES_MAX = 1024 * 1024
const NODES_MAX = 20_000
/** Sorts after every key, since keys are ASCII. */
const AFTER_ALL = '\uffff'

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
  let level: readonly Subtree[] = [
    { cid: options.root, after: '', before: AFTER_ALL, layer: undefined },
  ]
  let leaves: Leaf[] = []
  let nodes = 0
  let end = range.end
  while (level.length > 0) {
    nodes += level.length
    if (nodes > NODES_MAX) throw bad('its tree has too many nodes')
    const blocks = await options.fetchBlocks(level.map((subtree) => subtree.cid))
    const next: Subtree[] = []
    for (const subtree of level) {
      const node = await readNode(subtree, blocks)
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

async function readNode(subtree: Subtree, blocks: Blocks) {
  const { entries, left } = parseNode(subtree.cid, blocks.get(subtree.cid))
  const layer = subtree.layer ?? (await rootLayer(entries, left))
  const leaves: Leaf[] = []
  const children: Subtree[] = []
  let after = subtree.after
  let child = left
  for (const entry of entries) {
    if (entry.key <= after || entry.key >= subtree.before) throw bad('its tree is out of order')
    if ((await mstUtil.leadingZerosOnHash(entry.key)) !== layer) throw bad('its tree is misshapen')
    if (child) children.push({ cid: child, after, before: entry.key, layer: layer - 1 })
    leaves.push([entry.key, entry.value])
    after = entry.key
    child = entry.right
  }
  if (child) children.push({ cid: child, after, before: subtree.before, layer: layer - 1 })
  if (children.length > 0 && layer === 0) throw bad('its tree is misshapen')
  const empty = entries.length === 0 && left === undefined
  if (empty && subtree.layer !== undefined) throw bad('its tree is misshapen')
  return { leaves, children }
}

async function rootLayer(entries: readonly { key: string }[], left: Cid | undefined) {
  const first = entries[0]
  if (first) return mstUtil.leadingZerosOnHash(first.key)
  if (left !== undefined) throw bad('its tree is misshapen')
  return 0
}

function parseNode(cid: Cid, bytes: Uint8Array | undefined) {
  if (bytes === undefined) throw bad('a node of its tree is missing')
  if (bytes.length > NODE_BYTES_MAX) throw bad('a node of its tree is too large')
  try {
    const { obj } = parseObjByDef(bytes, parseCid(cid), nodeDataDef)
    let key = ''
    const entries = obj.e.map((entry) => {
      const next = key.slice(0, entry.p) + Buffer.from(entry.k).toString('latin1')
      mstUtil.ensureValidMstKey(next)
      if (mstUtil.countPrefixLen(key, next) !== entry.p) throw bad('its tree is misshapen')
      key = next
      return { key, value: entry.v.toString(), right: entry.t?.toString() }
    })
    return { entries, left: obj.l?.toString() }
  } catch (cause) {
    if (cause instanceof CommuneError) throw cause
    throw bad(`a node of its tree can't be read: ${messageOf(cause).slice(0, 200)}`, cause)
  }
}

function byKey(a: Leaf, b: Leaf): number {
  return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0
}

function bad(message: string, cause?: unknown): CommuneError {
  return new CommuneError('bad-answer', message, { cause, retry: true })
}
