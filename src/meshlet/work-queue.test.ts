import { beforeEach, expect, test } from 'vitest'
import { SeededRandom } from '../../test/support/seeded-random.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { sleep } from '../ports/clock.ts'
import { silentLog } from '../ports/log.ts'
import { noMetrics } from '../ports/metrics.ts'
import type { Outcome } from '../reconcile/outcome.ts'
import { WorkQueue } from './work-queue.ts'

const WORK_MS = 100
const DONE: Outcome = { kind: 'done' }

let clock: VirtualClock
let looks: { readonly key: string; readonly atMs: number }[]
let most: number

function queueOf(outcomes: (key: string) => Outcome | Error = () => DONE, concurrency = 2) {
  const working = new Set<string>()
  return new WorkQueue({
    clock,
    random: new SeededRandom(1),
    log: silentLog,
    metrics: noMetrics,
    kindOf: () => 'workload',
    concurrency,
    reconcile: async (key) => {
      expect(working).not.toContain(key)
      working.add(key)
      most = Math.max(most, working.size)
      looks.push({ key, atMs: clock.monotonicMs() })
      await sleep(clock, WORK_MS)
      working.delete(key)
      const outcome = outcomes(key)
      if (outcome instanceof Error) throw outcome
      return outcome
    },
  })
}

beforeEach(() => {
  clock = new VirtualClock()
  looks = []
  most = 0
})

test('a key that takes a rest is looked at once for all that comes meanwhile', async () => {
  const at: number[] = []
  const queue = new WorkQueue({
    ...{ clock, random: new SeededRandom(1), log: silentLog, metrics: noMetrics },
    kindOf: () => 'workload',
    concurrency: 2,
    gapMs: (key) => (key === 'all' ? 500 : 0),
    reconcile: async () => {
      at.push(clock.monotonicMs())
      return DONE
    },
  })
  for (let ms = 0; ms < 1_000; ms += 10) {
    queue.add('all')
    await clock.advance(10)
  }
  await clock.advance(1_000)
  expect(at).toEqual([0, 500, 1_000])
  await clock.advance(1_000)
  queue.add('all')
  await clock.advance(1)
  expect(at).toHaveLength(4)
})

test('what waits aside keeps no other key waiting, and is still worked on only once', async () => {
  const started: string[] = []
  const queue = new WorkQueue({
    ...{ clock, random: new SeededRandom(1), log: silentLog, metrics: noMetrics },
    kindOf: () => 'workload',
    concurrency: 2,
    reconcile: async (key, { aside }) => {
      started.push(key)
      if (key.startsWith('slow')) await aside(() => sleep(clock, 60_000))
      else await sleep(clock, WORK_MS)
      return DONE
    },
  })
  for (let index = 0; index < 50; index++) queue.add(`slow-${index}`)
  for (const key of ['a', 'b', 'c']) queue.add(key)
  await clock.advance(3 * WORK_MS)
  queue.add('slow-0')
  expect(started.filter((key) => key.length === 1)).toEqual(['a', 'b', 'c'])
  expect(started).toHaveLength(53)
  await clock.advance(60_000)
  expect(started.filter((key) => key === 'slow-0')).toHaveLength(2)
  expect(queue.depth).toBe(1)
})

test('a key that is named often is looked at once', async () => {
  const queue = queueOf()
  for (let i = 0; i < 10; i++) queue.add('a')
  await clock.advance(1_000)
  expect(looks).toHaveLength(1)
})

test('named while it is worked on, it is looked at once more afterwards, never twice at once', async () => {
  const queue = queueOf()
  queue.add('a')
  await clock.advance(WORK_MS / 2)
  for (let i = 0; i < 10; i++) queue.add('a')
  await clock.advance(1_000)
  expect(looks.map(({ atMs }) => atMs)).toEqual([0, WORK_MS])
})

test('a look can tell that its key was named again since it began', async () => {
  const told: boolean[] = []
  const queue = new WorkQueue({
    ...{ clock, random: new SeededRandom(1), log: silentLog, metrics: noMetrics },
    kindOf: () => 'workload',
    concurrency: 2,
    reconcile: async (_, { isOutdated }) => {
      told.push(isOutdated())
      await sleep(clock, WORK_MS)
      told.push(isOutdated())
      return DONE
    },
  })
  queue.add('a')
  await clock.advance(WORK_MS / 2)
  queue.add('b')
  queue.add('a')
  await clock.advance(1_000)
  expect(told).toEqual([false, false, true, false, false, false])
})

test('no more keys than allowed are worked on at once', async () => {
  const queue = queueOf()
  for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key)
  await clock.advance(1_000)
  expect(looks).toHaveLength(5)
  expect(most).toBe(2)
})

test('again: after that time, or sooner when it is named', async () => {
  let again = 3
  const queue = queueOf(() => (again-- > 0 ? { kind: 'again', afterMs: 1_000 } : DONE))
  queue.add('a')
  await clock.advance(1_500)
  queue.add('a')
  await clock.advance(10_000)
  expect(looks.map(({ atMs }) => atMs)).toEqual([0, 1_100, 1_500, 2_600])
})

test('of two times to look again the sooner one holds', async () => {
  const queue = queueOf()
  queue.addAfter('a', 5_000)
  queue.addAfter('a', 2_000)
  queue.addAfter('a', 9_000)
  await clock.advance(20_000)
  expect(looks.map(({ atMs }) => atMs)).toEqual([2_000])
})

test.each<[string, () => Outcome | Error]>([
  ['a failure', () => ({ kind: 'retry', message: 'no' })],
  ['a bug', () => new Error('oh')],
])('%s comes back after pauses that grow to five minutes', async (_, outcome) => {
  const queue = queueOf(outcome)
  queue.add('a')
  await clock.advance(60 * 60_000)
  const pauses = looks.slice(1).map(({ atMs }, i) => atMs - (looks[i]?.atMs ?? 0))
  expect(pauses[0]).toBeLessThanOrEqual(500 + WORK_MS)
  expect(Math.max(...pauses)).toBeLessThanOrEqual(300_000 + WORK_MS)
  expect(looks.length).toBeLessThan(30)
})

test('a key that fails holds no other up, and begins afresh after a success', async () => {
  let failures = 3
  const queue = queueOf((key) =>
    key === 'bad' && failures-- > 0 ? { kind: 'retry', message: 'no' } : DONE,
  )
  queue.add('bad')
  queue.add('good')
  await clock.advance(60_000)
  expect(looks.filter(({ key }) => key === 'bad')).toHaveLength(4)
  expect(looks.filter(({ key }) => key === 'good')).toHaveLength(1)
})

test('stalled waits for a change', async () => {
  const queue = queueOf(() => ({ kind: 'stalled', message: 'no' }))
  queue.add('a')
  await clock.advance(60 * 60_000)
  expect(looks).toHaveLength(1)
})

test('at the end nothing new is begun, and what is under way is waited for', async () => {
  const queue = queueOf(() => ({ kind: 'again', afterMs: 10 }), 1)
  queue.add('a')
  queue.add('b')
  await clock.advance(WORK_MS / 2)
  await clock.run(queue[Symbol.asyncDispose]())
  queue.add('c')
  await clock.advance(60_000)
  expect(looks.map(({ key }) => key)).toEqual(['a'])
  expect(queue.depth).toBe(0)
})
