import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LABEL } from '../model/nsid.ts'
import type { WorkloadRecord } from '../model/records.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { Action, Desired } from './actions.ts'
import { containerName, networkName } from './container-names.ts'
import { planWorkload, type PlanInput } from './plan-workload.ts'

const MESHLET = 'did:plc:mesh'
const URI = 'at://did:plc:alice/commune.scheduler.workload/hello'
const NEW = 'aaaaaaaaaaaaaaaa'
const OLD = 'bbbbbbbbbbbbbbbb'
const MID = 'cccccccccccccccc'

const WORKLOAD: WorkloadRecord = {
  $type: 'commune.scheduler.workload',
  kind: 'Workload',
  name: 'hello',
  image: 'example/hello@sha256:00',
  resources: { cpuMilli: 100, memoryBytes: 1000 },
  createdAt: '2026-01-01T00:00:00.000Z',
}

function run(slots: number, change: Partial<WorkloadRecord> = {}): Desired {
  const workload = { ...WORKLOAD, ...change }
  return { kind: 'run', workload, revision: 'bafynew', specHash: NEW, slots, standIns: 0 }
}

const AHEAD = { placementKey: 'key', revision: 'bafynew', specHash: NEW } as const

let nextId = 0
function container(
  replica: number,
  change: Partial<EngineContainer> & { spec?: string } = {},
): EngineContainer {
  const { spec = NEW, ...rest } = change
  return {
    id: `id-${nextId++}`,
    name: containerName(MESHLET, URI, replica, spec),
    labels: {
      [LABEL.meshletDid]: MESHLET,
      [LABEL.workload]: URI,
      [LABEL.replica]: String(replica),
      [LABEL.spec]: spec,
    },
    state: 'running',
    image: WORKLOAD.image,
    createdAtMs: nextId,
    oomKilled: false,
    memoryBytes: 1000,
    nanoCpus: 100_000_000,
    ...rest,
  }
}

function input(change: Partial<PlanInput>): PlanInput {
  return {
    nowMs: 0,
    meshletDid: MESHLET,
    uri: URI,
    desired: run(1),
    containers: [],
    networks: [],
    replicas: new Map(),
    mayReplace: () => true,
    isReady: () => false,
    deadReason: () => undefined,
    roomForSurge: true,
    paused: false,
    askedReason: () => undefined,
    ...change,
  }
}

const short = (action: Action): string =>
  'graceMs' in action && action.graceMs > 0 ? `stop+${action.kind}` : action.kind

describe('what a look at a workload decides', () => {
  const exited = { state: 'exited', exitCode: 1 } as const
  const cases: readonly (readonly [string, Partial<PlanInput>, readonly string[], RegExp?])[] = [
    ['nothing runs: create', {}, ['create'], /does not/],
    ['it runs: nothing', { containers: [container(0)] }, []],
    [
      'it was stopped: start',
      { containers: [container(0, exited)] },
      ['start'],
      /exited with code 1/,
    ],
    [
      'it ran out of memory',
      { containers: [container(0, { ...exited, oomKilled: true })] },
      ['start'],
      /memory/,
    ],
    [
      'it was created and never started',
      { containers: [container(0, { state: 'created' })] },
      ['start'],
      /never started/,
    ],
    [
      'it was paused: replace',
      { containers: [container(0, { state: 'paused' })] },
      ['remove'],
      /paused/,
    ],
    [
      'its memory limit was changed',
      { containers: [container(0, { memoryBytes: 5 })] },
      ['stop+remove'],
      /memory limit/,
    ],
    [
      'its CPU limit was changed',
      { containers: [container(0, { nanoCpus: 5 })] },
      ['stop+remove'],
      /CPU limit/,
    ],
    [
      'it was renamed: remove and create',
      { containers: [container(0, { name: 'mine' })] },
      ['stop+remove', 'create'],
      /not ours/,
    ],
    [
      'a stranger under our labels',
      { containers: [container(0), container(0, { name: 'evil' })] },
      ['stop+remove'],
      /not ours/,
    ],
    [
      'labels that make no sense',
      { containers: [container(0), container(-5)] },
      ['stop+remove'],
      /labels/,
    ],
    ['scaled up', { desired: run(2), containers: [container(0)] }, ['create']],
    ['scaled down', { containers: [container(0), container(1)] }, ['stop+remove'], /only 1/],
    ['scaled to zero', { desired: run(0), containers: [container(0)] }, ['stop+remove']],
    [
      'changed: start the new one first',
      { containers: [container(0, { spec: OLD })] },
      ['create'],
      /changed/,
    ],
    [
      'changed, no room: stop first',
      { roomForSurge: false, containers: [container(0, { spec: OLD })] },
      ['stop+remove', 'create'],
    ],
    [
      'a further one, and no room beside the old and the new: it waits for the old to go',
      {
        desired: run(2),
        roomForSurge: false,
        containers: [container(0, { spec: OLD }), container(0)],
      },
      [],
    ],
    [
      'changed, and it has a volume: never two at once',
      {
        desired: run(1, { volumes: [{ name: 'data', path: '/data' }] }),
        containers: [container(0, { spec: OLD })],
      },
      ['stop+remove', 'create'],
    ],
    [
      'changed, and it has a volume that two may use',
      {
        desired: run(1, {
          volumes: [{ name: 'data', path: '/data' }],
          update: { order: 'start-first' },
        }),
        containers: [container(0, { spec: OLD })],
      },
      ['create'],
    ],
    [
      'changed, order stop-first',
      {
        desired: run(1, { update: { order: 'stop-first' } }),
        containers: [container(0, { spec: OLD })],
      },
      ['stop+remove', 'create'],
    ],
    [
      'changed again before the new one was ready: only that one makes room',
      {
        roomForSurge: false,
        containers: [container(0, { spec: OLD }), container(0, { spec: MID })],
      },
      ['stop+remove'],
      /again/,
    ],
    [
      'changed, not our turn: wait',
      { mayReplace: () => false, containers: [container(0, { spec: OLD })] },
      [],
    ],
    [
      'changed and the old one is dead: no turn needed',
      { mayReplace: () => false, containers: [container(0, { spec: OLD, ...exited })] },
      ['remove', 'create'],
    ],
    [
      'new one not ready: old one stays',
      { containers: [container(0), container(0, { spec: OLD })] },
      [],
    ],
    [
      'new one ready: old one goes',
      {
        isReady: () => true,
        containers: [container(0), container(0, { spec: OLD })],
      },
      ['stop+remove'],
      /newer revision/,
    ],
    [
      'not wanted here: remove all',
      {
        desired: { kind: 'none', reason: 'gone' },
        containers: [container(0), container(1, exited)],
        networks: [{ name: 'n', labels: {} }],
      },
      ['stop+remove', 'remove', 'remove-network'],
      /gone/,
    ],
    [
      'not chosen yet: the network that is made ahead stays, any other goes',
      {
        desired: { kind: 'none', reason: 'not chosen', ahead: AHEAD },
        networks: (['none', 'internet'] as const).map((egress) => ({
          name: networkName(MESHLET, URI, egress),
          labels: {},
        })),
      },
      ['remove-network'],
    ],
    [
      'wanted here and not allowed for now: remove all',
      {
        desired: {
          kind: 'hold',
          workload: WORKLOAD,
          slots: 1,
          phase: 'pending',
          reason: 'no lease',
        },
        containers: [container(0)],
        networks: [{ name: 'n', labels: {} }],
      },
      ['stop+remove', 'remove-network'],
      /no lease/,
    ],
    [
      'its old network, with the new one not yet in the place of the last container',
      {
        desired: run(1, { egress: 'internet' }),
        containers: [container(0), container(0, { spec: OLD })],
        networks: [{ name: networkName(MESHLET, URI, 'none'), labels: {} }],
      },
      [],
    ],
    [
      'its old network, with nothing on it: remove it, and keep the new one',
      {
        desired: run(1, { egress: 'internet' }),
        containers: [container(0)],
        networks: (['none', 'internet'] as const).map((egress) => ({
          name: networkName(MESHLET, URI, egress),
          labels: {},
        })),
      },
      ['remove-network'],
      /nothing is on it/,
    ],
    [
      'unknown: touch nothing',
      {
        desired: { kind: 'keep', reason: 'unknown' },
        containers: [container(0, exited), container(7)],
      },
      [],
    ],
    [
      'paused here: stop',
      { paused: true, containers: [container(0)] },
      ['stop+remove'],
      /paused here/,
    ],
    [
      'restart policy no',
      { desired: run(1, { restart: { policy: 'no' } }), containers: [container(0, exited)] },
      [],
    ],
    [
      'restart unless stopped, as always',
      {
        desired: run(1, { restart: { policy: 'unless-stopped' } }),
        containers: [container(0, { state: 'exited', exitCode: 0 })],
      },
      ['start'],
    ],
    [
      'it runs and does nothing any more',
      { deadReason: () => 'it hangs', containers: [container(0)] },
      ['stop+start'],
      /it hangs/,
    ],
    [
      'the same with restart policy no',
      {
        deadReason: () => 'it hangs',
        desired: run(1, { restart: { policy: 'no' } }),
        containers: [container(0)],
      },
      [],
    ],
    [
      'restart on failure, ended well',
      {
        desired: run(1, { restart: { policy: 'on-failure' } }),
        containers: [container(0, { state: 'exited', exitCode: 0 })],
      },
      [],
    ],
    [
      'restart on failure, failed',
      {
        desired: run(1, { restart: { policy: 'on-failure' } }),
        containers: [container(0, exited)],
      },
      ['start'],
    ],
  ]
  it.each(cases.map(([name, change, kinds, reason]) => ({ name, change, kinds, reason })))(
    '$name',
    ({ change, kinds, reason }) => {
      const plan = planWorkload(input(change))
      expect(plan.actions.map(short)).toEqual(kinds)
      if (reason) expect(plan.actions.map((action) => action.reason).join('\n')).toMatch(reason)
    },
  )

  it('waits for the backoff and says how long', () => {
    const replicas = new Map([[0, { ready: false, notBeforeMs: 700 }]])
    expect(planWorkload(input({ nowMs: 200, replicas }))).toEqual({ actions: [], againInMs: 500 })
  })

  it('uses the grace period of the workload', () => {
    const desired = run(0, { stopGracePeriodMs: 123 })
    const [action] = planWorkload(input({ desired, containers: [container(0)] })).actions
    expect(action).toMatchObject({ kind: 'remove', graceMs: 123 })
  })
})

describe('applying a plan', () => {
  const state = fc.constantFrom<EngineContainer['state']>(
    'created',
    'running',
    'paused',
    'exited',
    'dead',
  )
  const world = fc.array(
    fc.record({ replica: fc.integer({ min: -1, max: 3 }), state, spec: fc.constantFrom(NEW, OLD) }),
    { maxLength: 8 },
  )

  /** What an engine does with the actions. */
  function apply(
    containers: readonly EngineContainer[],
    actions: readonly Action[],
  ): EngineContainer[] {
    let after = [...containers]
    for (const action of actions) {
      if (action.kind === 'remove') after = after.filter(({ id }) => id !== action.id)
      if (action.kind === 'create') after.push(container(action.replica))
      if (action.kind === 'start')
        after = after.map((one) =>
          one.id === action.id ? { ...one, state: 'running' as const } : one,
        )
    }
    return after
  }

  it('comes to rest with exactly the wanted replicas, from any world', () => {
    fc.assert(
      fc.property(world, fc.integer({ min: 0, max: 3 }), (ones, slots) => {
        const unique = new Map(ones.map((one) => [`${one.replica} ${one.spec}`, one]))
        let containers = [...unique.values()].map(({ replica, ...rest }) =>
          container(replica, rest),
        )
        const isReady = () => true
        for (let round = 0; round < 5; round++)
          containers = apply(
            containers,
            planWorkload(input({ desired: run(slots), containers, isReady })).actions,
          )
        expect(planWorkload(input({ desired: run(slots), containers, isReady })).actions).toEqual(
          [],
        )
        expect(containers).toHaveLength(slots)
        expect(
          containers.every((one) => one.state === 'running' && one.labels[LABEL.spec] === NEW),
        ).toBe(true)
      }),
      { seed: 1, numRuns: 500 },
    )
  })
})

it('keeps the replicas that are held, makes no lower one, and repairs them', () => {
  const held = { ...run(2), held: [1, 2] } as Desired
  const containers = [container(1), container(2, { state: 'exited' }), container(3)]
  const plan = planWorkload(input({ desired: held, containers }))
  expect(
    plan.actions.map((action) => [action.kind, 'replica' in action && action.replica]),
  ).toEqual([
    ['start', 2],
    ['remove', 3],
  ])
})

describe('stand-ins', () => {
  const standIns = (slots: number, count: number): Desired =>
    ({ ...run(slots), standIns: count }) as Desired

  it('stay as they are while another spec is wanted, the lowest first', () => {
    const containers = [
      container(1, { spec: OLD }),
      container(2, { spec: OLD }),
      container(3, { spec: OLD }),
    ]
    const plan = planWorkload(
      input({ desired: standIns(0, 2), containers, mayReplace: () => true }),
    )
    expect(plan.actions.map(({ kind, ...rest }) => [kind, 'name' in rest && rest.name])).toEqual([
      ['remove', containerName(MESHLET, URI, 3, OLD)],
    ])
  })

  it('are not made and not started', () => {
    const containers = [container(0, { state: 'exited', spec: OLD })]
    const plan = planWorkload(input({ desired: standIns(0, 1), containers }))
    expect(plan.actions.map(({ kind }) => kind)).toEqual(['remove'])
  })
})

describe('a network that is made ahead', () => {
  const desired = { kind: 'none', reason: 'not chosen', ahead: AHEAD } as const
  const name = networkName(MESHLET, URI, 'none')

  it('is asked for until it is there', () => {
    expect(planWorkload(input({ desired }))).toEqual({
      actions: [],
      networkAhead: { ...AHEAD, name },
    })
    const networks = [{ name, labels: {} }]
    expect(planWorkload(input({ desired, networks }))).toEqual({ actions: [] })
  })

  it('is not made, and goes, while the workload is paused here', () => {
    expect(planWorkload(input({ desired, paused: true }))).toEqual({ actions: [] })
    const networks = [{ name, labels: {} }]
    expect(planWorkload(input({ desired, networks, paused: true })).actions).toMatchObject([
      { kind: 'remove-network', name },
    ])
  })
})
