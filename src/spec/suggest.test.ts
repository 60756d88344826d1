import fc from 'fast-check'
import { expect, it } from 'vitest'
import { editDistance, nearest } from './suggest.ts'

it.each([
  ['', '', 0],
  ['a', '', 1],
  ['image', 'imge', 1],
  ['image', 'iamge', 1],
  ['image', 'imagee', 1],
  ['kitten', 'sitting', 3],
])('%s and %s differ by %d', (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance)
  expect(editDistance(b, a)).toBe(distance)
})

it.each([
  ['imgae', 'image'],
  ['stop_signal', 'stopSignal'],
  ['IMAGE', 'image'],
  ['enviroment', undefined],
  ['', undefined],
  ['x'.repeat(100), undefined],
])('%s means %s', (word, expected) => {
  expect(nearest(word, ['image', 'stopSignal', 'env'])).toBe(expected)
})

it('knows each word as itself', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{1,20}$/), (word) => {
      expect(nearest(word, ['0', word])).toBe(word)
    }),
  )
})
