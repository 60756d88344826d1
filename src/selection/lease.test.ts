import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import type { Did } from '../model/records.ts'
import {
  assertLeaseBound,
  bindingMs,
  CLOCK_DRIFT_MAX,
  countGrants,
  fixedHolder,
  KILL_MS_MAX,
  leaseUntilMs,
  witnessSetsOf,
} from './lease.ts'
import { PROFILES } from './liveness.ts'

const S = 10_000
const names = (...all: string[]) => all.map((name) => did(name))
const sets = (witnesses: readonly Did[], previous: readonly Did[] = []) => ({
  witnesses,
  previous,
  generation: 1,
})
const granted = (ages: Readonly<Record<string, number>>) =>
  new Map(Object.entries(ages).map(([name, askedMs]) => [did(name), askedMs]))

describe('a lease holds', () => {
  test.each<[string, readonly Did[], readonly Did[], Record<string, number>, number | undefined]>([
    ['by nobody', names('a', 'b', 'c'), [], {}, undefined],
    ['by one of three', names('a', 'b', 'c'), [], { a: 100 }, undefined],
    ['from the older ask of two of three', names('a', 'b', 'c'), [], { a: 100, b: 50 }, 50 + S],
    ['from the middle ask of three', names('a', 'b', 'c'), [], { a: 100, b: 50, c: 70 }, 70 + S],
    ['by three of five', names('a', 'b', 'c', 'd', 'e'), [], { a: 9, b: 8, c: 7, d: 6 }, 7 + S],
    ['by a single one', names('a'), [], { a: 5 }, 5 + S],
    ['by strangers', names('a', 'b', 'c'), [], { a: 1, x: 2, y: 3 }, undefined],
    ['without witnesses', [], [], { a: 1 }, undefined],
    ['by both sets', names('a', 'b', 'c'), names('a', 'd', 'e'), { a: 9, b: 8, d: 3 }, 3 + S],
    ['not by the new set alone', names('a', 'b'), names('d', 'e'), { a: 9, b: 8, d: 3 }, undefined],
  ])('%s', (_, witnesses, previous, asks, until) => {
    expect(leaseUntilMs(sets(witnesses, previous), granted(asks), S)).toBe(until)
  })

  test('and says how many are behind it', () => {
    const all = sets(names('a', 'b', 'c'))
    expect(countGrants(all, granted({ a: 100, b: 5 }), 10)).toEqual({
      granted: 1,
      needed: 2,
      of: 3,
    })
  })
})

test('witnesses are read from the record, each once', () => {
  const placement = { atMostOne: true, witnesses: names('a', 'a', 'b'), witnessGeneration: 4 }
  expect(witnessSetsOf({ placement })).toEqual({
    witnesses: names('a', 'b'),
    previous: [],
    generation: 4,
  })
  expect(witnessSetsOf({ placement: { ...placement, atMostOne: false } })).toBeUndefined()
  expect(witnessSetsOf({})).toBeUndefined()
})

test('a single witness is the fixed holder', () => {
  expect(fixedHolder({ placement: { atMostOne: true, witnesses: names('a') } })).toBe(did('a'))
  expect(fixedHolder({ placement: { atMostOne: true, witnesses: names('a', 'b', 'c') } })).toBe(
    undefined,
  )
  expect(fixedHolder({ placement: { witnesses: names('a') } })).toBeUndefined()
})

describe('the bound D(1 − ρ) ≥ S(1 + ρ) + κ', () => {
  test.each(Object.entries(PROFILES))('holds for the profile %s', (name, profile) => {
    expect(() => assertLeaseBound(profile, name)).not.toThrow()
    const { challengeMs, fenceMs } = profile
    expect(challengeMs * (1 - CLOCK_DRIFT_MAX)).toBeGreaterThanOrEqual(
      fenceMs * (1 + CLOCK_DRIFT_MAX) + KILL_MS_MAX,
    )
  })

  test('is checked', () => {
    const close = { ...PROFILES.fast, challengeMs: PROFILES.fast.fenceMs + KILL_MS_MAX }
    expect(() => assertLeaseBound(close, 'close')).toThrow(/the profile close lets two run/)
  })

  test('a witness with the fastest clock is bound until the slowest holder is dead', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 240_000 }), (termMs) => {
        const deadMs = termMs * (1 + CLOCK_DRIFT_MAX) + KILL_MS_MAX
        expect(bindingMs(termMs) * (1 - CLOCK_DRIFT_MAX)).toBeGreaterThanOrEqual(deadMs - 1e-6)
      }),
    )
  })
})
