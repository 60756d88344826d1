import { expect, test } from 'vitest'
import { COLLECTION } from '../model/nsid.ts'
import { MemoryView, did } from '../../test/support/memory-view.ts'
import { hearsayOf, type Returns } from './returns.ts'

const bob = did('bob-1')

function answer(view: MemoryView, epoch: number): void {
  view.put(bob, COLLECTION.meshletStatus, 'self', { epoch, state: 'active', capacity: {} })
}

test('who is not down any more is back once its own word was read', () => {
  const view = new MemoryView()
  const returns: Returns = new Map()
  answer(view, 1)
  expect(hearsayOf(returns, view, new Set([bob]), 0)).toEqual(new Set())
  expect(hearsayOf(returns, view, new Set(), 1_000)).toEqual(new Set([bob]))
  answer(view, 2)
  expect(hearsayOf(returns, view, new Set(), 1_500)).toEqual(new Set())
})

test('or after a while, if that word never comes', () => {
  const view = new MemoryView()
  const returns: Returns = new Map()
  answer(view, 1)
  hearsayOf(returns, view, new Set([bob]), 0)
  expect(hearsayOf(returns, view, new Set(), 1_000)).toEqual(new Set([bob]))
  expect(hearsayOf(returns, view, new Set(), 5_999)).toEqual(new Set([bob]))
  expect(hearsayOf(returns, view, new Set(), 6_000)).toEqual(new Set())
  expect(hearsayOf(returns, view, new Set(), 7_000)).toEqual(new Set())
})

test('who was never down is no hearsay', () => {
  const view = new MemoryView()
  answer(view, 1)
  expect(hearsayOf(new Map(), view, new Set(), 0)).toEqual(new Set())
})
