import { expect, test } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { did } from '../../test/support/memory-view.ts'
import { CommuneError } from '../model/errors.ts'
import { LABEL } from '../model/nsid.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { Engine, EngineContainer, EngineStats } from '../ports/engine.ts'
import { UsageReading } from './usage-reading.ts'

const site = workloadUri(did('alice'), 'site')
const other = workloadUri(did('bob'), 'other')
const signal = new AbortController().signal
const NO_LIMIT = 2 ** 64

/** Each container uses a quarter of a core by the clock, and says how often it was asked. */
function world(containers: readonly EngineContainer[], changes: Partial<EngineStats> = {}) {
  const clock = new ManualClock()
  const asked: string[] = []
  const engine: Pick<Engine, 'stats'> = {
    stats: async (id) => {
      asked.push(id)
      if (id === 'gone') throw new CommuneError('not-found', 'it is gone')
      return {
        memoryLimitBytes: 100,
        memoryBytes: 40,
        pidsLimit: 256,
        pids: 3,
        cpuNanos: clock.monotonicMs() * 250_000,
        receivedBytes: 7,
        sentBytes: 8,
        ...changes,
      }
    },
  }
  const reading = new UsageReading({
    engine: engine as Engine,
    clock,
    containers: () => containers,
  })
  const read = async (workload?: string) => {
    const answer = reading.read(workload, signal)
    let isDone = false
    const finish = () => (isDone = true)
    void answer.then(finish, finish)
    while (!isDone) {
      clock.advance(100)
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
    }
    return answer
  }
  return { clock, asked, read }
}

function container(id: string, workload: string, replica: number): EngineContainer {
  return {
    id,
    name: id,
    labels: { [LABEL.workload]: workload, [LABEL.replica]: String(replica) },
    state: 'running',
    image: 'x',
    createdAtMs: 0,
    startedAtMs: 1,
    oomKilled: false,
    memoryBytes: 100,
    nanoCpus: 500_000_000,
  }
}

test('says what each replica uses, by workload and index', async () => {
  const { read } = world([
    container('b', other, 0),
    container('c', site, 1),
    container('a', site, 0),
  ])
  const { replicas, measuredAt } = await read()
  expect(replicas.map(({ workload, index }) => [workload, index])).toEqual([
    [site, 0],
    [site, 1],
    [other, 0],
  ])
  expect(replicas[0]).toMatchObject({
    cpuMilliMax: 500,
    memoryBytes: 40,
    memoryBytesMax: 100,
    pids: 3,
    pidsMax: 256,
    receivedBytes: 7,
    sentBytes: 8,
  })
  // The clock of this test goes on while the engine answers.
  expect(Math.abs((replicas[0]?.cpuMilli ?? 0) - 250)).toBeLessThan(50)
  expect(Date.parse(measuredAt)).toBeGreaterThan(0)
})

test('asks the engine once for all who ask within two seconds, and once more after that', async () => {
  const { read, asked, clock } = world([container('a', site, 0)])
  await Promise.all([read(), read(site), read()])
  await read()
  expect(asked).toHaveLength(2)
  clock.advance(3_000)
  const { replicas } = await read()
  expect(asked).toHaveLength(3)
  expect(Math.abs((replicas[0]?.cpuMilli ?? 0) - 250)).toBeLessThan(50)
})

test('names one workload only when told, and says when nothing of it is here', async () => {
  const { read } = world([container('a', site, 0), container('b', other, 0)])
  expect((await read(site)).replicas).toMatchObject([{ workload: site }])
  await expect(read(workloadUri(did('alice'), 'none'))).rejects.toMatchObject({ code: 'not-found' })
})

test('leaves out what is gone or was not running, and limits that are none', async () => {
  const stopped = { ...container('s', site, 2), state: 'exited' } as const
  const { read } = world([container('gone', site, 0), container('a', site, 1), stopped], {
    pidsLimit: NO_LIMIT,
  })
  const { replicas } = await read()
  expect(replicas.map(({ index }) => index)).toEqual([1])
  expect(replicas[0]).not.toHaveProperty('pidsMax')
})
