import { beforeEach, describe, expect, test } from 'vitest'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { did } from '../../test/support/memory-view.ts'
import { CommuneError } from '../model/errors.ts'
import type { Did, Hint } from '../model/records.ts'
import { silentLog } from '../ports/log.ts'
import type { HeartbeatInput, HeartbeatOutput } from '../ports/peers.ts'
import { Heartbeats, type Peer } from './heartbeats.ts'

const INTERVAL_MS = 3_000
const NOW = '2026-02-01T00:00:00.000Z' as HeartbeatOutput['now']
const SELF = did('self')
const A = did('a')
const B = did('b')
const C = did('c')

/** All who are known, whether or not they are called from time to time. */
const AROUND: readonly Peer[] = [
  { did: A, endpoint: 'https://a.example' },
  { did: B, endpoint: undefined },
  { did: C, endpoint: 'https://c.example' },
]

let clock: VirtualClock
let calls: { readonly to: Did; readonly body: HeartbeatInput }[]
let answer: () => Promise<HeartbeatOutput>
let heard: Did[]
let hinted: Hint[]

function open(peers: readonly Peer[] = [{ did: A, endpoint: 'https://a.example' }]): Heartbeats {
  return new Heartbeats({
    self: SELF,
    leases: { asksOf: () => [], learn: () => undefined, answer: () => [] },
    peers: {
      heartbeat: ({ did: to }, body) => {
        calls.push({ to, body })
        return answer()
      },
    },
    clock,
    log: silentLog,
    intervalMs: INTERVAL_MS,
    peersNow: () => peers,
    peerOf: (did) => AROUND.find((peer) => peer.did === did),
    isFollowed: (did) => !did.startsWith('did:plc:stranger'),
    epoch: () => 7,
    onHint: (hint) => hinted.push(hint),
    onHeard: (peer) => heard.push(peer),
  })
}

function hint(n: number): Hint {
  return { did: A, uri: `at://${A}/commune.scheduler.bid/k${n}` } as Hint
}

beforeEach(async () => {
  clock = new VirtualClock()
  await clock.advance(1_000_000)
  calls = []
  heard = []
  hinted = []
  answer = () => Promise.resolve({ epoch: 1, now: NOW })
})

test('every peer with an address is called at once and then at the interval, with the own epoch', async () => {
  const heartbeats = open([
    { did: A, endpoint: 'https://a.example' },
    { did: B, endpoint: undefined },
  ])
  heartbeats.start()
  await clock.advance(3 * INTERVAL_MS)
  expect(calls.map(({ to }) => to)).toEqual([A, A, A, A])
  expect(calls[0]?.body).toMatchObject({ epoch: 7, heard: [] })
})

test('an answer proves life', async () => {
  const heartbeats = open()
  heartbeats.start()
  await clock.advance(10 * INTERVAL_MS)
  expect(heartbeats.lastHeardMs(A)).toBe(clock.monotonicMs())
  expect(heartbeats.heardForMs(A)).toBe(10 * INTERVAL_MS)
  expect(heard).toEqual([A])
})

test('a call proves life as well, also of a peer behind NAT', () => {
  const heartbeats = open([{ did: B, endpoint: undefined }])
  expect(heartbeats.receive(B, { epoch: 3 })).toMatchObject({ epoch: 7 })
  expect(heartbeats.lastHeardMs(B)).toBe(clock.monotonicMs())
})

describe('who was heard is passed on', () => {
  test('with the time since, and only when heard directly', async () => {
    const heartbeats = open()
    heartbeats.receive(B, { epoch: 3 })
    await clock.advance(500)
    heartbeats.receive(C, { epoch: 4, heard: [{ did: A, agoMs: 100, epoch: 1 }] })
    expect(heartbeats.receive(C, { epoch: 4 }).heard).toEqual([
      { did: B, agoMs: 500, epoch: 3 },
      { did: C, agoMs: 0, epoch: 4 },
    ])
    expect(heartbeats.lastHeardMs(A)).toBe(clock.monotonicMs() - 100)
  })

  test('of many some, and others the next time; to whom is called, also that it was heard', async () => {
    const heartbeats = open()
    const many = Array.from({ length: 150 }, (_, i) => did(`m${i}`))
    for (const one of [A, ...many]) heartbeats.receive(one, { epoch: 1 })
    const told = Array.from({ length: 3 }, () =>
      (heartbeats.receive(B, { epoch: 1 }).heard ?? []).map(({ did: one }) => one),
    )
    expect(told.map(({ length }) => length)).toEqual([64, 64, 64])
    expect(new Set(told.flat())).toEqual(new Set([A, ...many, B]))
    heartbeats.start()
    await clock.advance(2 * INTERVAL_MS)
    const toA = calls.filter(({ to }) => to === A).map(({ body }) => body.heard ?? [])
    expect(toA).toHaveLength(3)
    for (const list of toA) expect(list.map(({ did: one }) => one)).toContain(A)
  })

  test('only as long as it is news', async () => {
    const heartbeats = open([])
    heartbeats.start()
    heartbeats.receive(B, { epoch: 3 })
    await clock.advance(5 * INTERVAL_MS)
    expect(heartbeats.receive(C, { epoch: 4 }).heard).toEqual([{ did: C, agoMs: 0, epoch: 4 }])
    expect(heartbeats.lastHeardMs(B)).toBe(clock.monotonicMs() - 5 * INTERVAL_MS)
  })

  test('what is passed on moves no time back, and none before the start', async () => {
    const heartbeats = open()
    heartbeats.receive(B, { epoch: 3 })
    const heardAtMs = clock.monotonicMs()
    await clock.advance(500)
    const old = [
      { did: B, agoMs: 400_000, epoch: 1 },
      { did: C, agoMs: 400_000, epoch: 1 },
    ]
    heartbeats.receive(A, { epoch: 1, heard: old })
    expect(heartbeats.lastHeardMs(B)).toBe(heardAtMs)
    expect(heartbeats.lastHeardMs(C)).toBe(heardAtMs)
  })
})

test('after a gap a peer is heard anew', async () => {
  const heartbeats = open([])
  heartbeats.receive(A, { epoch: 1 })
  await clock.advance(2 * INTERVAL_MS)
  heartbeats.receive(A, { epoch: 1 })
  expect(heard).toEqual([A])
  await clock.advance(4 * INTERVAL_MS)
  heartbeats.receive(A, { epoch: 1 })
  expect(heard).toEqual([A, A])
  expect(heartbeats.heardForMs(A)).toBe(0)
  heartbeats.receive(A, { epoch: 2 })
  expect(heard).toEqual([A, A, A])
})

test('a peer that refuses or is silent was not heard, and is called again', async () => {
  answer = () => Promise.reject(new CommuneError('unreachable', 'no'))
  const heartbeats = open()
  heartbeats.start()
  await clock.advance(2 * INTERVAL_MS)
  expect(calls).toHaveLength(3)
  expect(heartbeats.lastHeardMs(A)).toBeUndefined()
})

test('nothing is kept of strangers, however many a member has heard of', async () => {
  const heartbeats = open()
  heartbeats.start()
  const strangers = Array.from({ length: 200 }, (_, i) => `did:plc:stranger${i}` as Did)
  heartbeats.receive(A, { epoch: 1, heard: strangers.map((did) => ({ did, agoMs: 0 })) })
  expect(strangers.filter((did) => heartbeats.lastHeardMs(did) !== undefined)).toEqual([])
  heartbeats.receive('did:plc:stranger', { epoch: 1 })
  expect(heartbeats.lastHeardMs('did:plc:stranger')).toBeDefined()
  await clock.advance(INTERVAL_MS)
  expect(heartbeats.lastHeardMs('did:plc:stranger')).toBeUndefined()
  expect(heartbeats.lastHeardMs(A)).toBeDefined()
})

describe('hints', () => {
  test('of one moment travel together, however many, in calls that fit', async () => {
    const heartbeats = open()
    for (let n = 0; n < 150; n++) heartbeats.hint(hint(n))
    await clock.advance(10)
    expect(calls.map(({ body }) => body.hints?.length)).toEqual([64, 64, 22])
  })

  test('for somebody go to them alone, also when they are not called otherwise', async () => {
    const heartbeats = open()
    heartbeats.hint(hint(1), [C, B, SELF, did('unknown')])
    heartbeats.hint(hint(2))
    heartbeats.hint(hint(3), [])
    heartbeats.hint(hint(4), [A, C])
    await clock.advance(10)
    expect(calls.map(({ to, body }) => [to, body.hints])).toEqual([
      [A, [hint(2), hint(4)]],
      [C, [hint(1), hint(4)]],
    ])
  })

  test('are handed on as they come, and no more than fit into a call', () => {
    const many = Array.from({ length: 100 }, (_, n) => hint(n))
    open().receive(B, { epoch: 1, hints: many })
    expect(hinted).toEqual(many.slice(0, 64))
  })
})

test('after the end nobody is called', async () => {
  const heartbeats = open()
  heartbeats.start()
  heartbeats.hint(hint(1))
  await heartbeats[Symbol.asyncDispose]()
  const before = calls.length
  await clock.advance(60_000)
  expect(calls).toHaveLength(before)
})
