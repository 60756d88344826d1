import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { nameWitnesses, type NameWitnessesInput } from './name-witnesses.ts'

const NOW = 1_700_000_000
const URI = 'at://did:plc:alice/commune.scheduler.workload/db'

/** Machines as `owner/machine`; one with a star runs the workload. */
function input(machines: readonly string[], change: Partial<NameWitnessesInput> = {}) {
  const candidates = machines.map((text) => {
    const [owner = '', machine = ''] = text.replace('*', '').split('/')
    return { ownerDid: did(owner), meshletDid: did(machine), runsIt: text.includes('*') }
  })
  return {
    uri: URI,
    candidates,
    before: undefined,
    leasedGeneration: 0,
    nowSeconds: NOW,
    ...change,
  }
}
const THREE = ['a/a1', 'b/b1', 'c/c1']
const before = (names: readonly string[], previous: readonly string[] = [], generation = 5) => ({
  witnesses: names.map((name) => did(name)),
  previous: previous.map((name) => did(name)),
  generation,
})

describe('the first witnesses', () => {
  test('are three of three or four, five of more', () => {
    const count = (n: number) =>
      nameWitnesses(input(Array.from({ length: n }, (_, i) => `o${i}/m${i}`)))?.sets.witnesses
        .length
    expect([0, 1, 2, 3, 4, 5, 9].map(count)).toEqual([undefined, 1, 1, 3, 3, 5, 5])
  })

  test('are of different owners as far as that goes', () => {
    const named = nameWitnesses(input(['a/a1', 'a/a2', 'a/a3', 'a/a4', 'b/b1', 'c/c1', 'a/a5']))
    expect(named?.sets.witnesses).toContain(did('b1'))
    expect(named?.sets.witnesses).toContain(did('c1'))
  })

  test('with one or two machines there is one, whoever runs it already, and the owner is told', () => {
    const named = nameWitnesses(input(['a/a1', 'b/b1*']))
    expect(named?.sets.witnesses).toEqual([did('b1')])
    expect(named?.note).toMatch(/fewer than three machines: did:plc:b1 alone/)
    expect(nameWitnesses(input(['a/a1*', 'b/b1']))?.sets.witnesses).toEqual([did('a1')])
  })

  test('do not depend on the order in which the machines are given', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...THREE, 'a/a2', 'b/b2', 'd/d1']), (machines) => {
        const sorted = machines.toSorted()
        expect(nameWitnesses(input(machines))).toEqual(nameWitnesses(input(sorted)))
      }),
    )
  })
})

describe('witnesses that are named already', () => {
  test('stay while they are candidates, whoever joins', () => {
    const sets = before(['a1', 'b1', 'c1'])
    const named = nameWitnesses(input([...THREE, 'd/d1', 'e/e1', 'f/f1'], { before: sets }))
    expect(named).toEqual({ sets })
  })

  test('are replaced when they are none any more; the set before keeps its say', () => {
    const sets = before(['a1', 'b1', 'x1'])
    const named = nameWitnesses(input(THREE, { before: sets }))
    expect(named?.sets).toEqual({
      witnesses: ['a1', 'b1', 'c1'].map((name) => did(name)),
      previous: sets.witnesses,
      generation: NOW,
    })
  })

  test('the set before loses it when a lease was granted by both', () => {
    const sets = before(['a1', 'b1', 'c1'], ['a1', 'b1', 'x1'])
    expect(nameWitnesses(input(THREE, { before: sets, leasedGeneration: 4 }))?.sets).toEqual(sets)
    expect(nameWitnesses(input(THREE, { before: sets, leasedGeneration: 5 }))?.sets).toEqual({
      ...sets,
      previous: [],
      generation: NOW,
    })
  })

  test('do not change twice before that', () => {
    const sets = before(['a1', 'b1', 'x1'], ['a1', 'y1', 'x1'])
    const named = nameWitnesses(input(THREE, { before: sets, leasedGeneration: 4 }))
    expect(named?.sets).toEqual(sets)
    expect(named?.note).toMatch(/change again only when/)
  })

  test('become three when there are enough machines, and one when there are not', () => {
    const one = nameWitnesses(input(THREE, { before: before(['a1']) }))
    expect(one?.sets.witnesses).toHaveLength(3)
    const few = nameWitnesses(input(['a/a1', 'b/b1*'], { before: before(['a1', 'b1', 'x1']) }))
    expect(few?.sets.witnesses).toEqual([did('b1')])
  })

  test('have a generation that grows even when the clock is wrong', () => {
    const sets = before(['a1', 'b1', 'x1'], [], NOW + 99)
    expect(nameWitnesses(input(THREE, { before: sets }))?.sets.generation).toBe(NOW + 100)
  })

  test('of a workload that anybody wrote without them are named like the first', () => {
    const named = nameWitnesses(input(THREE, { before: before([]) }))
    expect(named?.sets).toMatchObject({ previous: [] })
    expect(named?.sets.witnesses).toHaveLength(3)
  })
})
