import type { AnySchemaObject } from 'ajv'
import { quote } from './finding.ts'

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys to values',
  null: 'nothing',
}

/** What a schema asks for, as the end of a sentence that begins with “expected”. */
export function describeSchema(schema: AnySchemaObject): string {
  if (schema['const'] !== undefined) return String(schema['const'])
  if (Array.isArray(schema['enum'])) return joinOr(schema['enum'].map(String))
  if (Array.isArray(schema['anyOf'])) {
    return joinOr((schema['anyOf'] as AnySchemaObject[]).map(describeSchema))
  }
  const types = ([schema['type']].flat() as string[]).map((type) => TYPE_WORDS[type] ?? type)
  const isList = schema['type'] === 'array'
  return `${joinOr(types)}${isList ? itemsOf(schema) : ''}${rangeOf(schema)}${exampleOf(schema)}`
}

/** What somebody wrote, as the end of a sentence that begins with “found”. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  switch (typeof value) {
    case 'string':
      return `the text ${quote(value)}`
    case 'number':
      return `the number ${value}`
    case 'boolean':
      return String(value)
    default:
      return 'a mapping'
  }
}

export function joinOr(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`
}

function itemsOf(schema: AnySchemaObject): string {
  const items = schema['items'] as AnySchemaObject | undefined
  if (items?.['type'] === 'object') return ' of mappings'
  return items?.['type'] === 'string' ? ' of texts' : ''
}

function rangeOf(schema: AnySchemaObject): string {
  const { minimum, maximum } = schema
  return minimum === undefined || maximum === undefined ? '' : ` from ${minimum} to ${maximum}`
}

function exampleOf(schema: AnySchemaObject): string {
  const examples = schema['examples'] as readonly unknown[] | undefined
  if (examples === undefined || schema['type'] === 'integer') return ''
  return ` such as ${joinOr(examples.slice(0, 2).map((example) => JSON.stringify(example)))}`
}
