import { expect, test, vi } from 'vitest'
import type { Amount } from '../model/request.ts'
import { Reservations } from './reservations.ts'

const OFFER: Amount = { cpuMilli: 1_000, memoryBytes: 1_000, storageBytes: 1_000 }
const ONE: Amount = { cpuMilli: 100, memoryBytes: 200, storageBytes: 0 }

function running(uri: string, count: number): ReadonlyMap<string, Amount> {
  return new Map([[uri, { cpuMilli: 100 * count, memoryBytes: 200 * count, storageBytes: 0 }]])
}

test('bids and containers of one workload are the same work: the larger counts', () => {
  const reservations = new Reservations(() => OFFER)
  reservations.noteBid('a', 2, ONE)
  expect(reservations.freeBeside(undefined)).toEqual({
    cpuMilli: 800,
    memoryBytes: 600,
    storageBytes: 1_000,
  })
  reservations.noteRunning(running('a', 1))
  expect(reservations.freeBeside(undefined).cpuMilli).toBe(800)
  reservations.noteRunning(running('a', 3))
  expect(reservations.freeBeside(undefined).cpuMilli).toBe(700)
  reservations.noteBid('a', 0, ONE)
  expect(reservations.freeBeside(undefined).cpuMilli).toBe(700)
})

test('what is being made beside what runs is spoken for until it is there', () => {
  const reservations = new Reservations(() => OFFER)
  reservations.noteBid('a', 1, ONE)
  reservations.noteRunning(running('a', 1))
  reservations.noteMaking('a', running('a', 2).get('a'))
  expect(reservations.freeBeside('b').cpuMilli).toBe(800)
  expect(reservations.freeBeside('a').cpuMilli).toBe(1_000)
  reservations.noteMaking('a', undefined)
  expect(reservations.freeBeside('b').cpuMilli).toBe(900)
})

test('for a workload its own reservation is free', () => {
  const reservations = new Reservations(() => OFFER)
  reservations.noteBid('a', 2, ONE)
  reservations.noteBid('b', 1, ONE)
  expect(reservations.freeBeside('a').cpuMilli).toBe(900)
  expect(reservations.freeBeside('b').cpuMilli).toBe(800)
  expect(reservations.freeBeside('c').cpuMilli).toBe(700)
})

test('it may be negative: what runs is not stopped because the offer shrank', () => {
  const reservations = new Reservations(() => OFFER)
  reservations.noteRunning(running('a', 11))
  expect(reservations.freeBeside(undefined).cpuMilli).toBe(-100)
})

test('it says when something comes free, and only then', () => {
  const onFreed = vi.fn()
  const reservations = new Reservations(() => OFFER, onFreed)
  reservations.noteBid('a', 2, ONE)
  reservations.noteRunning(running('a', 2))
  reservations.noteBid('a', 0, ONE)
  expect(onFreed).not.toHaveBeenCalled()
  reservations.noteRunning(running('a', 1))
  expect(onFreed).toHaveBeenCalledTimes(1)
  reservations.noteRunning(new Map())
  reservations.noteRunning(new Map())
  reservations.releaseBid('a')
  expect(onFreed).toHaveBeenCalledTimes(2)
  expect(reservations.freeBeside(undefined)).toEqual(OFFER)
})

test('a changed request replaces the one before', () => {
  const reservations = new Reservations(() => OFFER)
  reservations.noteBid('a', 2, ONE)
  reservations.noteBid('a', 1, { ...ONE, cpuMilli: 500 })
  expect(reservations.freeBeside(undefined).cpuMilli).toBe(500)
})

test('held is more than is offered: what runs keeps its place before what was only won', () => {
  const reservations = new Reservations(() => ({ ...OFFER, cpuMilli: 500 }))
  reservations.noteBid('a', 2, ONE)
  reservations.noteBid('b', 4, ONE)
  reservations.noteRunning(new Map([...running('a', 1), ...running('b', 4)]))
  expect(reservations.roomToKeep('a').cpuMilli).toBe(100)
  expect(reservations.roomToKeep('b').cpuMilli).toBe(400)
})

test('what runs is more than is offered: in their order, as far as it fits', () => {
  const reservations = new Reservations(() => ({ ...OFFER, cpuMilli: 500 }))
  reservations.noteRunning(new Map([...running('a', 2), ...running('b', 4), ...running('c', 1)]))
  expect(reservations.roomToKeep('a').cpuMilli).toBe(400)
  expect(reservations.roomToKeep('b').cpuMilli).toBe(300)
  expect(reservations.roomToKeep('c').cpuMilli).toBe(300)
})
