import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { hostileText } from './hostile-text.ts'

/** A definition in a lexicon, as far as values are made of it. */
interface Definition {
  readonly type: string
  readonly ref?: string
  readonly refs?: readonly string[]
  readonly record?: Definition
  readonly schema?: Definition
  readonly required?: readonly string[]
  readonly nullable?: readonly string[]
  readonly properties?: Readonly<Record<string, Definition>>
  readonly items?: Definition
  readonly format?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly enum?: readonly unknown[]
  readonly knownValues?: readonly string[]
  readonly const?: string
  readonly input?: { readonly schema?: Definition }
  readonly output?: { readonly schema?: Definition }
  readonly parameters?: Definition
  readonly message?: { readonly schema?: Definition }
}

interface Lexicon {
  readonly id: string
  readonly defs: Readonly<Record<string, Definition>>
}

const FOLDER = new URL('../../../lexicons/', import.meta.url)
/** Lists and texts are rarely as long as a lexicon allows. */
const ITEMS_MAX = 6
const TEXT_MAX = 60
/** Where definitions refer to each other, values end. */
const DEPTH_MAX = 6

/** Every lexicon by its id, as its file says. */
export function readLexicons(): ReadonlyMap<string, Lexicon> {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  const lexicons = files
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Lexicon)
  return new Map(lexicons.map((lexicon) => [lexicon.id, lexicon]))
}

/** Values for any definition, in the JSON of atproto: `{$link}` for links and `{$bytes}` for bytes. */
export class LexiconValues {
  readonly #lexicons: ReadonlyMap<string, Lexicon>

  constructor(lexicons: ReadonlyMap<string, Lexicon> = readLexicons()) {
    this.#lexicons = lexicons
  }

  /** Ids of the lexicons whose main definition has this type, in order. */
  idsOf(type: string): readonly string[] {
    return [...this.#lexicons.values()]
      .filter(({ defs }) => defs['main']?.type === type)
      .map(({ id }) => id)
  }

  /** Records that fit their lexicon. */
  record(id: string): fc.Arbitrary<Record<string, unknown>> {
    const { record } = this.#main(id)
    if (record === undefined) throw new RangeError(`${id} is no record`)
    return this.#value(record, id, 0).map((value) => ({ $type: id, ...(value as object) }))
  }

  /** What a method is given: its parameters, or the body of its input. */
  input(id: string): fc.Arbitrary<unknown> {
    const main = this.#main(id)
    const given = main.parameters ?? main.input?.schema
    return given === undefined ? fc.constant({}) : this.#value(given, id, 0)
  }

  /** What a method answers. */
  output(id: string): fc.Arbitrary<unknown> {
    const { output, message } = this.#main(id)
    const schema = output?.schema ?? message?.schema
    return schema === undefined ? fc.constant({}) : this.#value(schema, id, 0)
  }

  #main(id: string): Definition {
    const main = this.#lexicons.get(id)?.defs['main']
    if (main === undefined) throw new RangeError(`there is no lexicon ${id}`)
    return main
  }

  #value(definition: Definition, id: string, depth: number): fc.Arbitrary<unknown> {
    switch (definition.type) {
      case 'object':
      case 'params':
        return this.#object(definition, id, depth)
      case 'array':
        return this.#list(definition, id, depth)
      case 'ref':
        return this.#referred(definition.ref ?? '', id, depth)
      case 'union':
        return fc.oneof(...(definition.refs ?? []).map((ref) => this.#tagged(ref, id, depth)))
      case 'string':
        return textOf(definition)
      case 'integer':
        return integerOf(definition)
      case 'boolean':
        return fc.boolean()
      case 'bytes':
        return fc
          .uint8Array({ maxLength: Math.min(definition.maxLength ?? TEXT_MAX, TEXT_MAX) })
          .map((bytes) => ({ $bytes: Buffer.from(bytes).toString('base64') }))
      case 'cid-link':
        return cidText.map(($link) => ({ $link }))
      case 'record':
        return definition.record === undefined
          ? fc.constant({})
          : this.#value(definition.record, id, depth).map((value) => ({
              $type: id,
              ...(value as object),
            }))
      default:
        return fc.constant({})
    }
  }

  #object(definition: Definition, id: string, depth: number): fc.Arbitrary<unknown> {
    const { required = [], properties = {} } = definition
    const isKept = (name: string) => depth < DEPTH_MAX || required.includes(name)
    const model = Object.fromEntries(
      Object.entries(properties)
        .filter(([name]) => isKept(name))
        .map(([name, part]) => [name, this.#value(part, id, depth + 1)]),
    )
    return fc.record(model, { requiredKeys: required.filter((name) => name in model) })
  }

  #list(definition: Definition, id: string, depth: number): fc.Arbitrary<unknown> {
    const { items, minLength = 0, maxLength = ITEMS_MAX } = definition
    if (items === undefined) throw new RangeError(`${id}: a list without items`)
    const most = depth < DEPTH_MAX ? Math.min(maxLength, ITEMS_MAX) : minLength
    return fc.array(this.#value(items, id, depth + 1), { minLength, maxLength: most })
  }

  #referred(ref: string, id: string, depth: number): fc.Arbitrary<unknown> {
    const [owner, name = 'main'] = ref.startsWith('#') ? [id, ref.slice(1)] : ref.split('#')
    const definition = this.#lexicons.get(owner ?? id)?.defs[name]
    if (definition === undefined) throw new RangeError(`${id}: nothing is called ${ref}`)
    return this.#value(definition, owner ?? id, depth)
  }

  #tagged(ref: string, id: string, depth: number): fc.Arbitrary<unknown> {
    const $type = ref.startsWith('#') ? `${id}${ref}` : ref
    return this.#referred(ref, id, depth).map((value) => ({ ...(value as object), $type }))
  }
}

/** DIDs that meet each other again and again, so that records refer to one another. */
export const didText: fc.Arbitrary<string> = fc
  .constantFrom('a', 'b', 'c', 'd')
  .map((letter) => `did:plc:${letter.repeat(24)}`)

const nameText = fc.constantFrom('web', 'db', 'cache', 'a', 'x'.repeat(63))

const cidText = fc.constantFrom(
  'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
  'bafyreigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
  'bafkreiekhvwlxdzcqnrbv6fzlsnrzqhmkpcpqprdnvfpkdeeoqdsaxqcia',
)

const dateText = fc.oneof(
  fc.constantFrom('2026-01-01T00:00:00.000Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z'),
  fc
    .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => date.toISOString()),
)

const FORMATS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  did: didText,
  datetime: dateText,
  cid: cidText,
  tid: fc.constantFrom('3jzfcijpj2z2a', '3kznmn7xqxl22', '2222222222222'),
  uri: fc.constantFrom('https://meshlet.example', 'http://127.0.0.1:1', 'a:b'),
  'at-uri': fc
    .tuple(didText, fc.constantFrom('workload', 'bid', 'set', 'meshlet'), nameText)
    .map(([did, kind, name]) => `at://${did}/commune.scheduler.${kind}/${name}`),
}

function textOf(definition: Definition): fc.Arbitrary<string> {
  const { format, knownValues, minLength = 0, maxLength = TEXT_MAX } = definition
  if (definition.const !== undefined) return fc.constant(definition.const)
  if (definition.enum !== undefined) return fc.constantFrom(...definition.enum.map(String))
  if (format !== undefined) {
    const known = FORMATS[format]
    return known ?? hostileText
  }
  const most = Math.max(minLength, Math.min(maxLength, TEXT_MAX))
  const free = fc.oneof(
    fc
      .string({ minLength, maxLength: most })
      .filter((text) => Buffer.byteLength(text) <= maxLength),
    nameText.filter(({ length }) => length >= minLength && length <= maxLength),
  )
  return knownValues === undefined ? free : fc.oneof(fc.constantFrom(...knownValues), free)
}

function integerOf({ minimum, maximum }: Definition): fc.Arbitrary<number> {
  const min = minimum ?? Number.MIN_SAFE_INTEGER
  const max = maximum ?? Number.MAX_SAFE_INTEGER
  const near = fc.integer({ min: Math.max(min, -10), max: Math.min(max, 100) })
  const all = fc
    .oneof(fc.maxSafeInteger(), fc.constantFrom(min, max))
    .map((value) => Math.min(max, Math.max(min, value)))
  return min > 100 || max < -10 ? all : fc.oneof(near, all)
}
