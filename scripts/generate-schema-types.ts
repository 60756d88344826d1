/**
 * Writes the TypeScript type of each YAML kind, `schemas/NAME.schema.json` → `src/spec/NAME.gen.ts`,
 * below the folder given as argument (the checkout by default).
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { compile } from 'json-schema-to-typescript'

const SUFFIX = '.schema.json'
const root = process.argv[2] ?? '.'

const names = (await readdir('schemas')).filter((file) => file.endsWith(SUFFIX)).toSorted()
await mkdir(join(root, 'src/spec'), { recursive: true })
for (const file of names) {
  const name = file.slice(0, -SUFFIX.length)
  const schema = JSON.parse(await readFile(join('schemas', file), 'utf8'))
  const types = await compile(schema, name, {
    cwd: 'schemas',
    additionalProperties: false,
    bannerComment: `// Generated from schemas/${file} by 'make generate'; change that file instead.`,
    style: { semi: false, singleQuote: true, printWidth: 100 },
  })
  await writeFile(join(root, `src/spec/${name}.gen.ts`), types)
}
