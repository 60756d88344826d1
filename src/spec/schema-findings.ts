import type { AnySchemaObject, ErrorObject } from 'ajv'
import { describeSchema, describeValue } from './describe-schema.ts'
import { finding, quote, type Finding, type Path } from './finding.ts'
import { suggestForeign } from './foreign-keys.ts'
import { nearest } from './suggest.ts'

/** Translates what a schema validator found into sentences, one a fault. */
export function schemaFindings(
  errors: readonly ErrorObject[],
  value: unknown,
  schema: AnySchemaObject,
): readonly Finding[] {
  return errors.filter(isOwnFault).map((error) => toFinding(error, value, schema))
}

/** The faults of each alternative say nothing: the alternatives are named together. */
function isOwnFault(error: ErrorObject): boolean {
  return !/\/(?:anyOf|oneOf)\/\d+\//.test(error.schemaPath)
}

/** The path of a JSON pointer; digits are an index where the value is a list. */
export function pathOfPointer(pointer: string, value: unknown): Path {
  const path: (string | number)[] = []
  let current = value
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(Array.isArray(current) ? Number(key) : key)
    current = childOf(current, key)
  }
  return path
}

function childOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined
}

function toFinding(error: ErrorObject, value: unknown, schema: AnySchemaObject): Finding {
  const path = pathOfPointer(error.instancePath, value)
  const { data } = error
  const rule = error.parentSchema as AnySchemaObject
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(path, String(error.params['additionalProperty']), rule, schema)
    case 'required':
      return missingKey(path, String(error.params['missingProperty']), rule)
    case 'oneOf':
      return finding(path, `found ${keysOf(data)}`, {
        at: 'key',
        expected: `exactly one of ${alternativesOf(rule)}`,
      })
    case 'minLength':
      return finding(path, 'is empty', { expected: describeSchema(rule) })
    case 'maxLength':
      return finding(path, 'the text is too long', {
        expected: `at most ${rule['maxLength']} characters`,
      })
    case 'minItems':
      return finding(path, 'the list is empty', { expected: describeSchema(rule) })
    case 'maxItems':
      return finding(path, 'the list is too long', {
        expected: `at most ${rule['maxItems']} entries`,
      })
    case 'maxProperties':
      return finding(path, 'too many entries', {
        expected: `at most ${rule['maxProperties']} entries`,
      })
    default:
      return wrongValue(path, data, rule)
  }
}

function unknownKey(
  parent: Path,
  key: string,
  rule: AnySchemaObject,
  schema: AnySchemaObject,
): Finding {
  const known = Object.keys(rule['properties'] as object)
  const owner = parent.findLast((part) => typeof part === 'string')
  const near = nearest(key, known)
  const suggestion =
    suggestForeign(owner, key) ??
    near ??
    placesOf(schema, key).find((place) => place !== [...parent, key].join('.'))
  return finding([...parent, key], `unknown key ${quote(key)}`, {
    at: 'key',
    ...(suggestion === undefined ? { expected: `one of ${known.join(', ')}` } : { suggestion }),
  })
}

/** Where in the schema a key of this name belongs, such as `resources.memory`. */
function placesOf(schema: AnySchemaObject, key: string): readonly string[] {
  const properties = (schema['properties'] ?? {}) as Record<string, AnySchemaObject>
  return Object.entries(properties).flatMap(([name, property]) => {
    const inner = placesOf((property['items'] as AnySchemaObject | undefined) ?? property, key)
    return [...(name === key ? [name] : []), ...inner.map((place) => `${name}.${place}`)]
  })
}

function missingKey(path: Path, key: string, rule: AnySchemaObject): Finding {
  const property = (rule['properties'] as Record<string, AnySchemaObject>)[key] ?? {}
  return finding(path, `the key ${key} is missing`, {
    at: 'key',
    expected: `${key}: ${describeSchema(property)}`,
  })
}

function wrongValue(path: Path, data: unknown, rule: AnySchemaObject): Finding {
  const suggestion = suggestShortForm(path, data) ?? suggestValue(data, rule)
  return finding(path, data === null ? 'has no value' : `found ${describeValue(data)}`, {
    expected: describeSchema(rule),
    ...(suggestion === undefined ? {} : { suggestion }),
  })
}

/** What Compose writes as one text: ports, volumes, and commands for a shell. */
function suggestShortForm(path: Path, data: unknown): string | undefined {
  const [key] = path
  if (typeof data !== 'string' && typeof data !== 'number') return undefined
  const text = String(data)
  if (key === 'ports' && path.length === 2) {
    const port = /^(?:[\d.]+:)*(\d{1,5})(?:\/(tcp|udp))?$/.exec(text)
    const protocol = port?.[2] === 'udp' ? ', protocol: udp' : ''
    return port === null ? undefined : `{ container: ${port[1]}${protocol} }`
  }
  if (key === 'volumes' && path.length === 2) {
    const volume = /^([a-z0-9-]+):(\/[^\s:]*)$/.exec(text)
    return volume === null ? undefined : `{ name: ${volume[1]}, path: ${volume[2]} }`
  }
  const isCommand = path.at(-1) === 'command' && text.length <= SHELL_LINE_LENGTH_MAX
  return isCommand ? `["/bin/sh", "-c", ${JSON.stringify(text)}]` : undefined
}

const SHELL_LINE_LENGTH_MAX = 100

function suggestValue(data: unknown, rule: AnySchemaObject): string | undefined {
  const types = [rule['type']].flat()
  const isPlain = typeof data === 'number' || typeof data === 'boolean'
  if (isPlain && types.includes('string')) return `"${data}" in quotes`
  if (typeof data !== 'string') return undefined
  if (Array.isArray(rule['enum'])) return suggestChoice(data, rule['enum'].map(String))
  if (types.includes('boolean')) return WORDS_OF_TRUTH[data.toLowerCase()]
  if (types.includes('array')) return `[${JSON.stringify(data)}]`
  return types.includes('integer') && /^\d{1,15}$/.test(data) ? `${data} without quotes` : undefined
}

/** YAML 1.2 reads these as text, which surprises whoever knows YAML 1.1. */
const WORDS_OF_TRUTH: Readonly<Record<string, string>> = {
  yes: 'true',
  on: 'true',
  true: 'true',
  no: 'false',
  off: 'false',
  false: 'false',
}

function suggestChoice(data: string, choices: readonly string[]): string | undefined {
  const candidates = [data, data.replace(/^CAP_/i, ''), `SIG${data}`]
  return candidates.map((word) => nearest(word, choices)).find((choice) => choice !== undefined)
}

function alternativesOf(rule: AnySchemaObject): string {
  const names = (rule['oneOf'] as AnySchemaObject[]).flatMap(
    (option) => option['required'] as string[],
  )
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function keysOf(data: unknown): string {
  const keys = typeof data === 'object' && data !== null ? Object.keys(data) : []
  return keys.length === 0 ? 'none of them' : `the keys ${keys.slice(0, 8).map(quote).join(', ')}`
}
