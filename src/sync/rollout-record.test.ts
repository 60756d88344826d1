import { describe, expect, it } from 'vitest'
import type { WorkloadRecord } from '../model/records.ts'
import { containerSpecOf, specHash } from '../model/spec-hash.ts'
import { historyOf, isUndone, rolloutAfter, undo, withPause } from './rollout-record.ts'

const FIRST: WorkloadRecord = {
  $type: 'commune.scheduler.workload',
  kind: 'Workload',
  name: 'web',
  image: 'registry.example/web:1@sha256:1',
  env: [{ name: 'A', value: '1' }],
  replicas: 3,
  source: { set: 'site', revision: 'commit-1', path: 'web.yaml' },
  createdAt: '2026-01-01T00:00:00.000Z',
}
const at = (day: number, isGood?: boolean) => ({
  now: `2026-01-0${day}T00:00:00.000Z`,
  isProven: () => isGood,
})

/** The next one of a series: another image, from another commit. */
function next(before: WorkloadRecord, number: number, isGood?: boolean): WorkloadRecord {
  const after: WorkloadRecord = {
    ...before,
    image: `registry.example/web:${number}@sha256:${number}`,
    previous: containerSpecOf(before),
    source: { set: 'site', revision: `commit-${number}`, path: 'web.yaml' },
  }
  const rollout = rolloutAfter(before, after, at(Math.min(number, 9), isGood))
  return { ...after, ...(rollout && { rollout }) }
}

const SECOND = next(FIRST, 2)
const numbers = (record: WorkloadRecord) => historyOf(record).map(({ number }) => number)

function undone(record: WorkloadRecord, isGood?: boolean) {
  const result = undo(record, at(5, isGood))
  if (result.kind !== 'undone') throw new Error(result.reason)
  return result
}

describe('the history', () => {
  it('begins with what was published first', () => {
    expect(historyOf(FIRST)).toEqual([
      {
        number: 1,
        specHash: specHash(FIRST),
        image: FIRST.image,
        publishedAt: FIRST.createdAt,
        commit: 'commit-1',
      },
    ])
  })

  it('grows with each container, the newest first, and keeps ten', () => {
    expect(historyOf(SECOND).map(({ commit }) => commit)).toEqual(['commit-2', 'commit-1'])
    let record = SECOND
    for (let number = 3; number < 20; number++) record = next(record, number)
    expect(numbers(record)).toEqual([19, 18, 17, 16, 15, 14, 13, 12, 11, 10])
  })

  it('does not grow when nothing of the container changes', () => {
    const scaled = { ...SECOND, replicas: 9 }
    expect(rolloutAfter(SECOND, scaled, at(3))).toBe(SECOND.rollout)
  })

  it('remembers what was seen to be good when it was replaced', () => {
    expect(historyOf(next(SECOND, 3, false))[1]).toMatchObject({ number: 2, proven: false })
    expect(historyOf(next(SECOND, 3, true))[1]).toMatchObject({ number: 2, proven: true })
    // Of the very first nobody asks, since there is nothing to go back to.
    expect(historyOf(SECOND)[1]).not.toHaveProperty('proven')
  })

  it('goes on where another tool changed the container and wrote no history', () => {
    expect(numbers({ ...SECOND, image: 'registry.example/web@sha256:9' })).toEqual([3, 2, 1])
  })
})

describe('undo', () => {
  it('brings the container before back, and nothing else', () => {
    const { record, from, to } = undone({ ...SECOND, replicas: 7, priority: 5 })
    expect(specHash(record)).toBe(specHash(FIRST))
    expect(record).toMatchObject({ image: FIRST.image, env: FIRST.env, replicas: 7, priority: 5 })
    expect([from.number, to.number, to.undoes]).toEqual([2, 3, 2])
  })

  it('says from which commit the container comes that runs now', () => {
    expect(undone(SECOND).record.source).toMatchObject(FIRST.source ?? {})
    expect(undone(SECOND).to.commit).toBe('commit-1')
  })

  it('can itself be undone if what it took back was good, and only then', () => {
    expect(undone(SECOND, false).record.previous).toBeUndefined()
    expect(undone(SECOND).record.previous).toBeUndefined()
    const back = undone(SECOND, true).record
    expect(undone(back).record.image).toBe(SECOND.image)
    expect(undo(undone(SECOND).record, at(6)).kind).toBe('nothing')
  })

  it('has nothing to do for what was published once', () => {
    expect(undo(FIRST, at(2))).toMatchObject({ kind: 'nothing' })
  })

  it('does not go back to what is not what it says', () => {
    const damaged = { ...SECOND, previous: { ...containerSpecOf(FIRST), user: '0' } }
    expect(undo(damaged, at(2))).toMatchObject({ kind: 'nothing' })
  })

  it('is remembered until something else is published', () => {
    const { record } = undone(SECOND)
    expect(isUndone(record, specHash(SECOND))).toBe(true)
    expect(isUndone(record, specHash(FIRST))).toBe(false)
    expect(isUndone(next(record, 4), specHash(SECOND))).toBe(false)
  })
})

describe('pausing', () => {
  it('and resuming leave the record as it was', () => {
    expect(withPause(withPause(FIRST, true), false)).toEqual(FIRST)
    expect(withPause(withPause(SECOND, true), false)).toEqual(SECOND)
  })

  it('twice changes nothing', () => {
    const paused = withPause(SECOND, true)
    expect(withPause(paused, true)).toBe(paused)
    expect(withPause(SECOND, false)).toBe(SECOND)
  })

  it('lasts while other containers are published', () => {
    expect(next(withPause(SECOND, true), 3).rollout?.paused).toBe(true)
  })
})
