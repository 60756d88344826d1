import fc from 'fast-check'

/** Texts that have broken parsers: too long, invisible, of other alphabets, with a meaning elsewhere. */
const KNOWN = [
  '',
  ' ',
  '\0',
  '\r',
  '\n',
  '\u0085',
  '\u2028',
  '\u202e',
  '\u2066',
  '\ufeff',
  '\ud800',
  '\udfff',
  'İ',
  'ß',
  'ﬀ',
  'é́́́́́',
  '👩‍👩‍👧‍👦',
  '٣',
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'valueOf',
  'toJSON',
  'then',
  'length',
  '../..',
  '..',
  '.',
  '/',
  '//',
  '%00',
  '%2F',
  '%',
  '%zz',
  '$&',
  '${',
  '${A:-${A:-${A}}}',
  '-0',
  '0',
  '00',
  '1e400',
  '-1',
  '9007199254740993',
  'NaN',
  'Infinity',
  '0x10',
  'null',
  'undefined',
  'true',
  '[object Object]',
  'did:',
  'did:plc:',
  'did:web:localhost%3A2375',
  'at://',
  'at://did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/',
  'http://169.254.169.254/',
  'http://[::1]:80',
  'http://127.1/',
  'https://user:pass@host/',
  'file:///etc/passwd',
  'sha256:',
  `sha256:${'0'.repeat(64)}`,
  '2026-13-45T99:99:99Z',
  '-271821-04-20T00:00:00Z',
  '275760-09-13T00:00:00.001Z',
] as const

/** Pieces that are repeated until a loop within a loop would show. */
const PIECES = [
  'a',
  ' ',
  '\t',
  '\n',
  '-',
  '.',
  ':',
  '/',
  '[',
  '(',
  '{',
  '"',
  "'",
  '\\',
  '%',
  '$',
  'é',
  '0',
  ', ',
  'a=',
  '${a',
  '&a ',
  '- ',
] as const

const REPEATS_MAX = 70_000

/** What a person would not write. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...KNOWN) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ maxLength: 80 }) },
  { weight: 1, arbitrary: repeated() },
)

function repeated(): fc.Arbitrary<string> {
  const count = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: REPEATS_MAX }))
  return fc
    .tuple(fc.constantFrom(...PIECES), count, fc.constantFrom('', '!', 'x', '\n'))
    .map(([piece, times, end]) => piece.repeat(times) + end)
}

/** One change of a text. */
type Change = (text: string) => string

/** Changes that valid texts go through, at any place, with words that mean something there. */
export function mutatedText(
  valid: fc.Arbitrary<string>,
  words: readonly string[],
  changesMax = 4,
): fc.Arbitrary<string> {
  const word = fc.oneof(fc.constantFrom(...words), hostileText)
  const place = fc.double({ min: 0, max: 1, noNaN: true })
  const change: fc.Arbitrary<Change> = fc.oneof(
    fc.tuple(place, word).map(([at, insert]) => splice(at, 0, insert)),
    fc.tuple(place, fc.nat(20), word).map(([at, size, insert]) => splice(at, size, insert)),
    fc.tuple(place, fc.nat(60)).map(([at, size]) => splice(at, size, '')),
    fc.tuple(place, fc.nat(30), fc.integer({ min: 1, max: 400 })).map(repeat),
    place.map((at) => (text: string) => text.slice(0, Math.floor(at * text.length))),
  )
  return fc
    .tuple(valid, fc.array(change, { maxLength: changesMax }))
    .map(([text, changes]) => changes.reduce((changed, one) => one(changed), text))
}

function splice(at: number, size: number, insert: string): Change {
  return (text) => {
    const from = Math.floor(at * text.length)
    return text.slice(0, from) + insert + text.slice(from + size)
  }
}

function repeat([at, size, times]: readonly [number, number, number]): Change {
  return (text) => {
    const from = Math.floor(at * text.length)
    const part = text.slice(from, from + size)
    return text.slice(0, from) + part.repeat(times) + text.slice(from)
  }
}
