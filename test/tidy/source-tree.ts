import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The top of the checkout. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const SKIPPED = new Set(['node_modules', 'dist', 'dist.new', '.git', '.tools', '.engine', '.demo'])

export interface SourceFile {
  /** Relative to the top, with slashes. */
  readonly path: string
  readonly text: string
}

/** All files below a folder of the checkout whose name matches, sorted by path. */
export function filesBelow(folder: string, name: RegExp): SourceFile[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => !SKIPPED.has(entry.name))
    .flatMap((entry): SourceFile[] => {
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) return filesBelow(path, name)
      return name.test(entry.name) ? [{ path, text: readText(path) }] : []
    })
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** A file of the checkout. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

/** Files that people write, as opposed to generated ones. */
export function isHandWritten(file: SourceFile): boolean {
  return !file.path.startsWith('src/lexicons/') && !file.path.endsWith('.gen.ts')
}

/** Tests, and what only they use. */
export function isTest({ path }: SourceFile): boolean {
  return path.startsWith('test/') || /(?:\.test|-fixtures|\/test-[^/]*)\.ts$/.test(path)
}

/** Everything in TypeScript that people write. */
export function handWritten(): SourceFile[] {
  return ['src', 'test', 'scripts', 'bench']
    .flatMap((folder) => filesBelow(folder, /\.ts$/))
    .filter(isHandWritten)
}

export interface Import {
  /** As written: a package, or a path. */
  readonly specifier: string
  readonly typeOnly: boolean
  /** The file that a relative path leads to, from the top of the checkout. */
  readonly target: string | undefined
}

const STATEMENT =
  /^(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

/** Every static and dynamic import of a file. */
export function importsOf(file: SourceFile): Import[] {
  return [...file.text.matchAll(STATEMENT)].map((match) => {
    const specifier = match[2] ?? match[3] ?? ''
    const relative = specifier.startsWith('.')
    return {
      specifier,
      typeOnly: match[1] !== undefined,
      target: relative ? normalize(join(dirname(file.path), specifier)) : undefined,
    }
  })
}
