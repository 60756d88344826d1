import { flat } from './repo-link.ts'
import { type LayerOf, layerOf } from './repo-tree-node.ts'

/** Some 100 bytes each, of which a key has at most a thousand. */
const KEYS_MAX = 4_096

/**
 * Like `layerOf`, and remembers what it found: with each commit of a repo the nodes near its root are
 * read again, and to hash their keys costs more than all else that is done with them.
 */
export function rememberLayers(find: LayerOf = layerOf): LayerOf {
  const known = new Map<string, number>()
  return (key) => {
    const before = known.get(key)
    if (before !== undefined) return before
    if (known.size >= KEYS_MAX) known.clear()
    const layer = find(key)
    known.set(flat(key), layer)
    return layer
  }
}
