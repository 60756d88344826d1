import { beforeEach, expect, test } from 'vitest'
import { SeededRandom } from '../../test/support/seeded-random.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { MemoryEngine } from '../engine/memory.ts'
import type { EngineCall, EngineFault } from '../engine/memory-faults.ts'
import { LABEL } from '../model/nsid.ts'
import { silentLog } from '../ports/log.ts'
import { changedShares, EngineState, shareOf } from './engine-state.ts'

const MESHLET = 'did:plc:mesh'
const URI = 'at://did:plc:alice/commune.scheduler.workload/web'

let clock: VirtualClock
let engine: MemoryEngine
let state: EngineState
let calls: EngineCall[]
let changes: (string | undefined)[]
let fault: (call: EngineCall) => EngineFault | undefined

beforeEach(() => {
  clock = new VirtualClock()
  engine = new MemoryEngine({ clock })
  calls = []
  changes = []
  fault = () => undefined
  engine.script((call) => {
    calls.push(call)
    return fault(call)
  })
  state = new EngineState({
    engine,
    meshletDid: MESHLET,
    clock,
    random: new SeededRandom(1),
    log: silentLog,
    onListed: () => undefined,
    onChange: (uri) => changes.push(uri),
  })
})

function makeNetwork(uri = URI): Promise<string> {
  const labels = { [LABEL.meshletDid]: MESHLET, [LABEL.workload]: uri }
  return engine.ensureNetwork({ name: 'net', labels, egress: 'none' })
}

test('all who ask at once share one list, and it is kept until something may have changed', async () => {
  await Promise.all([state.snapshot(), state.snapshot()])
  await state.snapshot()
  expect(calls.filter((call) => call === 'listContainers')).toHaveLength(1)
  state.invalidate()
  await state.snapshot()
  expect(calls.filter((call) => call === 'listContainers')).toHaveLength(2)
  expect(calls.filter((call) => call === 'info')).toHaveLength(1)
})

test('the list is sorted by workload', async () => {
  await makeNetwork()
  const snapshot = await state.snapshot()
  expect(shareOf(snapshot, URI).networks).toHaveLength(1)
  expect(shareOf(snapshot, 'another')).toEqual({ containers: [], networks: [] })
  expect(shareOf(undefined, URI).networks).toEqual([])
})

test('what a list shows of a workload is the same object until it shows something else', async () => {
  await makeNetwork()
  await engine.ensureNetwork({
    ...{ name: 'other', egress: 'none' },
    labels: { [LABEL.meshletDid]: MESHLET, [LABEL.workload]: 'other' },
  })
  const before = await state.snapshot()
  state.invalidate()
  const same = await state.snapshot()
  expect(same).not.toBe(before)
  expect(changedShares(before, same)).toEqual([])
  engine.networks.delete('net')
  state.invalidate()
  expect(changedShares(before, await state.snapshot())).toEqual([URI])
  expect(changedShares(undefined, before)).toEqual([URI, 'other'])
})

test('a failure is told to all who asked, is remembered with its beginning, and ends by itself', async () => {
  fault = () => ({ kind: 'refuse' })
  await expect(state.snapshot()).rejects.toThrow('not running')
  await clock.advance(1_000)
  await expect(state.snapshot()).rejects.toThrow('not running')
  expect(state.problem).toMatchObject({ sinceMs: 0 })
  fault = () => undefined
  await state.snapshot()
  expect(state.problem).toBeUndefined()
  expect(state.info?.name).toBe('memory')
})

test('a list that began before a change is not taken for one after it', async () => {
  fault = (call) => (call === 'listNetworks' ? { kind: 'slow', delayMs: 100 } : undefined)
  const before = state.snapshot()
  state.invalidate()
  const after = state.snapshot()
  expect(await clock.run(before)).not.toBe(await clock.run(after))
})

test('all is looked at when it begins to listen; from then on events name the workload', async () => {
  state.start()
  await clock.advance(10)
  expect(changes).toEqual([undefined])
  const image = `registry.example/web@sha256:${'0'.repeat(64)}`
  await engine.pullImage(image)
  await makeNetwork()
  await engine.createContainer({
    name: 'web',
    image,
    labels: { [LABEL.meshletDid]: MESHLET, [LABEL.workload]: URI },
    network: 'net',
    security: 'restricted',
    user: '1000:1000',
    env: {},
    stopGracePeriodMs: 0,
    readOnly: true,
    capAdd: [],
    tmpfs: [],
    memoryBytes: 2 ** 26,
    cpuMilli: 100,
  })
  await clock.advance(10)
  expect(changes).toEqual([undefined, URI])
  await clock.run(state[Symbol.asyncDispose]())
})

test('an engine that can’t be listened to is tried again with growing pauses', async () => {
  fault = (call) => (call === 'events' ? { kind: 'refuse' } : undefined)
  state.start()
  await clock.advance(60_000)
  const tried = calls.filter((call) => call === 'events').length
  expect(tried).toBeGreaterThan(8)
  expect(tried).toBeLessThan(20)
  fault = () => undefined
  await clock.advance(11_000)
  const changed = changes.length
  await clock.advance(60_000)
  expect(changes).toHaveLength(changed)
  await clock.run(state[Symbol.asyncDispose]())
})
