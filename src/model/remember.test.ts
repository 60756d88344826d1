import { expect, test } from 'vitest'
import { rememberByObject, rememberByText } from './remember.ts'

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

test('what is asked for again and again stays, however much else comes', () => {
  const asked: string[] = []
  const same = rememberByText(4, (text) => asked.push(text) && text)
  for (let i = 0; i < 100; i++) for (const text of ['a', 'b', `once ${i}`]) same(text)
  expect(asked.filter((text) => !text.startsWith('once'))).toEqual(['a', 'b'])
})

test('computes anew for an object that may have changed, and once for one that can not', () => {
  let asked = 0
  const sizeOf = rememberByObject(({ length }: { length: number }) => ++asked && length)
  const [open, frozen] = [{ length: 1 }, Object.freeze({ length: 3 })]
  expect([sizeOf(open), sizeOf(frozen), sizeOf(frozen)]).toEqual([1, 3, 3])
  open.length = 2
  expect(sizeOf(open)).toBe(2)
  expect(asked).toBe(3)
})
