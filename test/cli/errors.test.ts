import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCli } from './run-cli.ts'

const schema = JSON.parse(
  readFileSync(new URL('../../schemas/errors.schema.json', import.meta.url), 'utf8'),
) as object
const validate = new Ajv().compile(schema)

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'commune-errors-'))
  const text = 'kind: Workload\nname: web\nimage: "100%, a:b"\nreplicas: <3>\n'
  writeFileSync(join(folder, 'web.yaml'), text)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function parsed(text: string): unknown {
  const value: unknown = JSON.parse(text)
  expect(validate(value), JSON.stringify(validate.errors)).toBe(true)
  return value
}

it('stand in a file as JSON that follows its schema, for success too', async () => {
  const file = join(folder, 'errors.json')
  const failed = await runCli(['validate', folder, '--errors', `json=${file}`])
  expect(failed.code).toBe(2)
  expect(parsed(readFileSync(file, 'utf8'))).toMatchObject({
    command: 'validate',
    exitCode: 2,
    problems: [
      { code: 'invalid-input', severity: 'error', path: 'image', line: 3, column: 8 },
      { path: 'replicas', line: 4, column: 11, file: join(folder, 'web.yaml') },
    ],
  })
  writeFileSync(join(folder, 'web.yaml'), 'kind: Workload\nname: web\nimage: a\n')
  expect(await runCli(['validate', folder, '--errors', `json=${file}`])).toMatchObject({ code: 0 })
  expect(parsed(readFileSync(file, 'utf8'))).toMatchObject({ exitCode: 0, problems: [] })
})

it('are the result of -o json when there is no other', async () => {
  const { code, out } = await runCli(['sync', folder, '-o', 'json'])
  expect(code).toBe(2)
  expect(parsed(out)).toMatchObject({
    command: 'sync',
    exitCode: 2,
    problems: [
      { path: 'image' },
      { path: 'replicas' },
      { message: expect.stringContaining('can be published') },
    ],
  })
  const missing = await runCli(['render', join(folder, 'nothing'), '-o', 'yaml'])
  expect(parsed(missing.out)).toMatchObject({ problems: [{ hint: expect.any(String) }] })
})

it('are annotations of GitHub, with all that has a meaning there escaped', async () => {
  const { err } = await runCli(['validate', folder, '--errors', 'github'])
  const file = join(folder, 'web.yaml')
  expect(err).toContain(
    `::error file=${file},line=3,col=8,title=image::image: "100%25, a:b" is not`,
  )
  expect(err).toContain(`::error file=${file},line=4,col=11,title=replicas::replicas: found`)
  expect(err.split('\n').filter((line) => line.startsWith('::'))).toHaveLength(2)
})

it('are a JUnit report with a case for each, and one that passes when all is well', async () => {
  const file = join(folder, 'junit.xml')
  await runCli(['validate', folder, '--errors', `junit=${file}`, '--errors', 'github'])
  const xml = readFileSync(file, 'utf8')
  expect(xml).toContain('<testsuites tests="2" failures="2">')
  expect(xml).toContain('name="replicas"')
  expect(xml).toMatch(/message="[^"<]*&lt;3&gt;/)
  writeFileSync(join(folder, 'web.yaml'), 'kind: Workload\nname: web\nimage: a\n')
  await runCli(['validate', folder, '--errors', `junit=${file}`])
  expect(readFileSync(file, 'utf8')).toContain('<testsuites tests="1" failures="0">')
})

it.each([['xml'], ['junit'], ['json=']])('are refused in an unknown way: %s', async (format) => {
  const { code, err } = await runCli(['validate', folder, '--errors', format])
  expect(code).toBe(2)
  expect(err).toContain(`--errors ${format.replace('=', '')}`)
})
