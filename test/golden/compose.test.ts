import { readdir } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { importCompose, type ImportedCompose } from '../../src/compose/import-compose.ts'
import { parseDocuments } from '../../src/spec/parse-documents.ts'

const FOLDER = 'test/golden/compose'
const SETTINGS = { env: new Map(), schema: './workload.schema.json' }

const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.yaml')).toSorted()

/** Typical ones, whose whole result is looked at. */
const GOLDEN = [
  'anchors',
  'build-only',
  'django',
  'env-files',
  'extends',
  'healthchecks',
  'home-media',
  'interpolation',
  'names',
  'ports',
  'powerful',
  'quoting',
  'restart',
  'service-names',
  'site',
  'site-and-database',
  'swarm-voting',
  'unset-variables',
  'volumes',
  'wordpress',
]

it('has a corpus that is worth its name', () => {
  expect(files.length).toBeGreaterThanOrEqual(60)
})

it.each(files)('every workload from %s passes the checks', async (file) => {
  const result = await importCompose([`${FOLDER}/${file}`], SETTINGS)
  if (!result.ok) throw new Error(result.issues.map(({ message }) => message).join('\n'))
  expect(result.workloads.length).toBeGreaterThan(0)
  for (const { name, text } of result.workloads) {
    const { issues, workloads } = parseDocuments(text, name)
    expect(issues.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(workloads.map(({ record }) => record.name)).toEqual([name])
    // Nobody's secrets go into a file that is meant to be published.
    expect(issues.filter(({ message }) => message.includes('secret'))).toEqual([])
  }
})

it.each(GOLDEN)('imports %s as before', async (name) => {
  const result = await importCompose([`${FOLDER}/${name}.yaml`], SETTINGS)
  await expect(render(result)).toMatchFileSnapshot(`compose/results/${name}.txt`)
})

it('keeps no result of a file that is gone', async () => {
  const results = await readdir(`${FOLDER}/results`)
  expect(results.toSorted()).toEqual(GOLDEN.map((name) => `${name}.txt`).toSorted())
})

function render(result: ImportedCompose): string {
  if (!result.ok) return result.issues.map(({ message }) => `${message}\n`).join('')
  const remarks = result.remarks.map(
    ({ weight, file, line, column, path, message }) =>
      `${weight} ${file.replace(`${FOLDER}/`, '')}:${line}:${column}: ${path}: ${message}\n`,
  )
  return [...remarks, ...result.workloads.map(({ text }) => `---\n${text}`)].join('')
}
