import fc from 'fast-check'
import { hostileText } from './hostile-text.ts'

const NUMBERS = [
  0,
  -0,
  -1,
  0.5,
  1e-7,
  1e21,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  2 ** 63,
  1e308,
  -1e308,
  Number.NaN,
  Infinity,
  -Infinity,
]

/** Levels of nesting that can still be copied and printed; texts and bytes nest deeper. */
const DEPTH_MAX = 1_000

/** JSON that no schema asks for, and what is not even JSON. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: hostileText },
  { weight: 3, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 2, arbitrary: fc.constantFrom(null, true, false, [], {}, [[]], [null], { '': null }) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.record({ $link: hostileText }) },
  { weight: 1, arbitrary: fc.record({ $bytes: hostileText }) },
  { weight: 1, arbitrary: fc.array(fc.integer(), { minLength: 500, maxLength: 3_000 }) },
  { weight: 1, arbitrary: manyKeys() },
  { weight: 1, arbitrary: deep() },
)

function manyKeys(): fc.Arbitrary<unknown> {
  return fc
    .integer({ min: 1, max: 3_000 })
    .map((count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i])))
}

function deep(): fc.Arbitrary<unknown> {
  const depth = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: DEPTH_MAX }))
  return fc.tuple(depth, fc.boolean()).map(([levels, isList]) => {
    let value: unknown = null
    for (let level = 0; level < levels; level += 1) value = isList ? [value] : { a: value }
    return value
  })
}

type Step = string | number
type Change = (root: unknown) => unknown

/** Valid values of which up to `changesMax` places are something else. */
export function mutatedValue(
  valid: fc.Arbitrary<unknown>,
  changesMax = 3,
  substitute: fc.Arbitrary<unknown> = hostileValue,
): fc.Arbitrary<unknown> {
  const place = fc.double({ min: 0, max: 1, noNaN: true })
  const change: fc.Arbitrary<Change> = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(place, substitute).map(([at, value]) => replace(at, value)) },
    { weight: 2, arbitrary: place.map(remove) },
    { weight: 1, arbitrary: fc.tuple(place, hostileText, substitute).map(addKey) },
    { weight: 1, arbitrary: fc.tuple(place, fc.integer({ min: 1, max: 300 })).map(repeat) },
  )
  return fc
    .tuple(valid, fc.array(change, { maxLength: changesMax }))
    .map(([value, changes]) =>
      changes.reduce<unknown>((changed, one) => one(changed), structuredClone(value)),
    )
}

function replace(at: number, value: unknown): Change {
  return (root) => {
    const path = pathAt(root, at)
    const [parent, last] = parentOf(root, path)
    if (parent === undefined || last === undefined) return structuredClone(value)
    setKey(parent, last, structuredClone(value))
    return root
  }
}

function remove(at: number): Change {
  return (root) => {
    const [parent, last] = parentOf(root, pathAt(root, at))
    if (Array.isArray(parent)) parent.splice(Number(last), 1)
    else if (parent !== undefined && last !== undefined) Reflect.deleteProperty(parent, last)
    return root
  }
}

function addKey([at, key, value]: readonly [number, string, unknown]): Change {
  return (root) => {
    const target = valueAt(root, pathAt(root, at))
    if (Array.isArray(target)) target.push(structuredClone(value))
    else if (typeof target === 'object' && target !== null)
      setKey(target, key, structuredClone(value))
    return root
  }
}

/** The same item many times over. */
function repeat([at, times]: readonly [number, number]): Change {
  return (root) => {
    const [parent, last] = parentOf(root, pathAt(root, at))
    if (!Array.isArray(parent)) return root
    const item: unknown = parent[Number(last)]
    for (let i = 0; i < times; i += 1) parent.push(structuredClone(item))
    return root
  }
}

/** An own property also where assigning would change the prototype. */
function setKey(target: object, key: Step, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  })
}

/** The path of the node that stands so far (0 to 1) into the tree; of the root for the first. */
function pathAt(root: unknown, at: number): readonly Step[] {
  const paths = pathsOf(root)
  return paths[Math.min(paths.length - 1, Math.floor(at * paths.length))] ?? []
}

/** More places are not told apart. */
const PLACES_MAX = 2_000

function pathsOf(root: unknown): readonly (readonly Step[])[] {
  const paths: (readonly Step[])[] = []
  const left: { readonly value: unknown; readonly path: readonly Step[] }[] = [
    { value: root, path: [] },
  ]
  for (let next = left.pop(); next && paths.length < PLACES_MAX; next = left.pop()) {
    const { value, path } = next
    paths.push(path)
    if (typeof value !== 'object' || value === null || path.length > 40) continue
    if (value instanceof Uint8Array) continue
    for (const [key, item] of Object.entries(value))
      left.push({ value: item, path: [...path, key] })
  }
  return paths
}

function parentOf(
  root: unknown,
  path: readonly Step[],
): readonly [object | undefined, Step | undefined] {
  const parent = path.length === 0 ? undefined : valueAt(root, path.slice(0, -1))
  return [typeof parent === 'object' && parent !== null ? parent : undefined, path.at(-1)]
}

function valueAt(root: unknown, path: readonly Step[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<Step, unknown>)[key], root)
}
