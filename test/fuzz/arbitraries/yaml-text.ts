import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { mutatedText } from './hostile-text.ts'
import { mutatedValue } from './hostile-value.ts'
import { schemaValues, type Schema } from './schema-values.ts'

/** What means something in YAML, or did in some version of it. */
const YAML_WORDS = [
  '&a ',
  '*a',
  '<<: *a',
  '<<: ',
  '!!js/function ',
  '!!binary ',
  '!!set ',
  '!x ',
  '- ',
  '? ',
  ': ',
  '|\n',
  '>-\n',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  '\t',
  '%YAML 1.1\n---\n',
  '---\n',
  '...\n',
  '#',
  '\\x00',
  '${',
  '${A}',
  '${A:-b}',
  '$$',
  'NaN',
  '.nan',
  '.inf',
  '1e400',
  '0x1',
  '0o7',
  '~',
  'yes',
  '12:30:45',
  '2026-01-01',
  '<<<<<<< a\n',
  '!reset ',
  '!override ',
  '__proto__: {}\n',
  '\r',
] as const

/** Files of a kind: those that fit its schema, changed as values and as text. */
export function yamlOf(schemaFile: string): fc.Arbitrary<string> {
  const url = new URL(`../../../schemas/${schemaFile}`, import.meta.url)
  return yamlText(schemaValues(JSON.parse(readFileSync(url, 'utf8')) as Schema))
}

/** Such values as YAML, changed as values and as text. */
export function yamlText(values: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const written = fc
    .tuple(mutatedValue(values, 2), fc.boolean())
    .map(([value, isJson]) => (isJson ? jsonText(value) : yamlOrJson(value)))
  return mutatedText(written, YAML_WORDS, 3)
}

function yamlOrJson(value: unknown): string {
  try {
    return stringify(value, { aliasDuplicateObjects: false })
  } catch {
    // The library goes no further down than the stack does.
    return jsonText(value)
  }
}

/** JSON, which is YAML too; a text stands for itself, whatever it is. */
export function jsonText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'null')
}
