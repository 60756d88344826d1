import { expect, it } from 'vitest'
import fc from 'fast-check'
import { parseDotenv } from './dotenv.ts'
import { interpolate, type Variables } from './interpolate.ts'
import { splitShellWords } from './shell-words.ts'

const VALUES: Readonly<Record<string, string>> = { A: 'one', EMPTY: '', DB_PASSWORD: 'hush' }
const VARIABLES: Variables = {
  get: (name) => VALUES[name],
  isSecret: (name) => name.endsWith('_PASSWORD'),
}

it.each([
  ['plain', 'plain', []],
  ['$A-${A}', 'one-one', []],
  ['$$A $${A}', '$A ${A}', []],
  ['${B:-two}${B-three}', 'twothree', []],
  ['${EMPTY:-two}${EMPTY-three}', 'two', []],
  ['${B:-${C:-${A}}}', 'one', []],
  ['${A:+yes}${B:+no}${EMPTY+set}', 'yesset', []],
  ['${B}', '', ['unset B']],
  ['${EMPTY:?must be there}', '', ['required EMPTY']],
  ['${EMPTY?may be empty}', '', []],
  ['x ${DB_PASSWORD} y', 'x ${DB_PASSWORD} y', ['secret DB_PASSWORD']],
  ['${DB_PASSWORD:+given}', 'given', []],
  ['${DB_PASSWORD:-other}', '${DB_PASSWORD}', ['secret DB_PASSWORD']],
  ['$NO_PASSWORD', '${NO_PASSWORD}', ['secret NO_PASSWORD']],
  ['${NO_PASSWORD:?say it}', '${NO_PASSWORD}', ['secret NO_PASSWORD']],
  ['${NO_PASSWORD:-known to all}', '${NO_PASSWORD}', ['secret NO_PASSWORD']],
  ['${NO_PASSWORD:-}${NO_PASSWORD-}', '', []],
  ['${NO_PASSWORD:+given}', '', []],
  ['${A/b/c}', '${A/b/c}', ['malformed ${A/b/c}']],
  ['${', '${}', ['malformed ${}']],
  ['costs 5$ or $ 6', 'costs 5$ or $ 6', []],
])('%s', (text, expected, problems) => {
  const found = interpolate(text, VARIABLES)
  expect(found.text).toBe(expected)
  expect(found.problems.map(({ kind, name }) => `${kind} ${name}`)).toEqual(problems)
})

it('ends for every text, and changes none without a dollar', () => {
  const piece = fc.constantFrom('$', '{', '}', ':', '-', '?', '+', 'A', 'B', ' ', '$${', '${A:-')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      const text = pieces.join('')
      const found = interpolate(text, VARIABLES)
      if (!text.includes('$')) expect(found.text).toBe(text)
    }),
  )
})

it('reads an env file', () => {
  const text = [
    '# a comment',
    'A=1 # and a remark',
    'export B="two words\\nand $A" # remark',
    "C='$A # kept'",
    'D=a#b',
    'E: yaml',
    'F="over',
    'lines"',
    'NAME_ALONE',
    'G=',
    'H=${A:-x}${Z:-y}',
    '\u{feff}',
  ].join('\r\n')
  const values = parseDotenv(text.replaceAll('\r', ''), VARIABLES)
  expect(Object.fromEntries(values)).toEqual({
    A: '1',
    B: 'two words\nand 1',
    C: '$A # kept',
    D: 'a#b',
    E: 'yaml',
    F: 'over\nlines',
    G: '',
    H: '1y',
  })
})

it.each([
  ['a b  c', ['a', 'b', 'c']],
  [`sh -c 'echo "hi" && x'`, ['sh', '-c', 'echo "hi" && x']],
  [`a"b c"d 'e'f`, ['ab cd', 'ef']],
  [String.raw`a\ b "c\"d" '\n'`, ['a b', 'c"d', String.raw`\n`]],
  ['a \\\n b', ['a', 'b']],
  ['\'\' ""', ['', '']],
  ['', []],
  ["'open", undefined],
  ['"open', undefined],
])('splits %s', (line, words) => {
  expect(splitShellWords(line)).toEqual(words)
})
