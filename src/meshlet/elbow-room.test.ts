import { describe, expect, test } from 'vitest'
import { LABEL } from '../model/nsid.ts'
import type { Amount } from '../model/request.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Desired } from '../reconcile/actions.ts'
import { amountsOf, fitsBeside, limitStandIns } from './elbow-room.ts'

const FREE: Amount = { cpuMilli: 300, memoryBytes: 1_000, storageBytes: 0 }

function run(slots: number, standIns = 0, cpuMilli = 100): Desired & { kind: 'run' } {
  return {
    kind: 'run',
    workload: {
      $type: 'commune.scheduler.workload',
      kind: 'Workload',
      name: 'web',
      image: 'registry.example/web@sha256:00',
      resources: { cpuMilli, memoryBytes: 100 },
      createdAt: '2026-01-01T00:00:00.000Z',
    },
    revision: 'cid',
    specHash: 'new',
    slots,
    standIns,
  }
}

function container(replica: number, cpuMilli = 100, spec = 'old'): EngineContainer {
  return {
    id: `${replica}`,
    name: `${replica}`,
    labels: { [LABEL.replica]: `${replica}`, [LABEL.spec]: spec },
    state: 'running',
    image: 'image',
    createdAtMs: 0,
    oomKilled: false,
    memoryBytes: 100,
    nanoCpus: cpuMilli * 1_000_000,
  }
}

describe('whether the new fits beside the old', () => {
  test.each([
    [1, 100, [container(0)], true],
    [2, 100, [container(0), container(1)], true],
    [3, 100, [container(0), container(1)], false],
    [2, 100, [container(0), container(1), container(2)], false],
    [2, 100, [container(0), container(1, 100, 'new')], true],
    [1, 200, [container(0)], true],
    [1, 201, [container(0)], false],
    [1, 100, [container(0, 250)], false],
  ])('%i of %im: case %#', (slots, cpuMilli, containers, fits) => {
    expect(fitsBeside(run(slots, 0, cpuMilli), containers, FREE)).toBe(fits)
  })

  test('what is not to run needs no room', () => {
    expect(fitsBeside({ kind: 'none', reason: 'gone' }, [], FREE)).toBe(false)
  })
})

describe('stand-ins', () => {
  const old = [container(0), container(1), container(2)]

  test.each([
    ['stay when they fit beside what was promised', run(1, 2, 100), 2],
    ['give way when they do not', run(1, 2, 200), 1],
    ['give way altogether', run(1, 2, 300), 0],
    ['stay anyway where nothing else is to run', run(0, 3, 300), 3],
  ])('%s', (_, desired, expected) => {
    expect(limitStandIns(desired, old, FREE)).toMatchObject({ standIns: expected })
  })
})

test('what runs is counted by what it may use, a workload at a time', () => {
  const share = { containers: [container(0), container(1, 50)], networks: [] }
  expect(amountsOf(new Map([['web', share]]), () => 10).get('web')).toEqual({
    cpuMilli: 150,
    memoryBytes: 200,
    storageBytes: 20,
  })
})
