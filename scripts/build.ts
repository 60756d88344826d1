/**
 * Bundles the programs into the folder that is named: each program is a file, with what it shares with
 * others and loads later beside it. Types are checked elsewhere (`make check`).
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rolldown, type Plugin } from 'rolldown'
import { STAND_INS, standInFor } from './build/stand-ins.ts'

/**
 * What is started by the name of its file: the programs, and the thread of one of them. Each of these
 * and every shared part lies two folders below the package, as their sources do, so that paths from
 * `import.meta.url` are true in both.
 */
const PROGRAMS = {
  commune: ['bin/commune'],
  meshlet: ['bin/meshlet', 'bin/meshlet-daemon', 'bin/meshlet-guard', 'engine/netns-worker'],
} as const

/**
 * The libraries of small commands, which would spend most of their time on finding the files of these.
 * All others are loaded from node_modules, where the libraries that use them find the same copies.
 */
const BUNDLED = ['ajv', 'commander', 'yaml']

/**
 * Each becomes one file, with all that it imports: to find and open a file takes longer than to read
 * some more of one. The first is what every command needs, the second what reads workload files.
 */
const PARTS = [
  {
    name: 'start',
    test: /src\/bin\/commune-main\.ts$/,
    priority: 2,
  },
  { name: 'files', test: /src\/(spec\/read-folder|cli\/(load-folder|output))\.ts$/, priority: 1 },
]

const [target] = process.argv.slice(2)
if (target === undefined) throw new Error('usage: node scripts/build.ts FOLDER')
for (const [program, entries] of Object.entries(PROGRAMS)) await bundle(target, program, entries)
await writeFile(join(target, 'licenses.txt'), await licenses())

async function bundle(dir: string, program: string, entries: readonly string[]): Promise<void> {
  await using build = await rolldown({
    input: Object.fromEntries(entries.map((entry) => [entry, join('src', `${entry}.ts`)])),
    platform: 'node',
    tsconfig: false,
    plugins: [standIns()],
    external: (id, importer) => standInFor(id, importer) === undefined && isOutside(id),
  })
  await build.write({
    dir,
    format: 'esm',
    // Names that stay let a program that is already running load its parts after another build.
    entryFileNames: '[name].js',
    chunkFileNames: `${program}/[name].js`,
    minifyInternalExports: false,
    codeSplitting: { groups: program === 'commune' ? PARTS : [] },
    // Comments go; lines and names stay, so that a stack can be read.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: false } },
  })
}

function standIns(): Plugin {
  return {
    name: 'stand-ins',
    resolveId: (id, importer) => standInFor(id, importer),
    load: (id) => STAND_INS[id],
  }
}

function isOutside(id: string): boolean {
  if (/^[./\0]/.test(id)) return false
  return !BUNDLED.some((name) => id === name || id.startsWith(`${name}/`))
}

/** Whoever passes these libraries on has to pass on what their authors ask for. */
async function licenses(): Promise<string> {
  const texts = BUNDLED.map(async (name) => {
    const text = await readFile(join('node_modules', name, 'LICENSE'), 'utf8')
    return `Parts of these programs are of the package ${name}:\n\n${text.trim()}\n`
  })
  return (await Promise.all(texts)).join('\n\n')
}
