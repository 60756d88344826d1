/**
 * Writes what the YAML kinds need, below the folder given as argument (the checkout by default), for
 * each schemas/NAME.schema.json but those of what is printed: the TypeScript type, src/spec/NAME-file.gen.ts, and the validator,
 * src/spec/NAME-validator.gen.ts. The validator is compiled here because compiling it takes longer
 * than a whole `commune validate` should.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv, type AnySchemaObject } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { compile } from 'json-schema-to-typescript'

const SUFFIX = '.schema.json'
/** Nothing reads these: they tell others what `-o json` prints. */
const PRINTED = new Set(['errors.schema.json', 'plan.schema.json'])
const root = process.argv[2] ?? '.'
const format = { semi: false, singleQuote: true, printWidth: 100 }

type JsonSchema = Parameters<typeof compile>[0]

const names = (await readdir('schemas')).filter(isRead).toSorted()
await mkdir(join(root, 'src/spec'), { recursive: true })
for (const file of names) {
  const name = file.slice(0, -SUFFIX.length)
  const schema = JSON.parse(await readFile(join('schemas', file), 'utf8')) as JsonSchema
  const banner = `// Generated from schemas/${file} by 'make generate'; change that file instead.`
  const target = join(root, 'src/spec', name)
  await writeFile(`${target}-validator.gen.ts`, validatorOf(schema as AnySchemaObject, banner))
  await writeFile(`${target}-file.gen.ts`, await typesOf(schema, name, banner))
}

function isRead(file: string): boolean {
  return file.endsWith(SUFFIX) && !PRINTED.has(file)
}

async function typesOf(schema: JsonSchema, name: string, banner: string): Promise<string> {
  return await compile(forTypes(schema), name, {
    cwd: 'schemas',
    additionalProperties: false,
    bannerComment: banner,
    maxItems: -1,
    style: format,
  })
}

/**
 * “Exactly one of these” (oneOf) would become a union of types that helps nobody, and each title a
 * type of its own (Name1, Name2, …). A property that is itself called title is an object.
 */
function forTypes(schema: JsonSchema): JsonSchema {
  const plain = JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === 'oneOf' || (key === 'title' && typeof value === 'string') ? undefined : value,
  ) as JsonSchema
  return { ...plain, ...(schema.title === undefined ? {} : { title: schema.title }) }
}

function validatorOf(schema: AnySchemaObject, banner: string): string {
  const ajv = new Ajv({
    allErrors: true,
    allowUnionTypes: true,
    code: { source: true, esm: true, lines: true },
    messages: false,
    strictRequired: false,
    // An error says of which part of the schema it is: its path does not, below a reference.
    verbose: true,
  })
  const code = standalone
    .default(ajv, ajv.compile(schema))
    .replace(/^"use strict";\n/, '')
    .replace(/^export const validate = /m, `export const validate: ValidateFunction = `)
    .replace(
      /^const (schema\d+) = (\{"\$schema".*)$/m,
      `const $1 = $2\nexport const schema: AnySchemaObject = $1`,
    )
    .replace(/^export default .*\n/m, '')
    .replace(/^const (\w+) = require\("(.*)"\)\.default;$/gm, importOf)
  return `${banner}\n// @ts-nocheck\nimport type { AnySchemaObject, ValidateFunction } from 'ajv'\n${code}`
}

/**
 * The generator of ES modules still writes `require` for its helpers. Some loaders, such as the one
 * of the tests, hand over what CommonJS calls the default export as such.
 */
function importOf(_line: string, name: string, path: string): string {
  return `import ${name}Module from '${path}.js'\nconst ${name} = ${name}Module.default ?? ${name}Module`
}
