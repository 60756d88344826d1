import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parse } from 'yaml'
import { CI_EXAMPLE_FOLDER, CI_HOSTS, ciFileFor } from '../../src/cli/ci-hosts.ts'
import { runCli } from './run-cli.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'init-'))
})
afterEach(() => rm(root, { recursive: true }))

it('starts a folder that validates, with a schema where the first line says', async () => {
  const folder = join(root, 'My workloads')
  const result = await runCli(['init', folder])
  expect(result.code).toBe(0)
  expect(result.err).toContain(`commune sync ${folder} --dry-run`)
  const [, schema = ''] = /\$schema=(\S+)/.exec(await read('My workloads/site.yaml')) ?? []
  expect(JSON.parse(await read(join('My workloads', schema)))).toHaveProperty('properties.image')
  expect(parse(await read('My workloads/commune.yaml'))).toEqual({ set: 'my-workloads' })
  expect((await runCli(['validate', folder])).out).toBe('1 valid workload\n')
})

it('overwrites nothing, and then writes nothing', async () => {
  await writeFile(join(root, 'site.yaml'), 'mine')
  const result = await runCli(['init', root])
  expect(result.code).toBe(1)
  expect(result.err).toContain('site.yaml is there already')
  expect(await read('site.yaml')).toBe('mine')
  await expect(read('commune.yaml')).rejects.toThrow('ENOENT')
})

it.each(Object.entries(CI_HOSTS))(
  'puts the files for %s where they are looked for',
  async (host, files) => {
    await mkdir(join(root, '.git'))
    const result = await runCli(['init', join(root, 'ops/home'), '--ci', host])
    expect(result.code).toBe(0)
    expect(result.err).toContain('COMMUNE_PASSWORD')
    const written = result.out.trimEnd().split('\n')
    expect(written.map((line) => line.startsWith(`wrote ${root}/`))).toEqual(
      written.map(() => true),
    )
    const texts = await Promise.all(files.map(({ target }) => read(target)))
    const pipelines = texts.slice(0, -1)
    for (const text of pipelines) expect(parse(text)).toBeTypeOf('object')
    expect(pipelines.join('')).toContain('sh ci/commune-ci.sh check ops/home')
    expect(pipelines.join('')).toContain('sh ci/commune-ci.sh deploy ops/home')
    expect(pipelines.join('')).not.toMatch(new RegExp(`(?:check|deploy) ${CI_EXAMPLE_FOLDER}`))
    expect(texts.at(-1)).toMatch(/^#!\/bin\/sh\n/)
  },
)

it('the examples of CI speak of the folder that is replaced', async () => {
  const pipelines = Object.values(CI_HOSTS).flatMap((files) => files.slice(0, -1))
  for (const { example } of pipelines) {
    const text = await readFile(join('examples/ci', example), 'utf8')
    expect(ciFileFor(text, CI_EXAMPLE_FOLDER)).toBe(text)
    expect(ciFileFor(text, 'a b')).toMatch(/commune-ci\.sh (?:check|deploy) 'a b'/)
  }
})

it('names the CIs that it knows', async () => {
  const result = await runCli(['init', root, '--ci', 'jenkins'])
  expect(result.code).toBe(2)
  expect(result.err).toContain('github, forgejo, gitlab, tangled')
})

it('says that a file is no folder', async () => {
  await writeFile(join(root, 'file'), '')
  const result = await runCli(['init', join(root, 'file')])
  expect(result).toMatchObject({ code: 2, out: '' })
  expect(result.err).toContain('is no folder')
})

async function read(path: string): Promise<string> {
  return await readFile(join(root, path), 'utf8')
}
