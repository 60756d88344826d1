import { expect, test } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { CommuneError } from '../model/errors.ts'
import type { ContainerState, Engine, EngineStats } from '../ports/engine.ts'
import { findLooseLimits } from './limit-check.ts'

const MEMORY_BYTES = 64 * 1024 * 1024
const held: EngineStats = {
  memoryLimitBytes: MEMORY_BYTES,
  memoryBytes: 1,
  pidsLimit: 256,
  pids: 1,
  cpuNanos: 0,
  receivedBytes: 0,
  sentBytes: 0,
}

/** What the engine answers, one after the other; the last one from then on. */
async function look(
  answers: readonly (Partial<EngineStats> | CommuneError)[],
  state: ContainerState = 'running',
  cpuMilli?: number,
  /** When its run began, at each look. */
  startedAtMs: () => number = () => 0,
): Promise<{ readonly loose: string | undefined; readonly asked: number }> {
  const clock = new ManualClock()
  let asked = 0
  const engine = {
    stats: async () => {
      const answer = answers[Math.min(asked, answers.length - 1)]
      asked += 1
      if (answer instanceof CommuneError) throw answer
      return { ...held, ...answer }
    },
    findContainer: async () => ({ state, startedAtMs: startedAtMs() }),
  } as unknown as Engine
  const started = {
    ...{ id: 'c1', memoryBytes: MEMORY_BYTES },
    ...(cpuMilli === undefined ? {} : { cpu: { milli: cpuMilli, sinceMs: clock.monotonicMs() } }),
  }
  const stop = new AbortController()
  const found = findLooseLimits({ engine, clock }, started, stop.signal)
  let isOver = false
  void found.finally(() => (isOver = true))
  for (let step = 0; step < 100 && !isOver; step += 1) {
    clock.advance(1_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return { loose: await found, asked }
}

test.each<[string, number, string | undefined]>([
  ['all that it may', 100, undefined],
  ['what starting it took', 600, undefined],
  ['all of a core', 1_000, 'CPU'],
])('a tenth of a core, and after a second it used %s', async (_, usedMs, loose) => {
  const found = await look([{ cpuNanos: usedMs * 1_000_000 }], 'running', 100)
  expect(found.loose).toBe(loose)
})

const silent = new CommuneError('engine-unreachable', 'no answer')

test.each<[string, Partial<EngineStats>, string | undefined]>([
  ['both are in force', {}, undefined],
  ['less than was asked for', { memoryLimitBytes: 4096, pidsLimit: 1 }, undefined],
  ['rounded to a page', { memoryLimitBytes: MEMORY_BYTES + 4096 }, undefined],
  ['no memory limit', { memoryLimitBytes: 2 ** 63 }, 'memory'],
  ['nothing is said of memory', { memoryLimitBytes: 0 }, 'memory'],
  ['no limit of processes', { pidsLimit: 0 }, 'processes'],
  ['as many as there are', { pidsLimit: 2 ** 64 }, 'processes'],
  ['neither', { memoryLimitBytes: 0, pidsLimit: 0 }, 'memory and processes'],
])('%s', async (_, stats, loose) => {
  // What seems to be missing is looked at once more.
  expect(await look([stats])).toEqual({ loose, asked: loose === undefined ? 1 : 2 })
})

test('what has ended has no limits, and that says nothing', async () => {
  const ended = await look([{ memoryLimitBytes: 0, pidsLimit: 0 }], 'exited')
  expect(ended.loose).toBeUndefined()
  const gone = await look([new CommuneError('not-found', 'gone')])
  expect(gone).toEqual({ loose: undefined, asked: 1 })
})

test('what ended and was started again meanwhile says nothing', async () => {
  let run = 0
  const restarted = await look([{ memoryLimitBytes: 0 }], 'running', undefined, () => ++run)
  expect(restarted.loose).toBeUndefined()
})

test('an engine that is silent is asked again, three times at most', async () => {
  expect(await look([silent, { pidsLimit: 0 }])).toEqual({ loose: 'processes', asked: 3 })
  expect(await look([silent])).toEqual({ loose: undefined, asked: 3 })
})
