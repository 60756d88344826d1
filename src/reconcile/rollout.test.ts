import { describe, expect, test } from 'vitest'
import type { ReplicaStatus, WorkloadRecord, WorkloadStatusRecord } from '../model/records.ts'
import { containerSpecOf, specHash } from '../model/spec-hash.ts'
import { did } from '../../test/support/memory-view.ts'
import { planRollout, previousOf, type Holder, type RolloutInput } from './rollout.ts'

const before: WorkloadRecord = {
  $type: 'commune.scheduler.workload',
  kind: 'Workload',
  name: 'web',
  image: `registry.example/web@sha256:${'0'.repeat(64)}`,
  env: [{ name: 'A', value: '1' }],
  createdAt: '2026-01-01T00:00:00.000Z',
}
const workload: WorkloadRecord = {
  ...before,
  image: `registry.example/web@sha256:${'1'.repeat(64)}`,
  user: '1000',
  previous: containerSpecOf(before),
}
const newest = { workload, specHash: specHash(workload) }
const OLD = specHash(before)
const NEW = newest.specHash

/** A meshlet whose replicas run these specs, all healthy. */
function holder(name: string, specs: readonly string[], failed?: string): Holder {
  const replicas = specs.map((hash, index): ReplicaStatus => ({
    index,
    phase: 'running',
    health: 'healthy',
    specHash: hash,
  }))
  const status = { phase: 'running', replicas, ...(failed && { failed }) } as WorkloadStatusRecord
  return { meshletDid: did(name), slots: specs.length, status }
}

function input(change: Partial<RolloutInput> = {}): RolloutInput {
  return {
    self: did('me'),
    newest,
    previous: previousOf(newest),
    holders: [holder('a', [OLD]), holder('me', [OLD, OLD]), holder('z', [OLD])],
    isAnyUnread: false,
    isProven: false,
    isHere: false,
    hasFailedHere: false,
    isSettled: (_, replica, hash) => replica.specHash === hash,
    isSettledHere: () => false,
    isUnderWay: () => false,
    isUnderWayHere: () => false,
    ...change,
  }
}

const updated = (update: NonNullable<WorkloadRecord['update']>) => ({
  newest: { workload: { ...workload, update }, specHash: NEW },
})

describe('whose turn it is', () => {
  test('the first in rank order, then the next once it has settled', () => {
    expect(planRollout(input()).mayReplace(0, 'start-first')).toBe(false)
    const settled = [holder('a', [NEW]), holder('me', [OLD, OLD])]
    expect(planRollout(input({ holders: settled })).mayReplace(0, 'start-first')).toBe(true)
    expect(planRollout(input({ holders: settled })).mayReplace(1, 'start-first')).toBe(false)
    const isSettledHere = (replica: number) => replica === 0
    expect(
      planRollout(input({ holders: settled, isSettledHere })).mayReplace(1, 'start-first'),
    ).toBe(true)
  })

  test('nobody’s, while somebody who may be in the middle of it has not been read', () => {
    const settled = [holder('a', [NEW]), holder('me', [OLD, OLD])]
    const rollout = planRollout(input({ holders: settled, isAnyUnread: true }))
    expect(rollout.mayReplace(0, 'start-first')).toBe(false)
    expect(rollout.target.specHash).toBe(NEW)
  })

  test.each([
    ['maxSurge 2 lets two go at once, start first', { maxSurge: 2 }, 'start-first', true],
    ['but only one, stop first', { maxSurge: 2 }, 'stop-first', false],
    ['maxUnavailable 2 lets two go at once, stop first', { maxUnavailable: 2 }, 'stop-first', true],
    ['but only one, start first', { maxUnavailable: 2 }, 'start-first', false],
  ] as const)('%s', (_, update, order, expected) => {
    expect(planRollout(input(updated(update))).mayReplace(0, order)).toBe(expected)
  })

  test('with maxUnavailable 0 nothing ever stops first', () => {
    const rollout = planRollout(
      input({ ...updated({ maxUnavailable: 0 }), holders: [holder('me', [OLD])] }),
    )
    expect(rollout.mayReplace(0, 'stop-first')).toBe(false)
    expect(rollout.mayReplace(0, 'start-first')).toBe(true)
  })

  test('those after it count while they have only just begun, whatever they run', () => {
    const isUnderWay = (of: string) => of === did('z')
    const first = [holder('me', [OLD]), holder('z', [OLD])]
    expect(planRollout(input({ holders: first })).mayReplace(0, 'stop-first')).toBe(true)
    const fresh = planRollout(input({ holders: first, isUnderWay }))
    expect(fresh.mayReplace(0, 'stop-first')).toBe(false)
    expect(fresh.mayReplace(0, 'start-first')).toBe(false)
    const own = [holder('me', [OLD, OLD])]
    const isUnderWayHere = (replica: number) => replica === 1
    expect(planRollout(input({ holders: own })).mayReplace(0, 'stop-first')).toBe(true)
    const begun = planRollout(input({ holders: own, isUnderWayHere }))
    expect(begun.mayReplace(0, 'stop-first')).toBe(false)
    expect(begun.mayReplace(1, 'stop-first')).toBe(false)
  })

  test('somebody who runs nothing holds nobody up', () => {
    const holders = [{ ...holder('a', [OLD]), status: undefined }, holder('me', [OLD])]
    expect(planRollout(input({ holders })).mayReplace(0, 'start-first')).toBe(true)
  })

  test('who was not chosen replaces nothing', () => {
    expect(planRollout(input({ holders: [] })).mayReplace(0, 'start-first')).toBe(false)
  })
})

describe('a failure', () => {
  const failedAtA = [holder('a', [NEW], NEW), holder('me', [OLD, OLD])]

  test('that somebody reports is reported by all who see it, and the spec before is the target', () => {
    const rollout = planRollout(input({ holders: failedAtA }))
    expect(rollout.failed).toBe(NEW)
    expect(rollout.target.specHash).toBe(OLD)
    expect(rollout.target.workload).toMatchObject({ image: before.image, env: before.env })
    expect(rollout.target.workload.user).toBeUndefined()
  })

  test('lets those go back that have moved', () => {
    const holders = [holder('me', [NEW]), holder('z', [OLD])]
    const rollout = planRollout(input({ holders, hasFailedHere: true }))
    expect(rollout.mayReplace(0, 'start-first')).toBe(true)
  })

  test('leaves all as it is with onFailure: halt', () => {
    const holders = [holder('me', [NEW]), holder('z', [OLD])]
    const halt = { ...updated({ onFailure: 'halt' }), holders, hasFailedHere: true }
    const rollout = planRollout(input(halt))
    expect(rollout.mayReplace(0, 'start-first')).toBe(false)
    expect(rollout.failed).toBe(NEW)
  })

  test('is no verdict once a replica was healthy on it', () => {
    const rollout = planRollout(input({ holders: failedAtA, isProven: true }))
    expect(rollout.failed).toBeUndefined()
    expect(rollout.target).toBe(newest)
  })

  test('of another spec means nothing', () => {
    const holders = [holder('a', [OLD], 'long-ago'), holder('me', [OLD])]
    expect(planRollout(input({ holders })).failed).toBeUndefined()
  })

  test('halts where there is nothing to go back to', () => {
    const rollout = planRollout(input({ previous: undefined, hasFailedHere: true }))
    expect(rollout.target).toBe(newest)
    expect(rollout.mayReplace(0, 'start-first')).toBe(false)
  })
})

describe('while its owner holds it', () => {
  const paused = { ...newest, workload: { ...workload, rollout: { paused: true } } }

  test('nothing is replaced, and what is missing starts on the spec before', () => {
    const rollout = planRollout(input({ newest: paused, holders: [holder('me', [OLD])] }))
    expect(rollout.mayReplace(0, 'start-first')).toBe(false)
    expect(rollout.mayReplace(0, 'stop-first')).toBe(false)
    expect(rollout.target.specHash).toBe(OLD)
    expect(rollout.failed).toBeUndefined()
  })

  test.each([
    ['it is known to be good', { isProven: true }],
    ['it has begun here', { isHere: true }],
    ['there is nothing before', { previous: undefined }],
  ])('it starts on the newest if %s', (_, change) => {
    expect(planRollout(input({ newest: paused, ...change })).target.specHash).toBe(NEW)
  })
})

describe('what can be gone back to', () => {
  const withPrevious = (previous: WorkloadRecord['previous']) =>
    previousOf({ workload: { ...workload, ...(previous && { previous }) }, specHash: NEW })

  test('is what the record embeds, if it is what it says', () => {
    expect(withPrevious(containerSpecOf(before))?.specHash).toBe(OLD)
    expect(withPrevious({ ...containerSpecOf(before), specHash: 'x' })).toBeUndefined()
    expect(withPrevious({ ...containerSpecOf(before), user: '0' })).toBeUndefined()
  })

  test('is nothing that needs more than the bids reserve', () => {
    const big = containerSpecOf({ ...before, resources: { memoryBytes: 2 ** 40 } })
    expect(withPrevious(big)).toBeUndefined()
  })

  test('is not the newest itself', () => {
    expect(withPrevious(containerSpecOf(workload))).toBeUndefined()
  })
})
