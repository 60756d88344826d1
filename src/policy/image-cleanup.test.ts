import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chooseRemovals, IDLE_MS_MIN, spaceToMake, type CleanupInput } from './image-cleanup.ts'

const HOUR_MS = 60 * 60_000
const NOW_MS = 1_000 * HOUR_MS
const GIB = 1024 ** 3

const image = (reference: string, idleHours: number, sizeBytes = GIB) => ({
  reference,
  sizeBytes,
  usedAtMs: NOW_MS - idleHours * HOUR_MS,
})

function choose(change: Partial<CleanupInput>) {
  return chooseRemovals({
    images: [image('new', 0), image('week', 170), image('day', 24), image('month', 700)],
    isNeeded: () => false,
    nowMs: NOW_MS,
    keepMs: 168 * HOUR_MS,
    spaceBytes: 0,
    ...change,
  })
}

describe('without need for room', () => {
  test('what was not used for long goes, the oldest use first', () => {
    expect(choose({})).toEqual([
      { reference: 'month', why: 'age' },
      { reference: 'week', why: 'age' },
    ])
  })

  test('what is needed stays, however old', () => {
    const isNeeded = (reference: string) => reference === 'month'
    expect(choose({ isNeeded })).toEqual([{ reference: 'week', why: 'age' }])
  })
})

describe('with need for room', () => {
  test('younger images go too, as many as it takes', () => {
    expect(choose({ spaceBytes: 2 * GIB })).toHaveLength(2)
    expect(choose({ spaceBytes: 2 * GIB + 1 }).at(-1)).toEqual({ reference: 'day', why: 'space' })
  })

  test('what was used just now stays in any case: somebody may be about to start it', () => {
    const removed = choose({ spaceBytes: 100 * GIB }).map(({ reference }) => reference)
    expect(removed).toEqual(['month', 'week', 'day'])
  })
})

test('never removes what is needed or was just used, nothing twice, and nothing without a reason', () => {
  const images = fc.uniqueArray(
    fc.record({
      reference: fc.stringMatching(/^[a-z]{1,3}$/),
      sizeBytes: fc.nat(1_000),
      usedAtMs: fc.integer({ min: NOW_MS - 300 * HOUR_MS, max: NOW_MS + HOUR_MS }),
    }),
    { selector: ({ reference }) => reference },
  )
  fc.assert(
    fc.property(images, fc.nat(5_000), fc.func(fc.boolean()), (all, spaceBytes, needed) => {
      const isNeeded = (reference: string) => needed(reference)
      const removals = choose({ images: all, spaceBytes, isNeeded })
      const byReference = new Map(all.map((one) => [one.reference, one]))
      const removed = removals.map(({ reference }) => byReference.get(reference))
      expect(new Set(removed).size).toBe(removals.length)
      let freed = 0
      for (const [index, one] of removed.entries()) {
        if (one === undefined) throw new Error('it was not there')
        expect(isNeeded(one.reference)).toBe(false)
        expect(NOW_MS - one.usedAtMs).toBeGreaterThanOrEqual(IDLE_MS_MIN)
        if (removals[index]?.why === 'space') expect(freed).toBeLessThan(spaceBytes)
        freed += one.sizeBytes
      }
    }),
  )
})

test('room is made down to the share of the disk that may be taken', () => {
  const disk = { totalBytes: 100, freeBytes: 10 }
  expect([0.85, 0.9, 0.95].map((share) => spaceToMake(disk, share))).toEqual([5, 0, 0])
})
