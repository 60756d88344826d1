import fc from 'fast-check'

/** A JSON Schema, as far as the schemas of the YAML kinds go. */
export interface Schema {
  readonly $ref?: string
  readonly definitions?: Readonly<Record<string, Schema>>
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly examples?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
  readonly propertyNames?: Schema
  readonly items?: Schema
  readonly minItems?: number
  readonly maxItems?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
}

const ITEMS_MAX = 4
const TEXT_MAX = 30
const DEPTH_MAX = 8

/** Words that mean something in some field of some kind: schemas say no more than “text”. */
const WORDS = [
  'web',
  '10s',
  '1h30m',
  '512Mi',
  '0.5',
  '100m',
  '2',
  'always',
  '/data',
  '/tmp',
  'region=eu',
  'own',
  'members',
  'cluster friends',
  'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa',
  'Mon-Fri 08:00-18:00',
  '00:00-24:00',
  '9000-9100',
  'docker.io/library/*',
  'docker.io/library/nginx:1.27',
  `ghcr.io/a/b@sha256:${'0'.repeat(64)}`,
  '*/5 * * * *',
  'SIGTERM',
  '${NAME}',
  'Europe/Berlin',
] as const

/** Values that fit a schema, but for the rules that no schema can tell. */
export function schemaValues(schema: Schema): fc.Arbitrary<unknown> {
  return valueOf(schema, schema, 0)
}

function valueOf(schema: Schema, root: Schema, depth: number): fc.Arbitrary<unknown> {
  const { $ref, anyOf, oneOf } = schema
  if ($ref !== undefined) return valueOf(referred($ref, root), root, depth)
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  const choices = anyOf ?? oneOf
  const [type, ...more] = typesOf(schema)
  if (choices !== undefined && (type === undefined || schema.properties === undefined))
    return fc.oneof(...choices.map((choice) => valueOf(choice, root, depth)))
  if (more.length > 0)
    return fc.oneof(
      ...[type, ...more].map((one) => plainOf({ ...schema, type: one ?? 'null' }, root, depth)),
    )
  return plainOf(schema, root, depth)
}

function plainOf(schema: Schema, root: Schema, depth: number): fc.Arbitrary<unknown> {
  switch (typesOf(schema)[0]) {
    case 'object':
      return objectOf(schema, root, depth)
    case 'array': {
      const { items = {}, minItems = 0, maxItems = ITEMS_MAX } = schema
      const maxLength = Math.max(minItems, Math.min(maxItems, depth < DEPTH_MAX ? ITEMS_MAX : 0))
      return fc.array(valueOf(items, root, depth + 1), { minLength: minItems, maxLength })
    }
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -5, max: Math.min(schema.maximum ?? 1e6, 1e6) })
    case 'number':
      return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e6, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    case 'string':
      return textOf(schema)
    default:
      return fc.oneof(fc.constantFrom(...WORDS), fc.integer(), fc.boolean())
  }
}

function objectOf(schema: Schema, root: Schema, depth: number): fc.Arbitrary<unknown> {
  const { properties = {}, required = [], additionalProperties, propertyNames } = schema
  const kept = Object.entries(properties).filter(
    ([name]) => depth < DEPTH_MAX || required.includes(name),
  )
  const model = Object.fromEntries(
    kept.map(([name, part]) => [name, valueOf(part, root, depth + 1)]),
  )
  const named = fc.record(model, { requiredKeys: required.filter((name) => name in model) })
  if (typeof additionalProperties !== 'object') return named
  const key =
    propertyNames === undefined
      ? fc.constantFrom(...WORDS)
      : valueOf({ type: 'string', ...propertyNames }, root, depth)
  const others = fc.dictionary(key.map(String), valueOf(additionalProperties, root, depth + 1), {
    maxKeys: ITEMS_MAX,
  })
  return fc.tuple(named, others).map(([own, more]) => ({ ...more, ...own }))
}

function textOf({
  minLength = 0,
  maxLength = TEXT_MAX,
  pattern,
  examples = [],
}: Schema): fc.Arbitrary<string> {
  const most = Math.max(minLength, Math.min(maxLength, TEXT_MAX))
  const fits = (text: string) =>
    text.length >= minLength &&
    text.length <= maxLength &&
    (pattern === undefined || new RegExp(pattern).test(text))
  const known = [...examples.filter((example) => typeof example === 'string'), ...WORDS].filter(
    fits,
  )
  const free =
    pattern === undefined
      ? fc.string({ minLength, maxLength: most })
      : fc.stringMatching(new RegExp(pattern), { maxLength: most }).filter(fits)
  return known.length === 0
    ? free
    : fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known) }, free)
}

function typesOf({ type, properties }: Schema): readonly string[] {
  if (type === undefined) return properties === undefined ? [] : ['object']
  return typeof type === 'string' ? [type] : type
}

function referred(ref: string, root: Schema): Schema {
  const found = root.definitions?.[ref.replace('#/definitions/', '')]
  if (found === undefined) throw new RangeError(`nothing is called ${ref}`)
  return found
}
