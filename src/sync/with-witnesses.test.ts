import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { formatPlan } from './format-plan.ts'
import { planSync } from './plan-sync.ts'
import { desired, draft, existing, NOW, planInput } from './sync-fixtures.ts'

const ONE = { replicas: 1, placement: { atMostOne: true } }
const GENERATION = Math.floor(Date.parse(NOW) / 1_000)

function machines(...names: readonly string[]) {
  const candidates = names.map((name) => ({
    meshletDid: did(name),
    ownerDid: did(`owner-of-${name}`),
    runsIt: false,
  }))
  return () => ({ candidates, leasedGeneration: 0 })
}

describe('a workload that must never run twice', () => {
  test('is published with its witnesses, and is unchanged after that', () => {
    const candidatesOf = machines('a', 'b', 'c')
    const [item] = planSync(planInput({ desired: [desired('db', ONE)], candidatesOf })).items
    if (item?.action !== 'create') throw new Error('it is not created')
    expect(item.record.placement).toEqual({
      atMostOne: true,
      witnesses: [did('a'), did('b'), did('c')],
      witnessGeneration: GENERATION,
    })
    const published = existing('db', item.record)
    const again = planInput({ desired: [desired('db', ONE)], existing: [published], candidatesOf })
    expect(planSync(again).items).toMatchObject([{ action: 'unchanged' }])
  })

  test('keeps its witnesses while the machines can’t be read', () => {
    const placement = { atMostOne: true, witnesses: [did('a')], witnessGeneration: 3 }
    const input = planInput({
      desired: [desired('db', ONE)],
      existing: [existing('db', { ...draft('db', ONE), placement })],
    })
    expect(planSync(input).items).toMatchObject([{ action: 'unchanged' }])
  })

  test('gets others when one is no candidate any more, and nothing restarts for it', () => {
    const placement = {
      atMostOne: true,
      witnesses: [did('a'), did('b'), did('x')],
      witnessGeneration: 3,
    }
    const [item] = planSync(
      planInput({
        desired: [desired('db', ONE)],
        existing: [existing('db', { ...draft('db', ONE), placement })],
        candidatesOf: machines('a', 'b', 'c'),
      }),
    ).items
    expect(item).toMatchObject({
      action: 'update',
      consequences: ['in place'],
      record: {
        placementNonce: 'nonce-of-db',
        placement: { previousWitnesses: placement.witnesses, witnessGeneration: GENERATION },
      },
    })
  })

  test.each([
    [machines('a', 'b'), /fewer than three machines: did:plc:[ab] alone may run it/],
    [machines(), /no machine that may run it could be read/],
  ])('with too few machines the plan says what that means', (candidatesOf, said) => {
    const plan = planSync(planInput({ desired: [desired('db', ONE)], candidatesOf }))
    expect(formatPlan(plan, { color: false, wide: false, ownerName: 'alice' })).toMatch(said)
  })
})

test('others are not asked about', () => {
  const candidatesOf = () => {
    throw new Error('asked')
  }
  const plan = planSync(planInput({ desired: [desired('web')], candidatesOf }))
  expect(plan.items).toMatchObject([{ action: 'create' }])
})
