import { parseCid } from '@atproto/lex'
import { BlockMap, blocksToCarFile, MemoryBlockstore, MST } from '@atproto/repo'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findBlocks } from './feed-commit-blocks.ts'
import { EventTree } from './feed-commit-tree.ts'
import { type Link, linkFor, linkOf, linkText } from './repo-link.ts'
import { layerOf, readTreeNode, type TreeNode, writeTreeNode } from './repo-tree-node.ts'

const values = ['a', 'b', 'c'].map((name) => linkFor(Buffer.from(name)))
const valueArbitrary = fc.constantFrom(...values)
/** Few enough that operations meet, of all lengths, and with layers up to four. */
const keyArbitrary = fc
  .tuple(fc.constantFrom('a.b', 'a.b.c', 'commune.scheduler.bid'), fc.nat(150))
  .map(([collection, n]) => `${collection}/${n.toString(3)}`)
const recordsArbitrary = fc.dictionary(keyArbitrary, valueArbitrary, { maxKeys: 60 })
const changesArbitrary = fc.array(
  fc.tuple(keyArbitrary, fc.option(valueArbitrary, { nil: undefined })),
  { maxLength: 20 },
)

describe('EventTree', () => {
  it('comes to the same roots as the library, whatever is set and removed', async () => {
    const property = fc.asyncProperty(
      recordsArbitrary,
      changesArbitrary,
      async (records, changes) => {
        let mst = await mstOf(records)
        const tree = await treeOf(mst)
        const now = new Map(Object.entries(records))
        for (const [key, value] of changes) {
          expect(tree.get(key)).toBe(now.get(key))
          if (value !== undefined) {
            tree.set(key, value)
            mst = await (now.has(key) ? mst.update(key, cidOf(value)) : mst.add(key, cidOf(value)))
            now.set(key, value)
          } else if (now.delete(key)) {
            tree.remove(key)
            mst = await mst.delete(key)
          }
          expect(tree.root()).toBe(linkOf(await mst.getPointer()))
        }
      },
    )
    await fc.assert(property, { seed: 7, numRuns: 60 })
  })

  it('reads a node once, and only where a key leads', async () => {
    const records = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`a/${n}`, values[0]]))
    const mst = await mstOf(records as Record<string, Link>)
    const blocks = new Map([...(await blocksOf(mst))].map(([cid, block]) => [linkOf(cid), block]))
    const read: Link[] = []
    const get = (link: Link) => (read.push(link), blocks.get(link))
    const tree = new EventTree(linkOf(await mst.getPointer()), { get }, layerOf)
    expect(tree.get('a/123')).toBe(values[0])
    tree.set('a/123', values[1] as Link)
    tree.root()
    expect(read).toHaveLength(new Set(read).size)
    expect(read.length).toBeLessThanOrEqual(1 + layerOf(mstKeyAtTop(records)) - layerOf('a/123'))
    expect(blocks.size).toBeGreaterThan(50)
  })

  it('says what is missing', () => {
    const node = nodeOf(['a/1'], values[0])
    expect(() => new EventTree(linkFor(node), { get: () => undefined }, layerOf)).toThrow('missing')
  })

  it.each<[string, readonly (readonly string[])[]]>([
    ['keys are out of order', [['a/2', 'a/1']]],
    ['a key stands twice', [['a/1', 'a/1']]],
    ['keys of several layers stand in one node', [[keyOn(0), keyOn(1)].toSorted()]],
    ['a subtree holds what belongs elsewhere', [[keyOn(1)], [keyOn(0, 'z')]]],
    ['a layer is left out', [[keyOn(2)], [keyOn(0, '0')]]],
    ['there is a node without keys at the top', [[], ['a/1']]],
    ['there is a node that leads nowhere', [[keyOn(1)], []]],
  ])('refuses a tree in which %s', (_, [top = [], below]) => {
    const child = below && nodeOf(below, values[1])
    const root = nodeOf(top, values[0], child && linkFor(child))
    const blocks = new Map([root, child ?? root].map((block) => [linkFor(block), block]))
    expect(() => {
      const tree = new EventTree(linkFor(root), { get: (link) => blocks.get(link) }, layerOf)
      tree.get(keyOn(0, '0'))
    }).toThrow('not in its place')
  })
})

describe('readTreeNode', () => {
  it('reads and writes the nodes of the library, byte for byte', async () => {
    const property = fc.asyncProperty(recordsArbitrary, async (records) => {
      for (const [cid, block] of await blocksOf(await mstOf(records))) {
        expect(linkText(linkFor(block))).toBe(cid.toString())
        expect(Buffer.compare(writeTreeNode(readTreeNode(block)), block)).toBe(0)
      }
    })
    await fc.assert(property, { seed: 8, numRuns: 30 })
  })

  it('reads only what it would write', () => {
    const block = nodeOf(['a/1', 'a/1000', `b/${'x'.repeat(300)}`], values[0])
    const property = fc.property(
      fc.nat(block.length - 1),
      fc.integer({ min: 1, max: 255 }),
      (at, by) => {
        const changed = Buffer.from(block)
        changed[at] = (changed[at] ?? 0) ^ by
        let node: TreeNode
        try {
          node = readTreeNode(changed)
        } catch {
          return
        }
        expect(Buffer.compare(writeTreeNode(node), changed)).toBe(0)
      },
    )
    fc.assert(property, { seed: 9, numRuns: 3_000 })
    for (let end = 0; end < block.length; end++)
      expect(() => readTreeNode(block.subarray(0, end))).toThrow()
    expect(() => readTreeNode(Buffer.concat([block, Buffer.from([0])]))).toThrow()
  })
})

function cidOf(link: Link) {
  return parseCid(linkText(link))
}

async function mstOf(records: Readonly<Record<string, Link>>): Promise<MST> {
  let mst = await MST.create(new MemoryBlockstore())
  for (const [key, value] of Object.entries(records)) mst = await mst.add(key, cidOf(value))
  return mst
}

async function blocksOf(mst: MST): Promise<BlockMap> {
  return (await mst.getUnstoredBlocks()).blocks
}

async function treeOf(mst: MST): Promise<EventTree> {
  const root = await mst.getPointer()
  const car = await blocksToCarFile(root, await blocksOf(mst))
  return new EventTree(linkOf(root), findBlocks(car), layerOf)
}

/** A node of these keys, with one subtree before the first. */
function nodeOf(keys: readonly string[], value = values[0] as Link, left?: Link): Buffer {
  const node = {
    keys,
    values: keys.map(() => value),
    subtrees: [left, ...keys.map(() => undefined)],
  }
  return writeTreeNode(node)
}

/** One of the keys of the root. */
function mstKeyAtTop(records: Readonly<Record<string, unknown>>): string {
  return Object.keys(records).reduce((top, key) => (layerOf(key) > layerOf(top) ? key : top))
}

/** Some key of this layer. */
function keyOn(layer: number, collection = 'a'): string {
  for (let n = 0; ; n++) {
    const key = `${collection}/${n}`
    if (layerOf(key) === layer) return key
  }
}
