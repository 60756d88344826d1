import { describe, expect, it, vi } from 'vitest'
import { rememberLayers } from './repo-key-layers.ts'
import { layerOf } from './repo-tree-node.ts'

describe('rememberLayers', () => {
  it('hashes a key once, and forgets all of them before they are too many', () => {
    const find = vi.fn<typeof layerOf>(layerOf)
    const remembered = rememberLayers(find)
    const keys = Array.from({ length: 4_096 }, (_, i) => `app.bsky.feed.post/${i}`)
    for (let round = 0; round < 3; round++)
      expect(keys.map((key) => remembered(key))).toEqual(keys.map((key) => layerOf(key)))
    expect(find).toHaveBeenCalledTimes(keys.length)
    remembered('a/one-more')
    expect(remembered(keys[0] ?? '')).toBe(layerOf(keys[0] ?? ''))
    expect(find).toHaveBeenCalledTimes(keys.length + 2)
  })
})
