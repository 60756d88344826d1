import { expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { NO_FAIR_SHARE } from '../selection/score.ts'
import { KEEP_AFTER_MS, KEEP_MS, TURN_MS, WaitingRoom } from './waiting-room.ts'

const cpu = (cpuMilli: number) => ({ cpuMilli, memoryBytes: 0, storageBytes: 0 })

/** A machine of a whole core on which so much is free. */
function machine(freeMilli: number) {
  const clock = new ManualClock()
  let moves = 0
  const room = new WaitingRoom({
    fairShare: NO_FAIR_SHARE,
    clock,
    offer: () => cpu(1_000),
    free: () => cpu(freeMilli),
    held: () => ({ byOwner: new Map(), version: 0 }),
    onMove: () => moves++,
  })
  const enter = (uri: string, cpuMilli: number, slots = 1) =>
    room.enter({ uri, ownerDid: did('alice'), priority: 0, request: cpu(cpuMilli), slots })
  const ask = (uri: string, cpuMilli: number) => room.roomFor(uri, cpu(freeMilli), cpu(cpuMilli))
  return { clock, room, enter, ask, moves: () => moves }
}

test('who is ahead and fits is waited for, though not for ever', () => {
  const { clock, enter, ask } = machine(300)
  enter('first', 200)
  expect(ask('other', 200)).toMatchObject({ room: cpu(100), keptFor: { uri: 'first' } })
  expect(ask('other', 100)).toMatchObject({ room: cpu(100) })
  clock.advance(TURN_MS)
  expect(ask('other', 200)).toEqual({ room: cpu(300) })
})

test('for who is too big for now room is kept for a time, and given away for as long', () => {
  const { clock, enter, ask } = machine(300)
  enter('big', 500)
  expect(ask('small', 100)).toEqual({ room: cpu(300) })
  clock.advance(KEEP_AFTER_MS)
  expect(ask('small', 100)).toMatchObject({ keptFor: { uri: 'big' }, againInMs: KEEP_MS })
  clock.advance(KEEP_MS - 1)
  expect(ask('small', 100)).toMatchObject({ keptFor: { uri: 'big' }, againInMs: 1 })
  clock.advance(1)
  expect(ask('small', 100)).toEqual({ room: cpu(300) })
  clock.advance(KEEP_MS)
  expect(ask('small', 100)).toMatchObject({ keptFor: { uri: 'big' }, againInMs: 2 * KEEP_MS })
})

test('several big ones never keep room in turns without a pause', () => {
  const { clock, enter, ask } = machine(300)
  for (const name of ['one', 'two', 'three']) enter(name, 500)
  clock.advance(KEEP_AFTER_MS)
  const keepers: (string | undefined)[] = []
  for (let i = 0; i < 6; i++) {
    keepers.push(ask('small', 100).keptFor?.uri)
    clock.advance(KEEP_MS)
  }
  expect(keepers.filter((one) => one === undefined)).toHaveLength(3)
  expect(new Set(keepers.filter((one) => one !== undefined)).size).toBe(3)
})

test('nothing is kept for what is bigger than the machine', () => {
  const { clock, enter, ask } = machine(300)
  enter('huge', 1_100)
  clock.advance(KEEP_AFTER_MS)
  expect(ask('small', 100)).toEqual({ room: cpu(300) })
})

test('those behind are told when somebody left', () => {
  const { room, enter, moves } = machine(300)
  enter('first', 200)
  enter('second', 200)
  room.leave('first')
  expect(moves()).toBe(1)
  room.leave('first')
  room.leave('second')
  expect(moves()).toBe(1)
})
