import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'
import { renderCliPage } from '../../scripts/docs/cli-page.ts'
import { COMMANDS } from '../../src/cli/command-table.ts'
import { parseDocuments } from '../../src/spec/parse-documents.ts'
import {
  filesBelow,
  handWritten,
  importsOf,
  isTest,
  readText,
  ROOT,
  type SourceFile,
} from './source-tree.ts'

const documents = [
  ...filesBelow('docs', /\.md$/),
  ...filesBelow('.', /^[A-Z]+\.md$/).filter(({ path }) => !path.includes('/')),
]

test('links lead somewhere', () => {
  const broken = documents.flatMap((document) =>
    linksOf(document)
      .filter((link) => !resolves(document.path, link))
      .map((link) => `${document.path}: ${link}`),
  )
  expect(broken).toEqual([])
})

test('every failure in the operations guide names tests that exist', () => {
  const table = /\| what fails .*\n\|[-|]+\n((?:\|.*\n)+)/.exec(readText('docs/operations.md'))?.[1]
  const rows = (table ?? '').trim().split('\n')
  expect(rows.length).toBeGreaterThan(20)
  const wrong = rows.filter((row) => {
    const named = [...row.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, path = '']) => path)
    return named.length === 0 || !named.every((path) => existsSync(join(ROOT, path)))
  })
  expect(wrong).toEqual([])
})

test('every limit in the list of limits names constants and tests that exist', () => {
  const rows = readText('docs/limits.md')
    .split('\n')
    .filter((line) => /^\| .*`src\//.test(line))
  expect(rows.length).toBeGreaterThan(40)
  const wrong = rows.filter((row) => {
    const [, , , constant = '', , shown = ''] = row.split('|')
    const [, file = ''] = / in `(src\/[^`]+)`/.exec(constant) ?? []
    const names = [...constant.matchAll(/`([A-Z_]+)`/g)].map(([, name = '']) => name)
    const text = existsSync(join(ROOT, file)) ? readText(file) : ''
    const isThere = (name: string) => text.includes(`const ${name}`)
    const tests = [...shown.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, path = '']) => path)
    const isShown = tests.every((path) => existsSync(join(ROOT, path)))
    return names.length === 0 || !names.every(isThere) || !isShown
  })
  expect(wrong).toEqual([])
})

test('workloads in the documents are valid', () => {
  const shown = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
      .map(([, yaml = '']) => parseDocuments(yaml, path))
      .filter(({ names }) => names.length > 0),
  )
  expect(shown.length).toBeGreaterThan(0)
  expect(shown.flatMap(({ issues }) => issues)).toEqual([])
})

test('commands in the documents exist', () => {
  const known = new Set(COMMANDS.map(({ name }) => name))
  const named = documents.flatMap(({ path, text }) =>
    [...text.matchAll(/^(?:bin\/)?commune ([a-z]+)(?: ([a-z]+))?/gm)].map(
      ([, first = '', second]) => ({
        path,
        found: known.has(first) || known.has(`${first} ${second}`),
        command: `commune ${first}`,
      }),
    ),
  )
  expect(named.length).toBeGreaterThan(0)
  expect(named.filter(({ found }) => !found)).toEqual([])
})

test('docs/cli.md says what the table of commands says', () => {
  expect(readText('docs/cli.md'), 'run: make generate').toBe(renderCliPage())
})

test('every decision is listed, and its number is its own', () => {
  const decisions = documents.filter(({ path }) => /^docs\/decisions\/\d/.test(path))
  const index = readText('docs/decisions/README.md')
  for (const { path } of decisions) expect(index).toContain(path.replace('docs/decisions/', ''))
  const numbers = decisions.map(({ path }) => path.slice('docs/decisions/'.length).slice(0, 4))
  expect(new Set(numbers).size).toBe(numbers.length)
})

test('every dependency is explained, and nothing else is', () => {
  const { dependencies, devDependencies } = JSON.parse(readText('package.json')) as Record<
    string,
    object
  >
  const named = Object.keys({ ...dependencies, ...devDependencies })
  const explained = [...readText('docs/dependencies.md').matchAll(/^\| `([^`]+)` \|/gm)].map(
    ([, name = '']) => name,
  )
  expect(explained.toSorted()).toEqual(named.toSorted())
})

test('every dependency that is shipped is used', () => {
  const { dependencies } = JSON.parse(readText('package.json')) as { dependencies: object }
  const used = filesBelow('src', /\.ts$/)
    .filter((file) => !isTest(file))
    .flatMap((file) => importsOf(file).map(({ specifier }) => specifier))
  const unused = Object.keys(dependencies).filter(
    (name) => !used.some((specifier) => specifier === name || specifier.startsWith(`${name}/`)),
  )
  expect(unused).toEqual([])
})

test('every package that is imported is named in package.json', () => {
  const { dependencies, devDependencies } = JSON.parse(readText('package.json')) as Record<
    string,
    object
  >
  const shipped = new Set(Object.keys(dependencies ?? {}))
  const all = new Set([...shipped, ...Object.keys(devDependencies ?? {})])
  const wrong = handWritten().flatMap((file) =>
    importsOf(file)
      .filter(({ target, specifier }) => target === undefined && !specifier.startsWith('node:'))
      .filter(({ specifier, typeOnly }) => {
        const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? ''
        // Types come from @types packages, and tests use what is there for development.
        const types = typeOnly && all.has(`@types/${name}`)
        return !(types || (isShipped(file) ? shipped : all).has(name))
      })
      .map(({ specifier }) => `${file.path} imports ${specifier}`),
  )
  expect(wrong).toEqual([])
})

test('the lock file names every platform and no registry', () => {
  const lock = JSON.parse(readText('package-lock.json')) as {
    packages: Record<string, { resolved?: string; optionalDependencies?: Record<string, string> }>
  }
  const { packages } = lock
  const missing = Object.entries(packages).flatMap(([path, locked]) =>
    Object.entries(locked.optionalDependencies ?? {})
      .filter(
        ([name, version]) =>
          /^\d/.test(version) && /-(?:linux|darwin|win32)|\/(?:linux|darwin|win32)/.test(name),
      )
      .filter(
        ([name]) => !packages[`${path}/node_modules/${name}`] && !packages[`node_modules/${name}`],
      )
      .map(([name]) => name),
  )
  expect(missing, 'run: node scripts/complete-lock.ts').toEqual([])
  expect(Object.keys(packages).filter((path) => packages[path]?.resolved)).toEqual([])
})

function isShipped(file: SourceFile): boolean {
  return file.path.startsWith('src/') && !isTest(file)
}

/** Targets of inline links outside of code. */
function linksOf({ text }: SourceFile): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target ?? '')
    .filter((target) => !/^[a-z]+:/.test(target))
}

function resolves(from: string, link: string): boolean {
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? from : normalize(join(dirname(from), path))
  if (!existsSync(join(ROOT, target))) return false
  return anchor === undefined || anchorsOf(readText(target)).includes(anchor)
}

/** As code hosts make them from headings. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}
