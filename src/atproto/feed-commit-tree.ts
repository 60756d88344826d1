import type { EventBlocks } from './feed-commit-blocks.ts'
import { type Link, linkFor } from './repo-link.ts'
import {
  type Bounds,
  boundsAt,
  EVERYTHING,
  type LayerOf,
  layerWithin,
  readTreeNode,
  writeTreeNode,
} from './repo-tree-node.ts'

/** A node of which the event holds the block, or that came about by undoing something. */
interface Branch {
  readonly layer: number
  readonly keys: string[]
  readonly values: Link[]
  /** As in `TreeNode`; a link where nobody had to look further. */
  readonly subtrees: Subtree[]
  /** Of its block; undefined since something in it was undone. */
  link: Link | undefined
}

type Subtree = Branch | Link | undefined

/**
 * The tree of a commit as far as its event holds it, in which single keys can be changed: with all
 * operations of the commit undone its root is the one of the tree before, so that nothing else was
 * changed. Nodes are read when a key leads there, once, and must have the one shape that their keys
 * prescribe. Every method throws when a node is missing or misshapen.
 */
export class EventTree {
  readonly #blocks: EventBlocks
  readonly #layerOf: LayerOf
  #root: Branch

  constructor(root: Link, blocks: EventBlocks, layerOf: LayerOf) {
    this.#blocks = blocks
    this.#layerOf = layerOf
    this.#root = this.#read(root, EVERYTHING, undefined)
  }

  get(key: string): Link | undefined {
    const layer = this.#layerOf(key)
    let branch: Branch | undefined = this.#root
    let bounds = EVERYTHING
    while (branch && branch.layer > layer) {
      const index = indexIn(branch, key)
      bounds = boundsAt(branch, index, bounds)
      branch = this.#open(branch, index, bounds)
    }
    const index = branch && branch.layer === layer ? branch.keys.indexOf(key) : -1
    return branch?.values[index]
  }

  /** Puts a record where there is none, or another one. */
  set(key: string, value: Link): void {
    const layer = this.#layerOf(key)
    if (this.#root.keys.length === 0) this.#root = emptyBranch(layer)
    else if (layer > this.#root.layer) {
      const [left, right] = this.#split(this.#root, key, EVERYTHING)
      const halves = [left, right].map((half) => raise(half, this.#root.layer, layer - 1))
      this.#root = { layer, keys: [key], values: [value], subtrees: halves, link: undefined }
      return
    }
    this.#setIn(this.#root, key, value, layer, EVERYTHING)
  }

  /** Takes away a record that is there. */
  remove(key: string): void {
    this.#removeIn(this.#root, key, this.#layerOf(key), EVERYTHING)
    // At the top no node stands without keys.
    while (this.#root.keys.length === 0) {
      const below = this.#open(this.#root, 0, EVERYTHING)
      if (!below) break
      this.#root = below
    }
  }

  /** The link of the root as it is now. */
  root(): Link {
    return seal(this.#root)
  }

  #setIn(branch: Branch, key: string, value: Link, layer: number, bounds: Bounds): void {
    branch.link = undefined
    const index = indexIn(branch, key)
    const inner = boundsAt(branch, index, bounds)
    if (branch.layer > layer) {
      const below = this.#open(branch, index, inner) ?? emptyBranch(branch.layer - 1)
      branch.subtrees[index] = below
      this.#setIn(below, key, value, layer, inner)
    } else if (branch.keys[index] === key) {
      branch.values[index] = value
    } else {
      const halves = this.#split(this.#open(branch, index, inner), key, inner)
      branch.keys.splice(index, 0, key)
      branch.values.splice(index, 0, value)
      branch.subtrees.splice(index, 1, ...halves)
    }
  }

  #removeIn(branch: Branch, key: string, layer: number, bounds: Bounds): void {
    branch.link = undefined
    const index = indexIn(branch, key)
    if (branch.keys[index] === key) {
      const left = this.#open(branch, index, boundsAt(branch, index, bounds))
      const right = this.#open(branch, index + 1, boundsAt(branch, index + 1, bounds))
      branch.keys.splice(index, 1)
      branch.values.splice(index, 1)
      branch.subtrees.splice(index, 2, this.#merge(left, right, key, bounds))
      return
    }
    const inner = boundsAt(branch, index, bounds)
    const below = branch.layer > layer ? this.#open(branch, index, inner) : undefined
    if (!below) throw new Error('a record that was there is not')
    this.#removeIn(below, key, layer, inner)
    branch.subtrees[index] = orNothing(below)
  }

  /** What lies before the key, and what lies after it. */
  #split(branch: Branch | undefined, key: string, bounds: Bounds): [Subtree, Subtree] {
    if (!branch) return [undefined, undefined]
    const { layer, keys, values, subtrees } = branch
    const index = indexIn(branch, key)
    const inner = boundsAt(branch, index, bounds)
    const [left, right] = this.#split(this.#open(branch, index, inner), key, inner)
    const before: Branch = {
      layer,
      keys: keys.slice(0, index),
      values: values.slice(0, index),
      subtrees: [...subtrees.slice(0, index), left],
      link: undefined,
    }
    const after: Branch = {
      layer,
      keys: keys.slice(index),
      values: values.slice(index),
      subtrees: [right, ...subtrees.slice(index + 1)],
      link: undefined,
    }
    return [orNothing(before), orNothing(after)]
  }

  /** Two neighbours between which a key stood. */
  #merge(
    left: Branch | undefined,
    right: Branch | undefined,
    key: string,
    bounds: Bounds,
  ): Subtree {
    if (!left || !right) return left ?? right
    const last = left.subtrees.length - 1
    const seam = this.#merge(
      this.#open(left, last, boundsAt(left, last, { ...bounds, before: key })),
      this.#open(right, 0, boundsAt(right, 0, { ...bounds, after: key })),
      key,
      bounds,
    )
    return {
      layer: left.layer,
      keys: [...left.keys, ...right.keys],
      values: [...left.values, ...right.values],
      subtrees: [...left.subtrees.slice(0, last), seam, ...right.subtrees.slice(1)],
      link: undefined,
    }
  }

  #open(branch: Branch, index: number, bounds: Bounds): Branch | undefined {
    const subtree = branch.subtrees[index]
    if (typeof subtree !== 'string') return subtree
    return (branch.subtrees[index] = this.#read(subtree, bounds, branch.layer - 1))
  }

  #read(link: Link, bounds: Bounds, layer: number | undefined): Branch {
    const block = this.#blocks.get(link)
    if (!block) throw new Error('a node of the tree is missing')
    const node = readTreeNode(block)
    const { keys, values, subtrees } = node
    const own = layerWithin(node, { bounds, layer, layerOf: this.#layerOf })
    return { layer: own, keys: [...keys], values: [...values], subtrees: [...subtrees], link }
  }
}

/** Of the first key that is not smaller. */
function indexIn({ keys }: Branch, key: string): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((keys[middle] as string) < key) low = middle + 1
    else high = middle
  }
  return low
}

function emptyBranch(layer: number): Branch {
  return { layer, keys: [], values: [], subtrees: [undefined], link: undefined }
}

/** Below the top nothing stands in the place of a node without keys and subtrees. */
function orNothing(branch: Branch): Branch | undefined {
  return branch.keys.length > 0 || branch.subtrees[0] !== undefined ? branch : undefined
}

/** A subtree of one layer as one of a higher. */
function raise(subtree: Subtree, from: number, to: number): Subtree {
  let raised = subtree
  for (let layer = from + 1; layer <= to && raised !== undefined; layer++)
    raised = { ...emptyBranch(layer), subtrees: [raised] }
  return raised
}

function seal(branch: Branch): Link {
  if (branch.link !== undefined) return branch.link
  const subtrees = branch.subtrees.map((each) => (typeof each === 'object' ? seal(each) : each))
  branch.link = linkFor(writeTreeNode({ ...branch, subtrees }))
  return branch.link
}
