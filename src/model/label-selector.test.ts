import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatSelector,
  isLabelKey,
  isLabelValue,
  matches,
  parseSelector,
  type Selector,
} from './label-selector.ts'

function selectorOf(text: string): Selector {
  const result = parseSelector(text)
  if (!result.ok) throw new Error(`${text}: expected ${result.expected}`)
  return result.value
}

describe('parseSelector', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['x', [['x', 'exists', []]]],
    ['!x', [['x', 'absent', []]]],
    ['! x', [['x', 'absent', []]]],
    ['x=a', [['x', 'in', ['a']]]],
    ['x==a', [['x', 'in', ['a']]]],
    ['x = a', [['x', 'in', ['a']]]],
    ['x!=a', [['x', 'notin', ['a']]]],
    ['x=', [['x', 'in', ['']]]],
    ['x= ', [['x', 'in', ['']]]],
    ['x!=', [['x', 'notin', ['']]]],
    ['x in (b,a,b)', [['x', 'in', ['a', 'b']]]],
    ['x notin (a)', [['x', 'notin', ['a']]]],
    ['x in(a)', [['x', 'in', ['a']]]],
    ['x in ()', [['x', 'in', ['']]]],
    ['x in (,)', [['x', 'in', ['']]]],
    ['x in (a,,c)', [['x', 'in', ['', 'a', 'c']]]],
    ['x notin ( )', [['x', 'notin', ['']]]],
    ['in in (in,notin)', [['in', 'in', ['in', 'notin']]]],
    ['notin', [['notin', 'exists', []]]],
    ['a.b/c-d_e=1.2-3', [['a.b/c-d_e', 'in', ['1.2-3']]]],
  ])('%j', (text, expected) => {
    const read = selectorOf(text).map(({ key, operator, values }) => [key, operator, values])
    expect(read).toEqual(expected)
  })

  it('reads several, joined by commas', () => {
    expect(selectorOf('x=a,y!=b,!z,v in (1,2),w').map(({ key }) => key)).toEqual([
      ...['x', 'y', 'z', 'v', 'w'],
    ])
    expect(selectorOf('x=,z= ').map(({ values }) => values)).toEqual([[''], ['']])
  })

  it.each([
    ',',
    'x,',
    ',x',
    'x,,y',
    '!',
    '!x=a',
    '!!x',
    '!(x)',
    'x=a||y=b',
    'x==a==b',
    'x=a=b',
    'x===a',
    'x y',
    'x=a b',
    'x<1',
    'x>1',
    'x>=1',
    'x in',
    'x in a',
    'x in (a',
    'x in (a b)',
    'x in (a))',
    'x in (a=b)',
    'x notin',
    'x nott in (y)',
    'x IN (y)',
    '=a',
    '(x)',
    '-x',
    'x-',
    '.x',
    'a/b/c',
    '/x',
    'a/',
    'A.b/c',
    'a..b/c',
    'x=-a',
    'x=a-',
    'x=ä',
    'x'.repeat(64),
    `x=${'a'.repeat(64)}`,
    `${'a'.repeat(64)}.b/c`,
    `${'a.'.repeat(126)}ab/c`,
    'x'.repeat(5000),
  ])('refuses %j', (text) => {
    expect(parseSelector(text).ok).toBe(false)
  })

  it('says that values are not compared by size', () => {
    expect(parseSelector('x>1')).toMatchObject({ expected: expect.stringContaining('by size') })
  })
})

describe('matches', () => {
  const labels = { region: 'eu', arch: 'amd64', empty: '' }
  it.each<[string, boolean]>([
    ['', true],
    ['region=eu', true],
    ['region==us', false],
    ['region!=us', true],
    ['region in (eu,us)', true],
    ['region notin (eu,us)', false],
    ['region', true],
    ['!region', false],
    ['gpu', false],
    ['!gpu', true],
    ['gpu=yes', false],
    ['gpu!=yes', true],
    ['gpu in (yes)', false],
    ['gpu notin (yes)', true],
    ['gpu=', false],
    ['gpu!=', true],
    ['empty', true],
    ['empty=', true],
    ['empty!=', false],
    ['region=eu,arch=amd64', true],
    ['region=eu,arch=arm64', false],
    ['toString', false],
    ['constructor', false],
  ])('%j: %s', (text, expected) => {
    expect(matches(selectorOf(text), labels)).toBe(expected)
  })

  it('takes every selector as the opposite of its negation', () => {
    const key = fc.constantFrom('a', 'b')
    const value = fc.constantFrom('', 'x', 'y')
    fc.assert(
      fc.property(key, value, fc.dictionary(key, value), (name, wanted, world) => {
        const holds = matches(selectorOf(`${name}=${wanted}`), world)
        expect(matches(selectorOf(`${name}!=${wanted}`), world)).toBe(!holds)
      }),
    )
  })
})

it('reads what it writes, and never throws', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[ab!=(),in ]{0,20}$/))
  fc.assert(
    fc.property(text, (value) => {
      const result = parseSelector(value)
      if (result.ok) expect(selectorOf(formatSelector(result.value))).toEqual(result.value)
    }),
    { numRuns: 500 },
  )
})

it('knows names and values of labels', () => {
  expect(['a', 'A_b.c-9', 'example.org/a', 'x'.repeat(63)].every(isLabelKey)).toBe(true)
  expect(['', 'a b', 'a/', '/a', 'Example.org/a', 'a/b/c'].some(isLabelKey)).toBe(false)
  expect(['', 'a', '1.2', 'x'.repeat(63)].every(isLabelValue)).toBe(true)
  expect(['-', 'a.', 'a b', 'x'.repeat(64)].some(isLabelValue)).toBe(false)
})
