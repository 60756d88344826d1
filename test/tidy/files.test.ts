import { basename } from 'node:path'
import { expect, test } from 'vitest'
import { filesBelow, handWritten, isTest, type SourceFile } from './source-tree.ts'

const LINES_MAX = 350
/** Tests are lists of cases; they may be longer. */
const TEST_LINES_MAX = 500
/** Files that are too long. This list may only get shorter. */
const TOO_LONG: readonly string[] = []

const everywhere = [
  ...[
    'src',
    'test',
    'scripts',
    'bench',
    'docs',
    'lexicons',
    'schemas',
    'examples',
    'bin',
    '.ci',
  ].flatMap((folder) => filesBelow(folder, /./)),
  ...filesBelow('.', /^(?:Makefile|[A-Z]+\.md|\.?[\w.-]+\.(?:json|ts))$/).filter(
    ({ path }) => !path.includes('/'),
  ),
]
// These tests name what they forbid.
const searched = everywhere.filter(({ path }) => !path.startsWith('test/tidy/'))

function linesThatMatch(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    file.text
      .split('\n')
      .flatMap((line, index) =>
        pattern.test(line) ? [`${file.path}:${index + 1}: ${line.trim()}`] : [],
      ),
  )
}

test('files are not too long', () => {
  const long = handWritten().filter(
    (file) => file.text.split('\n').length - 1 > (isTest(file) ? TEST_LINES_MAX : LINES_MAX),
  )
  expect(long.map(({ path }) => path)).toEqual(TOO_LONG)
})

test('nothing is left for later in a comment', () => {
  const sources = searched.filter(({ path }) => !path.startsWith('docs/'))
  expect(linesThatMatch(sources, /\b(?:TODO|FIXME|XXX|HACK)\b/)).toEqual([])
})

test('no test is skipped or run alone', () => {
  const marker = /\b(?:it|test|describe|suite|bench)(?:\.\w+)*\.(?:only|skip|todo|fails)\b/
  expect(linesThatMatch(searched, marker)).toEqual([])
})

test('no path of one particular machine is named', () => {
  const path =
    /(?:^|[^\w./-])\/(?:root|home\/(?!me\b|you\b|user\b)\w+|work\/(?:main|shared))(?:\/|\b)/
  expect(linesThatMatch(searched, path)).toEqual([])
})

test('there are no barrels', () => {
  const barrels = handWritten().filter(
    ({ path, text }) => basename(path) === 'index.ts' || /^export \* from /m.test(text),
  )
  expect(barrels.map(({ path }) => path)).toEqual([])
})

test('imports name the file with its ending', () => {
  expect(linesThatMatch(handWritten(), /\sfrom '\.[^']*(?<!\.ts|\.json)'/)).toEqual([])
})
