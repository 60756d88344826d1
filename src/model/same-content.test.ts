import { expect, test } from 'vitest'
import { sameContent } from './same-content.ts'

test.each([
  ['the order of fields', { a: 1, b: { c: 'x', d: [1, 2] } }, { b: { d: [1, 2], c: 'x' }, a: 1 }],
  ['when it was written', { a: 1, createdAt: '1', updatedAt: '2' }, { a: 1, createdAt: '3' }],
  ['a field that is undefined', { a: 1, b: undefined }, { a: 1 }],
  ['the sign of zero', { a: 0 }, { a: -0 }],
])('%s is no difference', (_, a, b) => {
  expect([sameContent(a, b), sameContent(b, a)]).toEqual([true, true])
})

test.each([
  ['a value', { a: 1 }, { a: 2 }],
  ['a field more', { a: 1 }, { a: 1, b: false }],
  ['a field of another name', { a: 1 }, { b: 1 }],
  ['a time further down', { a: { createdAt: '1' } }, { a: { createdAt: '2' } }],
  ['the order of a list', { a: [1, 2] }, { a: [2, 1] }],
  ['the length of a list', { a: [1] }, { a: [1, 2] }],
  ['a list instead of an object', { a: ['x'] }, { a: { 0: 'x', length: 1 } }],
  ['nothing instead of an object', { a: null }, { a: {} }],
  ['a text instead of a number', { a: '1' }, { a: 1 }],
])('%s is a difference', (_, a, b) => {
  expect([sameContent(a, b), sameContent(b, a)]).toEqual([false, false])
})
