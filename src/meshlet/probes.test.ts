import { readFile } from 'node:fs/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { parseDuration } from '../model/duration.ts'
import { CommuneError } from '../model/errors.ts'
import { PROBE_DEFAULTS } from '../model/probe-defaults.ts'
import type { Healthcheck } from '../model/records.ts'
import type { Engine, ExecResult, ProbeResult } from '../ports/engine.ts'
import { silentLog } from '../ports/log.ts'
import { Probes } from './probes.ts'

const URI = 'at://did:plc:alice/commune.scheduler.workload/web'
const CHECK: Healthcheck = {
  http: { port: 80, path: '/up' },
  intervalMs: 5_000,
  timeoutMs: 1_000,
  retries: 3,
}

interface Default {
  readonly default?: string | number
}

let clock: VirtualClock
let answer: () => ProbeResult
let exec: () => ExecResult
let asked: number[]
let changes: number
let probes: Probes

beforeEach(() => {
  clock = new VirtualClock()
  answer = () => ({ ok: true })
  exec = () => ({ exitCode: 0, output: '' })
  asked = []
  changes = 0
  const engine: Pick<Engine, 'probe' | 'exec'> = {
    probe: async () => {
      asked.push(clock.monotonicMs())
      return answer()
    },
    exec: async () => exec(),
  }
  probes = new Probes({
    engine: engine as Engine,
    clock,
    log: silentLog,
    onChange: () => changes++,
  })
})

test('until the first success a container is asked often, then at the interval', async () => {
  answer = () => (clock.monotonicMs() < 1_000 ? { ok: false, message: 'not yet' } : { ok: true })
  probes.watch(URI, CHECK, [{ id: 'one' }])
  await clock.advance(500)
  expect(probes.healthOf('one')).toEqual({ health: 'starting', message: 'not yet' })
  await clock.advance(10_600)
  expect(probes.healthOf('one')).toEqual({ health: 'healthy' })
  expect(asked).toEqual([0, 500, 1_000, 6_000, 11_000])
  expect(changes).toBe(1)
})

test('one that never answers is unhealthy after all retries at the full interval', async () => {
  answer = () => ({ ok: false, message: 'refused' })
  probes.watch(URI, CHECK, [{ id: 'one' }])
  await clock.advance(14_900)
  expect(probes.healthOf('one')?.health).toBe('starting')
  await clock.advance(200)
  expect(probes.healthOf('one')).toEqual({ health: 'unhealthy', message: 'refused' })
})

test('failures in the start period do not count', async () => {
  answer = () => ({ ok: false, message: 'booting' })
  probes.watch(URI, { ...CHECK, startPeriodMs: 60_000 }, [{ id: 'one' }])
  await clock.advance(59_000)
  expect(probes.healthOf('one')).toEqual({ health: 'starting' })
})

test('a healthy one may fail twice in a row, not three times', async () => {
  probes.watch(URI, CHECK, [{ id: 'one' }])
  await clock.advance(1)
  answer = () => ({ ok: false, message: 'refused' })
  await clock.advance(10_000)
  expect(probes.healthOf('one')?.health).toBe('healthy')
  await clock.advance(5_000)
  expect(probes.healthOf('one')?.health).toBe('unhealthy')
  answer = () => ({ ok: true })
  await clock.advance(5_000)
  expect(probes.healthOf('one')).toEqual({ health: 'healthy' })
})

describe('a command', () => {
  const check: Healthcheck = { exec: { command: ['true'] }, intervalMs: 1_000, retries: 1 }

  test.each<[string, () => ExecResult, string]>([
    ['fails', () => ({ exitCode: 3, output: 'no db' }), 'exit code 3: no db'],
    ['hangs', () => ({ output: '' }), 'no answer in 5s: '],
  ])('that %s', async (_, result, message) => {
    exec = result
    probes.watch(URI, check, [{ id: 'one' }])
    await clock.advance(1_500)
    expect(probes.healthOf('one')).toEqual({ health: 'unhealthy', message })
  })

  test('that the engine fails at counts as a failure, not as a bug', async () => {
    exec = () => {
      throw new CommuneError('engine', 'no such container')
    }
    probes.watch(URI, check, [{ id: 'one' }])
    await clock.advance(1_500)
    expect(probes.healthOf('one')?.message).toBe('no such container')
  })
})

test('one that is started again is asked anew, as if it were another', async () => {
  answer = () => ({ ok: false, message: 'refused' })
  probes.watch(URI, CHECK, [{ id: 'one', startedAtMs: 1 }])
  await clock.advance(20_000)
  expect(probes.healthOf('one')?.health).toBe('unhealthy')
  expect(probes.healthOf('one', 2)).toBeUndefined()
  probes.watch(URI, CHECK, [{ id: 'one', startedAtMs: 2 }])
  expect(probes.healthOf('one', 2)?.health).toBe('starting')
})

test('an engine that never comes back is a failure, and is asked again', async () => {
  let calls = 0
  const hangs: Pick<Engine, 'probe'> = {
    probe: () => {
      calls += 1
      return new Promise(() => {})
    },
  }
  const { promise, resolve } = Promise.withResolvers<void>()
  probes = new Probes({ engine: hangs as Engine, clock, log: silentLog, onChange: () => resolve() })
  probes.watch(URI, { ...CHECK, retries: 2 }, [{ id: 'one' }])
  await clock.advance(3 * 60_000)
  await promise
  expect(calls).toBeGreaterThan(1)
  expect(probes.healthOf('one')).toEqual({
    health: 'unhealthy',
    message: 'the engine did not answer within 1m1s',
  })
})

test('nobody’s record makes a machine ask more often than twice a second', async () => {
  probes.watch(URI, { ...CHECK, intervalMs: 1 }, [{ id: 'one' }])
  await clock.advance(10_100)
  expect(asked.length).toBeLessThanOrEqual(21)
})

test('what a probe does that says nothing is what the schema of workload files promises', async () => {
  const schema = JSON.parse(await readFile('schemas/workload.schema.json', 'utf8')) as {
    readonly properties: Record<string, { readonly properties: Record<string, Default> }>
  }
  for (const kind of ['healthcheck', 'liveness']) {
    const { interval, timeout, startPeriod, retries } = schema.properties[kind]?.properties ?? {}
    expect({
      intervalMs: parseDuration(interval?.default ?? ''),
      timeoutMs: parseDuration(timeout?.default ?? ''),
      startPeriodMs: parseDuration(startPeriod?.default ?? ''),
      retries: { ok: true, value: retries?.default },
    }).toMatchObject({
      intervalMs: { value: PROBE_DEFAULTS.intervalMs },
      timeoutMs: { value: PROBE_DEFAULTS.timeoutMs },
      startPeriodMs: { value: PROBE_DEFAULTS.startPeriodMs },
      retries: { value: PROBE_DEFAULTS.retries },
    })
  }
})

test('what is no longer named is no longer asked, others are', async () => {
  probes.watch(URI, CHECK, [{ id: 'one' }, { id: 'two' }])
  probes.watch(`${URI}2`, CHECK, [{ id: 'three' }])
  await clock.advance(1)
  probes.watch(URI, CHECK, [{ id: 'two' }])
  expect(probes.healthOf('one')).toBeUndefined()
  expect(probes.healthOf('three')).toBeDefined()
  asked = []
  await clock.advance(5_000)
  expect(asked).toHaveLength(2)
  probes.watch(URI, undefined, [{ id: 'two' }])
  probes[Symbol.dispose]()
  asked = []
  await clock.advance(60_000)
  expect(asked).toEqual([])
})
