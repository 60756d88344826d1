/**
 * Bundles the programs into the folder that is named: each program is a file, with what it shares with
 * others and loads later beside it. Types are checked elsewhere (`make check`).
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { rolldown, type Plugin } from 'rolldown'
import { asciiOnly } from './build/ascii.ts'
import { licensesOf } from './build/licenses.ts'
import { STAND_INS, standInFor } from './build/stand-ins.ts'

interface Program {
  /** Of the folder of what its files share. */
  readonly name: string
  /**
   * What is started by the name of its file: the program, and processes and threads that it starts.
   * Each of these and every shared part lies two folders below the package, as their sources do, so
   * that paths from `import.meta.url` are true in both. By the name of the file, that of its source.
   */
  readonly entries: Readonly<Record<string, string>>
  /** Whether a library is loaded from node_modules. */
  readonly isOutside: (library: string) => boolean
  readonly parts: readonly Part[]
  /**
   * Whether its files are scripts that give a function each: `bin/compiled-parts.ts` loads these, with
   * what was compiled of them before.
   */
  readonly isLoadedByUs?: true
}

interface Part {
  readonly name: string
  readonly test: RegExp
  readonly priority?: number
}

/**
 * The libraries of small commands, which would spend most of their time on finding the files of these.
 * All others are loaded from node_modules, where the libraries that use them find the same copies.
 */
const OF_COMMANDS = ['ajv', 'commander', 'p-queue', 'yaml']

/**
 * What a meshlet loads from node_modules: a library of machine code, and what is loaded when it is first
 * asked for, if ever. All else is bundled, so that of each library only what is used is in memory.
 */
const BESIDE_THE_MESHLET = [
  ...['koffi', '@sigstore/bundle', '@sigstore/protobuf-specs', '@sigstore/verify'],
  ...['docker-modem/lib/ssh.js', 'dockerode/lib/session.js', 'protobufjs'],
  ...['bufferutil', 'utf-8-validate', 'fsevents'],
]

/**
 * Each becomes one file, with all that it imports: to find and open a file takes longer than to read
 * some more of one. The first is what every command needs, the second what reads workload files.
 */
const PARTS = [
  {
    name: 'start',
    test: /src\/bin\/commune-main\.ts$|^\0rolldown\/runtime/,
    priority: 2,
  },
  {
    name: 'files',
    test: /src\/(spec\/read-folder|cli\/(load-folder|output|commands\/validate))\.ts$/,
    priority: 1,
  },
]

const PROGRAMS: readonly Program[] = [
  {
    name: 'commune',
    entries: { 'bin/commune': 'bin/commune-built' },
    isOutside: () => true,
    parts: [],
  },
  {
    name: 'commune',
    entries: asNamed('bin/commune-main'),
    isLoadedByUs: true,
    isOutside: (library) => !isOneOf(OF_COMMANDS, library),
    parts: PARTS,
  },
  {
    name: 'meshlet',
    entries: asNamed(
      ...['bin/meshlet', 'bin/meshlet-daemon', 'bin/meshlet-guard', 'engine/netns-worker'],
    ),
    isOutside: (library) => isOneOf(BESIDE_THE_MESHLET, library),
    parts: [{ name: 'libraries', test: /\/node_modules\// }],
  },
]

const [target] = process.argv.slice(2)
if (target === undefined) throw new Error('usage: node scripts/build.ts FOLDER')
const sources = new Set<string>()
for (const program of PROGRAMS)
  for (const source of await bundle(target, program)) sources.add(source)
await writeFile(join(target, 'licenses.txt'), await licensesOf(sources))

/** Writes a program, and returns the files that it is made of. */
async function bundle(dir: string, program: Program): Promise<readonly string[]> {
  await using build = await rolldown({
    input: Object.fromEntries(
      Object.entries(program.entries).map(([file, source]) => [file, join('src', `${source}.ts`)]),
    ),
    platform: 'node',
    tsconfig: false,
    plugins: [standIns()],
    external: (id, importer) =>
      standInFor(id, importer) === undefined && isLibrary(id) && isOutside(id, program),
  })
  const { name, isLoadedByUs = false } = program
  const ending = isLoadedByUs ? 'cjs' : 'js'
  const { output } = await build.generate({
    format: isLoadedByUs ? 'cjs' : 'esm',
    // Names that stay let a program that is already running load its parts after another build.
    entryFileNames: `[name].${ending}`,
    chunkFileNames: `${name}/[name].${ending}`,
    minifyInternalExports: false,
    // Scripts that are loaded by us have `require`, and nothing that imports.
    dynamicImportInCjs: false,
    codeSplitting: { groups: [...program.parts] },
    // Comments go; lines and names stay, so that a stack can be read.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: false } },
  })
  const sources: string[] = []
  for (const part of output) {
    if (part.type !== 'chunk') throw new Error(`${part.fileName} is no program`)
    const file = join(dir, part.fileName)
    await mkdir(dirname(file), { recursive: true })
    const code = asciiOnly(part.code)
    await writeFile(file, isLoadedByUs ? asFunction(code) : code)
    sources.push(...part.moduleIds)
  }
  return sources
}

function asFunction(code: string): string {
  return `(function (exports, require, __filename) {${code}\n})\n`
}

function asNamed(...files: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(files.map((file) => [file, file]))
}

function standIns(): Plugin {
  return {
    name: 'stand-ins',
    resolveId: (id, importer) => standInFor(id, importer),
    load: (id) => STAND_INS[id],
  }
}

function isLibrary(id: string): boolean {
  return !/^[./\0]/.test(id)
}

function isOutside(id: string, program: Program): boolean {
  return isBuiltin(id) || program.isOutside(id)
}

function isOneOf(libraries: readonly string[], id: string): boolean {
  return libraries.some((name) => id === name || id.startsWith(`${name}/`))
}
