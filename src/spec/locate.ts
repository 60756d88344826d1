import { isMap, isScalar, isSeq, type ParsedNode } from 'yaml'
import type { Finding } from './finding.ts'

/**
 * Offset of what a finding is about: its key or its value, or the nearest thing around it that the
 * document has.
 */
export function locate(
  root: ParsedNode | null,
  { path, at }: Pick<Finding, 'path' | 'at'>,
): number {
  let node = root
  let key: ParsedNode | null = null
  for (const part of path) {
    const next = step(node, part)
    if (next === undefined) break
    key = next.key
    node = next.value
  }
  const isAbsent = node === null || (isScalar(node) && node.value === null && node.source === '')
  const chosen = key !== null && (at === 'key' || isAbsent) ? key : node
  return chosen?.range[0] ?? 0
}

interface Step {
  readonly key: ParsedNode | null
  readonly value: ParsedNode | null
}

function step(node: ParsedNode | null, part: string | number): Step | undefined {
  if (typeof part === 'number') {
    const item = isSeq(node) ? node.items[part] : undefined
    return item === undefined ? undefined : { key: null, value: item }
  }
  if (!isMap(node)) return undefined
  const pair = node.items.find(({ key }) => isScalar(key) && key.value === part)
  return pair === undefined ? undefined : { key: pair.key, value: pair.value }
}
