import { expect, test } from 'vitest'
import { filesBelow } from './source-tree.ts'

interface Node {
  readonly type?: string
  readonly description?: string
  readonly format?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly maxLength?: number
  readonly maxSize?: number
  readonly items?: Node
  readonly properties?: Readonly<Record<string, Node>>
  readonly [key: string]: unknown
}

interface Found {
  /** `nsid#def.property` */
  readonly where: string
  readonly node: Node
}

const TYPES = new Set([
  'record',
  'query',
  'procedure',
  'subscription',
  'string',
  'array',
  'bytes',
  'blob',
])

/** Every part of a lexicon that has a type. */
function* walk(value: unknown, where: string): Generator<Found> {
  if (typeof value !== 'object' || value === null) return
  const node = value as Node
  if (typeof node.type === 'string') yield { where, node }
  for (const [key, child] of Object.entries(value)) yield* walk(child, `${where}.${key}`)
}

const lexicons = ['lexicons/commune', 'lexicons/farm'].flatMap((folder) =>
  filesBelow(folder, /\.json$/),
)
const parts = lexicons.flatMap((file) => {
  const lexicon = JSON.parse(file.text) as { id: string; defs: Record<string, unknown> }
  return Object.entries(lexicon.defs).flatMap(([name, def]) => [
    ...walk(def, `${lexicon.id}#${name}`),
  ])
})

test('there are lexicons, and they stand where their name says', () => {
  expect(lexicons.length).toBeGreaterThan(20)
  for (const file of lexicons) {
    const { id } = JSON.parse(file.text) as { id: string }
    expect(file.path).toBe(`lexicons/${id.replaceAll('.', '/')}.json`)
  }
})

test('every definition and every property says what it is', () => {
  const silent = parts.flatMap(({ where, node }) => {
    const properties = Object.entries(node.properties ?? {})
      // A reference is described where it leads to.
      .filter(
        ([, property]) =>
          property.type !== 'ref' && property.type !== 'union' && !property.description,
      )
      .map(([name]) => `${where}.${name}`)
    const main = where.endsWith('#main') && !node.description ? [where] : []
    return [...main, ...properties]
  })
  expect(silent).toEqual([])
})

test('every string, list and blob has a limit', () => {
  const unlimited = parts
    .filter(({ node }) => TYPES.has(node.type ?? ''))
    .filter(({ node }) => {
      if (node.type === 'string')
        return (
          !node.format && node.const === undefined && !node.enum && node.maxLength === undefined
        )
      if (node.type === 'array' || node.type === 'bytes') return node.maxLength === undefined
      return node.type === 'blob' && node.maxSize === undefined
    })
  expect(unlimited.map(({ where }) => where)).toEqual([])
})

test('there are no floats, and every record has a time', () => {
  expect(parts.filter(({ node }) => node.type === 'float' || node.type === 'number')).toEqual([])
  const records = parts.filter(({ node }) => node.type === 'record')
  for (const { where, node } of records) {
    const { required, properties } = node['record'] as Node
    expect(properties, where).toHaveProperty('createdAt')
    expect(required, where).toContain('createdAt')
  }
})
