import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { splitDocuments } from './split-documents.ts'

it.each<[string, readonly string[]]>([
  ['', []],
  ['\n# x\n', []],
  ['a', ['a']],
  ['---\na\n---\nb', ['---\na\n', '---\nb']],
  ['--- a\n--- b', ['--- a\n', '--- b']],
  ['a\n...\nb\n', ['a\n', 'b\n']],
  ['a\r\n---\r\nb\r\n', ['a\r\n', '---\r\nb\r\n']],
  ['---\n---\n# x\n---\na', ['---\na']],
  ['a: ---\n', ['a: ---\n']],
  [' ---\n', [' ---\n']],
  ['---a\n', ['---a\n']],
  ['- |\n  x\n---\nb', ['- |\n  x\n', '---\nb']],
  ['%YAML 1.2\n---\na', ['%YAML 1.2\n', '---\na']],
])('%j', (text, expected) => {
  expect(splitDocuments(text).map((document) => document.text)).toEqual(expected)
})

it('finds the places again', () => {
  const text = '# first\n\na\n--- # second\n\n  b'
  const contents = splitDocuments(text).map(({ text: part, offset, contentOffset }) => [
    text.startsWith(part, offset),
    part.slice(contentOffset),
  ])
  expect(contents).toEqual([
    [true, 'a\n'],
    [true, 'b'],
  ])
})

it('cuts where a YAML parser cuts', () => {
  const line = fc.constantFrom('a: b', '- c', '---', '--- d', '...', '# e', '', '|', '  f', '"g"')
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = lines.join('\n')
      const whole = parseAllDocuments(text)
      if (whole.some(({ errors }) => errors.length > 0)) return
      const expected = whole
        .map((document): unknown => document.toJS())
        .filter((value) => value !== null)
      const parts = splitDocuments(text).flatMap((part) => parseAllDocuments(part.text))
      expect(parts.map((document): unknown => document.toJS())).toEqual(expected)
    }),
    { numRuns: 500 },
  )
})
