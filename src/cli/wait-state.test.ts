import { describe, expect, it } from 'vitest'
import type { BidRecord, Did, ReplicaStatus, WorkloadStatusRecord } from '../model/records.ts'
import { waitStateOf } from './wait-state.ts'
import type { WorkloadView } from './workload-view.ts'

const A: Did = 'did:plc:a'
const B: Did = 'did:plc:b'
const name = (did: Did) => did.slice(-1)
const context = { nameOf: name, upMs: () => 10_000 }

interface World {
  readonly wanted?: number
  readonly missing?: number
  /** Who is to run it. */
  readonly chosen?: Did
  readonly cid?: string
  readonly replicas?: readonly Partial<ReplicaStatus>[]
  readonly status?: Partial<WorkloadStatusRecord>
  readonly bids?: readonly (readonly [Did, Partial<BidRecord>])[]
  readonly candidates?: readonly Did[]
  readonly down?: readonly Did[]
}

function view(world: World = {}): WorkloadView {
  const candidates = world.candidates ?? [A, B]
  return {
    cid: world.cid ?? 'rev',
    record: {},
    wanted: world.wanted ?? 1,
    specHash: 'spec',
    placementKey: 'key',
    candidates: {
      candidates: candidates.map((did) => ({ meshletDid: did, ownerDid: did, verdict: 'yes' })),
      unread: [],
    },
    bids: (world.bids ?? []).map(([did, value]) => ({
      meshletDid: did,
      ownerDid: did,
      cid: 'x',
      value: { placementKey: 'key', slots: 1, ...value },
    })),
    choice: {
      winners: [{ meshletDid: world.chosen ?? A, slots: 9 }],
      standbys: [],
      missing: world.missing ?? 0,
      ranked: [],
      ignored: [],
    },
    suspects: { down: new Set(world.down ?? []), accusations: new Map() },
    statuses: [
      {
        meshletDid: A,
        record: {
          observedRevision: 'rev',
          replicas: (world.replicas ?? []).map((replica, index) => ({
            index,
            phase: 'running',
            specHash: 'spec',
            ...replica,
          })),
          ...world.status,
        },
      },
    ],
  } as unknown as WorkloadView
}

function kind(world: World): string {
  return waitStateOf(view(world), 'rev', context).kind
}

describe('waitStateOf', () => {
  it.each<[string, World, string]>([
    ['nothing is reported', {}, 'going'],
    ['it runs', { replicas: [{}] }, 'done'],
    ['it is healthy', { replicas: [{ health: 'healthy' }] }, 'done'],
    ['no replica is wanted', { wanted: 0 }, 'done'],
    [
      'it runs where it was before, and not yet where it is to',
      { chosen: B, replicas: [{}] },
      'going',
    ],
    ['only one of two runs', { wanted: 2, replicas: [{}] }, 'going'],
    ['its probe has not answered yet', { replicas: [{ health: 'starting' }] }, 'going'],
    ['it is pulled', { replicas: [{ phase: 'pulling' }] }, 'going'],
    ['the one before runs beside it', { replicas: [{ replacing: true }] }, 'going'],
    [
      'the old spec still runs where it is not to',
      { chosen: A, replicas: [{}, { specHash: 'old' }] },
      'going',
    ],
    ['the old spec runs', { replicas: [{ specHash: 'old' }] }, 'going'],
    [
      'the revision was not seen yet',
      { replicas: [{}], status: { observedRevision: 'old' } },
      'going',
    ],
    ['it crashes again and again', { replicas: [{ phase: 'crash-loop' }] }, 'not-healthy'],
    ['its image can not be pulled yet', { replicas: [{ phase: 'failed' }] }, 'going'],
    ['it ended for good', { replicas: [{ phase: 'failed', exitCode: 1 }] }, 'not-healthy'],
    ['the old spec crashes', { replicas: [{ phase: 'crash-loop', specHash: 'old' }] }, 'going'],
    ['its probe fails', { replicas: [{ health: 'unhealthy' }] }, 'not-healthy'],
    ['the roll-out failed', { status: { failed: 'spec' } }, 'not-healthy'],
    ['an older roll-out failed', { status: { failed: 'old' } }, 'going'],
    ['somebody may still bid', { missing: 1, bids: [[A, { slots: 0 }]] }, 'going'],
    [
      'all passed',
      {
        missing: 1,
        bids: [
          [A, { slots: 0 }],
          [B, { slots: 0 }],
        ],
      },
      'not-placed',
    ],
    [
      'all passed for another key',
      {
        missing: 1,
        bids: [
          [A, { slots: 0, placementKey: 'old' }],
          [B, { slots: 0 }],
        ],
      },
      'going',
    ],
    ['there is no candidate', { missing: 1, candidates: [] }, 'not-placed'],
    ['what runs is on a machine that is down', { replicas: [{}], down: [A] }, 'going'],
    [
      'what crashes is on a machine that is down',
      { replicas: [{ phase: 'crash-loop' }], down: [A] },
      'going',
    ],
    [
      'what runs is on a machine that is no candidate',
      { replicas: [{}], candidates: [B] },
      'going',
    ],
    [
      'one is down and the others passed',
      { missing: 1, bids: [[B, { slots: 0 }]], down: [A] },
      'not-placed',
    ],
    ['something newer was published', { cid: 'newer', replicas: [{}] }, 'superseded'],
  ])('when %s', (_, world, expected) => {
    expect(kind(world)).toBe(expected)
  })

  it('believes a container without a probe only when it has been up for a while', () => {
    const judge = (replica: Partial<ReplicaStatus>, upMs: number) =>
      waitStateOf(view({ replicas: [replica] }), 'rev', { nameOf: name, upMs: () => upMs }).kind
    expect(judge({}, 9_999)).toBe('going')
    expect(judge({}, 10_000)).toBe('done')
    expect(judge({ health: 'healthy' }, 0)).toBe('done')
    expect(judge({ health: 'healthy', restarts: 1 }, 9_999)).toBe('going')
  })

  it('is over when the workload is deleted', () => {
    expect(waitStateOf(undefined, 'rev', context).kind).toBe('superseded')
  })

  it('says why nobody takes it', () => {
    const state = waitStateOf(
      view({
        missing: 1,
        bids: [
          [A, { slots: 0, reason: 'no-memory', message: '64Mi free' }],
          [B, { slots: 0, reason: 'policy' }],
        ],
      }),
      'rev',
      context,
    )
    expect(state).toMatchObject({
      kind: 'not-placed',
      reasons: ['a: 64Mi free', 'b: policy'],
      certain: true,
    })
  })

  it('says once what all say, and is not certain while somebody is down', () => {
    const passed = { slots: 0, message: 'no room' }
    const bids = [
      [A, passed],
      [B, passed],
    ] as const
    expect(waitStateOf(view({ missing: 1, bids }), 'rev', context)).toMatchObject({
      reasons: ['all 2 machines: no room'],
      certain: true,
    })
    expect(waitStateOf(view({ missing: 1, bids, down: [B] }), 'rev', context)).toMatchObject({
      reasons: ['all 2 machines: no room'],
      certain: true,
    })
    const one = [[A, passed]] as const
    expect(waitStateOf(view({ missing: 1, bids: one, down: [B] }), 'rev', context)).toMatchObject({
      reasons: ['a: no room', 'b: is down'],
      certain: false,
    })
  })

  it('names the machines whose log tells more', () => {
    const state = waitStateOf(
      view({ replicas: [{ phase: 'crash-loop', exitCode: 1 }] }),
      'rev',
      context,
    )
    expect(state).toMatchObject({ kind: 'not-healthy', machines: [A] })
  })
})
