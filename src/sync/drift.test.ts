import { expect, it } from 'vitest'
import { planSync, type DesiredWorkload } from './plan-sync.ts'
import { desired, existing, planInput } from './sync-fixtures.ts'
import type { ExistingWorkload, PlanItem } from './sync-plan.ts'

function plan(workload: DesiredWorkload, existing: readonly ExistingWorkload[]): PlanItem {
  const [item, ...more] = planSync(planInput({ desired: [workload], existing })).items
  if (item === undefined || more.length > 0) throw new Error('one workload, one item')
  return item
}

function published() {
  const item = plan(desired('hello'), [])
  if (item.action !== 'create') throw new Error('it is new')
  return item.record
}

it('tells what something else changed from what changed in the folder, and puts it back', () => {
  const scaled = existing('hello', { ...published(), replicas: 7 })
  const item = plan(desired('hello'), [scaled])
  expect(item).toMatchObject({ action: 'update', drifted: true, record: { replicas: 2 } })
  expect(item.reason).toContain('something else changed it')

  const edited = plan(desired('hello', { replicas: 7 }), [existing('hello', published())])
  expect(edited).toMatchObject({ action: 'update', reason: 'changed in this folder' })
  expect(edited).not.toHaveProperty('drifted')
})

it('is not a rebalance, nor unknown in a record of an older version', () => {
  const rebalanced = existing('hello', { ...published(), placementNonce: 'drawn-anew' })
  expect(plan(desired('hello'), [rebalanced])).toMatchObject({ action: 'unchanged' })
  const edited = desired('hello', { replicas: 3 })
  expect(plan(edited, [rebalanced])).not.toHaveProperty('drifted')
  expect(plan(edited, [existing('hello')])).not.toHaveProperty('drifted')
})
