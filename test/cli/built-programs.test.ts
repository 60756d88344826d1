import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { safeFetchWrap } from '@atproto-labs/fetch-node'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startLyingServer } from '../../src/dev/lying-server.ts'
import { BuiltPackage, ROOT, run } from '../support/built-package.ts'

/** Prints, at the end, every file that was loaded as a module. */
const LOADED = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module'
  const loaded = []
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
  process.on('exit', () => process.stderr.write(JSON.stringify(loaded)))
`)}`

let built: BuiltPackage
let root: string
beforeAll(async () => {
  built = await BuiltPackage.build()
  ;({ root } = built)
})
afterAll(() => built[Symbol.asyncDispose]())

const program = (name: string, ...args: readonly string[]) => built.start(name, args)

/** Whose licences are passed on, each with the first number of its version. */
async function bundledPackages(): Promise<readonly string[]> {
  const licenses = await readFile(join(root, 'dist/licenses.txt'), 'utf8')
  return [...licenses.matchAll(/^Parts .* of the package (\S+), version (\d+)/gm)].map(
    ([, name, version]) => `${name} ${version}`,
  )
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder)
  return names.filter((name) => /\.c?js$/.test(name)).map((name) => join(folder, name))
}

/** The files that a program of dist loads, as they lie to it. */
async function loadedBy(program: string, ...args: readonly string[]): Promise<readonly string[]> {
  const { stderr } = await run(process.execPath, [
    ...['--import', LOADED],
    ...[join(root, 'dist/bin', program), ...args],
  ])
  return (JSON.parse(stderr) as string[])
    .filter((url) => url.startsWith('file:'))
    .map((url) => relative(join(root, 'dist'), fileURLToPath(url)))
    .toSorted()
}

it('a meshlet loads its bundle, and of libraries beside it only the one of machine code', async () => {
  const loaded = await loadedBy('meshlet-daemon.js')
  expect(loaded.filter((file) => !file.includes('node_modules/koffi/'))).toEqual([
    'bin/meshlet-daemon.js',
    'meshlet/errors.js',
    'meshlet/guard-client.js',
    'meshlet/libraries.js',
    'meshlet/meshlet-daemon.js',
    'meshlet/rolldown-runtime.js',
  ])
})

it('what no meshlet needs is not in its bundle', async () => {
  const bundled = await bundledPackages()
  expect(bundled).toContain('undici 7')
  for (const unused of ['undici 6', 'undici 8', '@grpc/grpc-js 1', 'protobufjs 7', 'ssh2 1'])
    expect(bundled).not.toContain(unused)
})

it('the guarded fetch holds in the bundle, with the part of undici that is left', async () => {
  await using server = await startLyingServer()
  server.lie = () => ({ status: 200, body: { hello: 'world' } })
  const libraries = (await import(join(root, 'dist/meshlet/libraries.js'))) as {
    readonly safeFetchWrap: typeof safeFetchWrap
  }
  const open = libraries.safeFetchWrap({ ssrfProtection: false })
  expect(await (await open(server.url, { redirect: 'error' })).json()).toEqual({ hello: 'world' })
  const guarded = libraries.safeFetchWrap({ allowHttp: true, allowCustomPort: true })
  for (const host of ['127.0.0.1', 'localhost']) {
    const address = server.url.replace('127.0.0.1', host)
    await expect(guarded(address, { redirect: 'error' })).rejects.toThrow('fetch failed')
  }
  expect(server.requests).toHaveLength(1)
})

it('no program takes two bytes for a character', async () => {
  const folders = ['bin', 'engine', 'commune', 'meshlet'].map((name) => join(root, 'dist', name))
  const files = (await Promise.all(folders.map(filesOf))).flat()
  expect(files.length).toBeGreaterThan(50)
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  expect(files.filter((_, index) => /[^\0-\u007f]/.test(texts[index] ?? ''))).toEqual([])
})

it('finds what the package brings along', async () => {
  await program('commune', 'init', 'new', '--ci', 'github')
  expect(await readFile(join(root, 'new/site.yaml'), 'utf8')).toContain('kind: Workload')
  expect((await stat(join(root, 'new/.schemas/workload.schema.json'))).isFile()).toBe(true)
  expect((await program('commune', 'validate', 'new')).stdout).toBe('1 valid workload\n')
})

it('says what is wrong with a file as the sources do', async () => {
  await writeFile(join(root, 'bad.yaml'), 'kind: Workload\nname: a\nimage: b:1\nreplicsa: 2\n')
  await expect(program('commune', 'validate', 'bad.yaml')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('bad.yaml:4:1'),
  })
})

it('has every program that another one starts, and the licences of what is in them', async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    version: string
  }
  expect((await program('meshlet', '--version')).stdout.trim()).toBe(version)
  await expect(program('meshlet-guard')).rejects.toMatchObject({
    stderr: expect.stringContaining('meshlet-guard: the meshlet starts it'),
  })
  expect((await stat(join(root, 'dist/engine/netns-worker.js'))).isFile()).toBe(true)
  expect(await bundledPackages()).toEqual(
    expect.arrayContaining(['ajv 8', 'commander 15', 'yaml 2', '@atproto/repo 0', 'express 4']),
  )
})
