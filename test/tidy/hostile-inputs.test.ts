import { expect, test } from 'vitest'
import { handWritten, isTest, readText } from './source-tree.ts'

/** Several documents in a file are allowed; secrets are not here yet. */
const NOT_TRIED: ReadonlySet<number> = new Set([29, 55, 56, 57, 58, 59, 60])
const LAST = 67

interface Row {
  readonly surface: string
  readonly numbers: readonly number[]
  readonly count: number
}

test('every hostile input of the table in docs/reliability.md is a test by its number', () => {
  const tried = new Set(numbersOfTests())
  const missing = rowsOfTable().flatMap(({ surface, numbers }) =>
    numbers.filter((number) => !tried.has(number)).map((number) => `${surface}: #${number}`),
  )
  expect(missing).toEqual([])
})

test('the table of hostile inputs lists every number once, and counts them', () => {
  const rows = rowsOfTable()
  const listed = rows.flatMap(({ numbers }) => numbers).toSorted((a, b) => a - b)
  const all = Array.from({ length: LAST }, (_, i) => i + 1)
  expect(listed).toEqual(all.filter((number) => !NOT_TRIED.has(number)))
  for (const { surface, numbers, count } of rows)
    expect([surface, count]).toEqual([surface, numbers.length])
})

/** Numbers in names of tests, or in the tables that names are made of. */
function numbersOfTests(): readonly number[] {
  return handWritten()
    .filter(isTest)
    .flatMap(({ text }) => [...text.matchAll(/['"`]#(\d+) /g)].map(([, number]) => Number(number)))
}

function rowsOfTable(): readonly Row[] {
  const table = /\| surface \| numbers \|.*\n\|[-|]+\n((?:\|.*\n)+)/.exec(
    readText('docs/reliability.md'),
  )
  return (table?.[1] ?? '')
    .trim()
    .split('\n')
    .map((row) => {
      const [, surface = '', numbers = '', count = ''] = row.split('|').map((cell) => cell.trim())
      return { surface, numbers: numbers.split(',').flatMap(rangeOf), count: Number(count) }
    })
}

/** `1` or `1–14`. */
function rangeOf(text: string): readonly number[] {
  const [first = Number.NaN, last = first] = text.split('–').map(Number)
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
