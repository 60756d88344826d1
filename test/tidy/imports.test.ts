import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesBelow, importsOf, isHandWritten, isTest, readText, ROOT } from './source-tree.ts'

const PURE = new Set([
  'model',
  'ports',
  'cluster',
  'selection',
  'reconcile',
  'policy',
  'ledger',
  'governance',
])
const PURE_PACKAGES = /^@noble\/hashes\//

interface Permission {
  readonly room: string
  readonly typesOnly: boolean
}

/** The table “Who may import whom” of docs/architecture.md. */
function readTable(): Map<string, Permission[]> {
  const section = readText('docs/architecture.md').split('### Who may import whom')[1] ?? ''
  const rows = section.split('\n## ')[0]?.matchAll(/^\| `([a-z]+)` \| (.*) \|$/gm) ?? []
  return new Map([...rows].map(([, room = '', cell = '']) => [room, permissionsOf(cell)]))
}

function permissionsOf(cell: string): Permission[] {
  return [...cell.matchAll(/`([a-z]+)`( \(types\))?/g)].map(([, room = '', types]) => ({
    room,
    typesOnly: types !== undefined,
  }))
}

function roomOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1]
}

const table = readTable()
const sources = filesBelow('src', /\.ts$/).filter((file) => isHandWritten(file) && !isTest(file))

test('the table names every room, and no other', () => {
  const folders = readdirSync(join(ROOT, 'src')).filter((name) => name !== 'lexicons')
  expect([...table.keys()].toSorted()).toEqual(folders.toSorted())
})

test('rooms import only what the table allows', () => {
  const wrong = sources.flatMap((file) => {
    const room = roomOf(file.path)
    const allowed = table.get(room ?? '') ?? []
    return importsOf(file).flatMap(({ target, typeOnly, specifier }) => {
      const other = target === undefined ? room : roomOf(target)
      if (other === room) return []
      const permission = allowed.find((one) => one.room === other)
      if (permission && (typeOnly || !permission.typesOnly)) return []
      return [`${file.path} imports ${specifier}${permission ? ' other than as a type' : ''}`]
    })
  })
  expect(wrong).toEqual([])
})

test('pure rooms use no package that touches the world', () => {
  const wrong = sources
    .filter((file) => PURE.has(roomOf(file.path) ?? ''))
    .flatMap((file) =>
      importsOf(file)
        // A type has no effect; ports speak of streams, for one.
        .filter(({ target, typeOnly }) => target === undefined && !typeOnly)
        .filter(({ specifier }) => !PURE_PACKAGES.test(specifier))
        .map(({ specifier }) => `${file.path} imports ${specifier}`),
    )
  expect(wrong).toEqual([])
})

test('pure rooms ask neither clock nor chance', () => {
  const impure =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.|\bcrypto\.|\bset(?:Timeout|Interval|Immediate)\(|\bprocess\.|\bfetch\(/
  const wrong = sources
    .filter((file) => PURE.has(roomOf(file.path) ?? ''))
    .flatMap((file) =>
      file.text
        .split('\n')
        .flatMap((line, index) =>
          impure.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [],
        ),
    )
  expect(wrong).toEqual([])
})

test('programs import nothing from tests', () => {
  const wrong = sources.flatMap((file) =>
    importsOf(file)
      .filter(({ target }) => target !== undefined && isTest({ path: target, text: '' }))
      .map(({ specifier }) => `${file.path} imports ${specifier}`),
  )
  expect(wrong).toEqual([])
})

test('the library for the engine is only reached through the client with the allow-list', () => {
  const users = sources
    .filter((file) =>
      importsOf(file).some(
        ({ specifier, typeOnly }) => /^(?:dockerode|docker-modem)$/.test(specifier) && !typeOnly,
      ),
    )
    .map(({ path }) => path)
  expect(users).toEqual(['src/engine/client.ts'])
})

test('paths from where a module lies are true in the built programs too', () => {
  const deeper = sources.filter(
    ({ path, text }) => text.includes('import.meta.') && !/^src\/[^/]+\/[^/]+$/.test(path),
  )
  expect(
    deeper.map(({ path }) => path),
    'such a file stands right in its room',
  ).toEqual([])
})
