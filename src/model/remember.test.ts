import { expect, test } from 'vitest'
import { rememberByText } from './remember.ts'

test('computes once what is asked twice', () => {
  const asked: string[] = []
  const lengthOf = rememberByText(2, (text) => asked.push(text) && text.length)
  expect([lengthOf('a'), lengthOf('bb'), lengthOf('a')]).toEqual([1, 2, 1])
  expect(asked).toEqual(['a', 'bb'])
})

test('holds no more than it may', () => {
  const asked: string[] = []
  const lengthOf = rememberByText(2, (text) => asked.push(text) && text.length)
  for (const text of ['a', 'bb', 'ccc', 'ccc', 'a']) expect(lengthOf(text)).toBe(text.length)
  expect(asked).toEqual(['a', 'bb', 'ccc', 'a'])
})
