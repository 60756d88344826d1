import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { createRequire, isBuiltin } from 'node:module'
import { join, relative } from 'node:path'
import { types } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BuiltPackage, ROOT } from '../support/built-package.ts'

const EXAMPLE = join(ROOT, 'examples/workloads/site.yaml')
/** A few more than there are, for other releases of Node. */
const NODE_MODULES_MAX = 50
/** Prints, at the end, every file that was read with Node's own `fs`, and the modules that Node loaded. */
const LOADED = `
  const fs = require('node:fs')
  const { readFileSync } = fs
  const files = []
  fs.readFileSync = (file, ...given) => (files.push(String(file)), readFileSync(file, ...given))
  const before = process.moduleLoadList.length
  process.on('exit', () => {
    const ofNode = process.moduleLoadList.slice(before)
    process.stderr.write(JSON.stringify({ files, ofNode }))
  })
`

let built: BuiltPackage
beforeAll(async () => {
  built = await BuiltPackage.build()
  await writeFile(join(built.root, 'loaded.cjs'), LOADED)
})
afterAll(() => built[Symbol.asyncDispose]())

const commune = (...args: readonly string[]) => built.start('commune', args)
const compiled = () => join(built.root, 'dist/compiled')

/** The parts of the program that a command line loads, and the modules of Node. */
async function loadedBy(...args: readonly string[]) {
  const node = ['--require', join(built.root, 'loaded.cjs')]
  const { stderr } = await built.start('commune', args, { node })
  const { files, ofNode } = JSON.parse(stderr) as { files: string[]; ofNode: string[] }
  return {
    parts: files
      .map((file) => relative(join(built.root, 'dist'), file))
      .filter((file) => file.endsWith('.cjs')),
    files: files.filter((file) => file.includes('node_modules')),
    ofNode: ofNode.flatMap((name) => /^NativeModule (.*)/.exec(name)?.[1] ?? []),
  }
}

it('help loads three parts, and no file of a library', async () => {
  const { parts, files } = await loadedBy('--help')
  expect(parts).toEqual([
    'bin/commune-main.cjs',
    'commune/start.cjs',
    'commune/rolldown-runtime.cjs',
  ])
  expect(files).toEqual([])
})

it('checking a file loads one part more, no file of a library, and few modules of Node', async () => {
  const { parts, files, ofNode } = await loadedBy('validate', EXAMPLE)
  expect(parts).toHaveLength(4)
  expect(parts).toContain('commune/files.cjs')
  expect(files).toEqual([])
  // Of which most are the streams of its output.
  expect(ofNode.length).toBeLessThanOrEqual(NODE_MODULES_MAX)
  for (const name of ['child_process', 'crypto', 'util', 'worker_threads'])
    expect(ofNode).not.toContain(name)
})

it('keeps what a command compiled for the next one, and for its owner alone', async () => {
  await rm(compiled(), { recursive: true, force: true })
  await commune('validate', EXAMPLE)
  const kept = await readdir(compiled())
  expect(kept.toSorted()).toEqual([
    'validate-commune-main.cjs.code',
    'validate-files.cjs.code',
    'validate-rolldown-runtime.cjs.code',
    'validate-start.cjs.code',
  ])
  const times = () =>
    Promise.all(
      kept.map(async (name) => {
        const { mode, mtimeMs } = await stat(join(compiled(), name))
        return { mode: mode & 0o777, mtimeMs }
      }),
    )
  const before = await times()
  expect(new Set(before.map(({ mode }) => mode))).toEqual(new Set([0o600]))
  await commune('validate', EXAMPLE)
  expect(await times()).toEqual(before)
})

it('adds once a day what was compiled since', async () => {
  await commune('validate', '--help')
  const path = join(compiled(), 'validate-start.cjs.code')
  const yesterday = new Date(Date.now() - 25 * 3_600_000)
  await utimes(path, yesterday, yesterday)
  await commune('validate', EXAMPLE)
  expect((await stat(path)).mtimeMs).toBeGreaterThan(yesterday.getTime())
})

it('keeps nothing for what is no command', async () => {
  await rm(compiled(), { recursive: true, force: true })
  await expect(commune('validat', EXAMPLE)).rejects.toMatchObject({ code: 2 })
  await commune('nothing', '--help').catch(() => undefined)
  await expect(readdir(compiled())).rejects.toThrow('ENOENT')
})

it('takes no compiled code that is spoilt, cut off or of another source', async () => {
  await commune('validate', EXAMPLE)
  const path = join(compiled(), 'validate-files.cjs.code')
  const good = await readFile(path)
  const spoilt = Buffer.from(good)
  for (let i = 100; i < spoilt.length; i += 500) spoilt[i] = 0x55 ^ (spoilt[i] ?? 0)
  const ofAnother = await readFile(join(compiled(), 'validate-start.cjs.code'))
  for (const bytes of [spoilt, good.subarray(0, 5_000), good.subarray(0, 3), ofAnother]) {
    await writeFile(path, bytes)
    expect((await commune('validate', EXAMPLE)).stdout).toBe('1 valid workload\n')
  }
  // And it was made good.
  expect((await readFile(path)).length).toBeGreaterThan(100_000)
})

it('runs where it can keep nothing, and where it is told to keep nothing', async () => {
  await rm(compiled(), { recursive: true, force: true })
  await built.start('commune', ['--version'], { env: { NODE_DISABLE_COMPILE_CACHE: '1' } })
  await writeFile(compiled(), 'no folder')
  expect((await commune('--help')).stderr).toBe('')
  expect(await readFile(compiled(), 'utf8')).toBe('no folder')
  await rm(compiled())
})

it('shows in a stack the function and the line of its part', async () => {
  for (let time = 0; time < 2; time += 1) {
    const { stderr } = await built
      .start('commune', ['validate', '/nowhere'], { env: { COMMUNE_DEBUG: '1' } })
      .catch((error: unknown) => error as { stderr: string })
    const [, file = '', line] = /requirePath \((.*):(\d+):\d+\)/.exec(stderr) ?? []
    const lines = (await readFile(file, 'utf8')).split('\n')
    expect(lines[Number(line) - 1]).toMatch(/throw new .*CommuneError\(/)
  }
})

it('takes the default export of libraries as they mean it, and imports nothing that it cannot', async () => {
  const require = createRequire(import.meta.url)
  const folder = join(built.root, 'dist/commune')
  for (const name of await readdir(folder)) {
    const text = await readFile(join(folder, name), 'utf8')
    expect(text.match(/await import\(/), name).toBeNull()
    for (const [, as = '', id = ''] of text.matchAll(/^let (\w+) = require\("([^.][^"]*)"\)/gm)) {
      if (isBuiltin(id) || !text.includes(`${as}.default`)) continue
      expect(types.isModuleNamespaceObject(require(id)), `${name}: ${id}`).toBe(false)
    }
  }
})
