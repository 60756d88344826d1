import type { WorkloadRecord } from '../model/records.ts'
import { hideVariable } from './hide-secrets.ts'

/** One field that differs. `before` is absent when it was added, `after` when it was removed. */
export interface FieldChange {
  /** Path with dots; entries of named lists by their name: `env.GREETING`, `ports.8080`. */
  readonly path: string
  readonly before?: unknown
  readonly after?: unknown
  /** It looks like a secret: `before` and `after` only say whether there was a value. */
  readonly hidden?: true
}

/** Fields that sync itself writes: a difference in them alone is no change (DESIGN §9). */
export const BOOKKEEPING: ReadonlySet<string> = new Set([
  '$type',
  'source',
  'createdAt',
  'placementNonce',
  'previous',
  'rollout',
])

/**
 * Lists whose order means nothing, and what names an entry. All other lists are compared as a
 * whole, because the order of `command` matters.
 */
const KEYED_LISTS: Readonly<Record<string, (entry: never) => string>> = {
  env: (entry: { name: string }) => entry.name,
  secrets: (entry: { name: string }) => entry.name,
  volumes: (entry: { name: string }) => entry.name,
  ports: (entry: { container: number; protocol?: string }) =>
    `${entry.container}${entry.protocol === 'udp' ? '/udp' : ''}`,
}

const UNORDERED_LISTS = new Set(['constraints', 'clusters', 'tmpfs', 'capAdd'])

/** What differs between two workloads, sorted by path. Empty means that they are the same. */
export function diffFields(
  before: Partial<WorkloadRecord>,
  after: Partial<WorkloadRecord>,
): readonly FieldChange[] {
  const left = flatten(before)
  const right = flatten(after)
  const paths = [...new Set([...left.keys(), ...right.keys()])].toSorted()
  return paths.flatMap((path) => {
    const [from, to] = [left.get(path), right.get(path)]
    if (canonical(from) === canonical(to)) return []
    return [
      hideVariable({
        path,
        ...(from === undefined ? {} : { before: from }),
        ...(to === undefined ? {} : { after: to }),
      }),
    ]
  })
}

function flatten(record: object): ReadonlyMap<string, unknown> {
  const leaves = new Map<string, unknown>()
  for (const [name, value] of Object.entries(record)) {
    if (!BOOKKEEPING.has(name)) addLeaves(leaves, name, value)
  }
  return leaves
}

function addLeaves(leaves: Map<string, unknown>, path: string, value: unknown): void {
  if (value === undefined) return
  if (Array.isArray(value)) return addList(leaves, path, value)
  if (value === null || typeof value !== 'object') {
    leaves.set(path, value)
    return
  }
  for (const [name, part] of Object.entries(value)) {
    if (name !== '$type') addLeaves(leaves, `${path}.${name}`, part)
  }
}

function addList(leaves: Map<string, unknown>, path: string, list: readonly unknown[]): void {
  // An empty list and no list are the same to every reader of a record.
  if (list.length === 0) return
  const keyOf = KEYED_LISTS[path]
  if (keyOf === undefined) {
    leaves.set(path, UNORDERED_LISTS.has(path) ? list.map(canonical).toSorted().map(parse) : list)
    return
  }
  for (const entry of list) leaves.set(`${path}.${keyOf(entry as never)}`, essence(path, entry))
}

/** An environment variable is its value: the name stands in the path already. */
function essence(path: string, entry: unknown): unknown {
  return path === 'env' ? (entry as { value: string }).value : entry
}

/** Text that is equal for equal values, whatever the order of their keys. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, part: unknown) =>
      part !== null && typeof part === 'object' && !Array.isArray(part)
        ? Object.fromEntries(
            Object.entries(part)
              .filter(([name]) => name !== '$type')
              .toSorted(([a], [b]) => (a < b ? -1 : 1)),
          )
        : part,
    ) ?? 'undefined'
  )
}

function parse(text: string): unknown {
  return JSON.parse(text)
}
