import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { COLLECTION, LABEL, METHOD } from '../../src/model/nsid.ts'
import { filesBelow, handWritten, isTest } from './source-tree.ts'

const NSID_FILE = 'src/model/nsid.ts'

test('file names are in kebab-case', () => {
  const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.property)?(?:\.test)?\.ts$/
  expect(
    handWritten()
      .map(({ path }) => path)
      .filter((path) => !kebab.test(basename(path))),
  ).toEqual([])
})

test('names of collections and methods stand as text in one file only', () => {
  const literal = /['"`][^'"`]*\b(?:commune\.scheduler|farm\.meshlet)\.[a-zA-Z]/
  const wrong = handWritten()
    .filter((file) => file.path.startsWith('src/') && !isTest(file) && file.path !== NSID_FILE)
    .flatMap((file) =>
      withoutComments(file.text)
        .split('\n')
        .flatMap((line, index) =>
          literal.test(line) && !line.includes("from '")
            ? [`${file.path}:${index + 1}: ${line.trim()}`]
            : [],
        ),
    )
  expect(wrong).toEqual([])
})

test('the names in the code are those of the lexicons', () => {
  const ids = new Map(ourLexicons().map((lexicon) => [lexicon.id, lexicon.defs['main']?.type]))
  const ofType = (...types: string[]) =>
    [...ids].filter(([, type]) => type !== undefined && types.includes(type)).map(([id]) => id)
  expect(Object.values(COLLECTION).toSorted()).toEqual(ofType('record').toSorted())
  expect(Object.values(METHOD).toSorted()).toEqual(
    ofType('query', 'procedure', 'subscription').toSorted(),
  )
})

test('each short name in the code is the last part of the full one', () => {
  for (const [short, full] of Object.entries({ ...COLLECTION, ...METHOD }))
    expect(full.split('.').at(-1)).toBe(short)
})

test('labels never change: containers of older versions carry them', () => {
  expect(LABEL).toEqual({
    meshletDid: 'farm.meshlet.did',
    workload: 'farm.meshlet.workload',
    replica: 'farm.meshlet.replica',
    spec: 'farm.meshlet.spec',
    revision: 'farm.meshlet.revision',
    epoch: 'farm.meshlet.epoch',
  })
})

interface Lexicon {
  readonly id: string
  readonly defs: Readonly<Record<string, { readonly type: string }>>
}

function ourLexicons(): Lexicon[] {
  return ['lexicons/commune', 'lexicons/farm']
    .flatMap((folder) => filesBelow(folder, /\.json$/))
    .map((file) => JSON.parse(file.text) as Lexicon)
}

/** Blanks comments out, line for line. */
function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, '$1')
}
