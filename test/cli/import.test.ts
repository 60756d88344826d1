import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCli } from './run-cli.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-'))
})
afterEach(() => rm(folder, { recursive: true }))

const COMPOSE =
  'services: { app: { image: "example/app:${TAG:-1}" }, db: { image: "example/db:1", user: postgres } }\n'

it('writes a file for each service, which validate accepts, and tells the rest', async () => {
  await write('compose.yaml', COMPOSE)
  const out = join(folder, 'out')
  const result = await runCli(['import', join(folder, 'compose.yaml'), '-o', out])
  expect(result.code).toBe(0)
  expect(result.out).toContain(`wrote ${join(out, 'app.yaml')}`)
  expect(result.out).toContain('Not carried over:')
  expect(result.out).toMatch(/compose\.yaml:1:\d+: db\.user: write the number of "postgres"/)
  expect(result.err).toContain(`Next: commune validate ${out}`)
  expect((await readdir(out)).toSorted()).toEqual(['.schemas', 'app.yaml', 'db.yaml'])
  expect((await runCli(['validate', out])).out).toBe('2 valid workloads\n')
})

it('never writes over a file, and then writes none', async () => {
  await write('compose.yaml', COMPOSE)
  await write('db.yaml', 'mine')
  const result = await runCli(['import', join(folder, 'compose.yaml'), '-o', folder])
  expect(result.code).toBe(1)
  expect(result.err).toContain('db.yaml is there already')
  expect(await readFile(join(folder, 'db.yaml'), 'utf8')).toBe('mine')
  expect((await readdir(folder)).toSorted()).toEqual(['compose.yaml', 'db.yaml'])
})

it('takes a folder for the files that Compose would take, with its .env', async () => {
  await write('compose.yaml', COMPOSE)
  await write('compose.override.yaml', 'services: { app: { scale: 3 } }')
  await write('.env', 'TAG=2\n')
  const result = await runCli(['import', folder, '-o', '-'])
  expect(result.code).toBe(0)
  expect(result.out).toContain('image: example/app:2\nreplicas: 3\n')
  expect(result.err).toContain('Not carried over:')
})

it('never takes variables from the shell', async () => {
  await write('compose.yaml', COMPOSE)
  const result = await runCli(['import', folder, '-o', '-'], { env: { TAG: 'from-the-shell' } })
  expect(result.out).toContain('image: example/app:1\n')
})

it('tells what the machines of this version refuse, which nobody has to mend', async () => {
  await write(
    'compose.yaml',
    'services: { db: { image: "example/db:1", volumes: ["data:/data"] } }',
  )
  const result = await runCli(['import', folder, '-o', '-'])
  expect(result.code).toBe(0)
  const heading = 'Carried over, but refused by the machines of this version:\n'
  expect(result.err).toMatch(new RegExp(`${heading}.*db.volumes: .* no workload with volumes\n`))
  expect(result.out).toContain(`# ${heading}# - volumes: `)
})

it('exits 1 when something has to be mended first', async () => {
  await write('compose.yaml', 'services: { app: { build: . } }')
  const result = await runCli(['import', folder, '-o', '-'])
  expect(result.code).toBe(1)
  expect(result.err).toContain('To mend before it can run:')
  expect(result.out).toContain('image: registry.example/app:latest')
})

it('shows the line of what is wrong', async () => {
  await write('compose.yaml', 'services:\n  app: {extends: gone}\n')
  const result = await runCli(['import', folder])
  expect(result).toMatchObject({ code: 2, out: '' })
  expect(result.err).toContain('compose.yaml:2:9: error:')
  expect(result.err).toContain('  2 |   app: {extends: gone}\n    |         ^')
})

it('says where it looked for a Compose file', async () => {
  const result = await runCli(['import', folder])
  expect(result.code).toBe(2)
  expect(result.err).toContain('There is no Compose file in')
})

async function write(name: string, text: string): Promise<void> {
  await writeFile(join(folder, name), text)
}
