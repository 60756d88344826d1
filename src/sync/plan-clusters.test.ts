import { expect, test } from 'vitest'
import { applyPlan } from './apply-plan.ts'
import { formatPlan } from './format-plan.ts'
import type { ExistingCluster } from './plan-clusters.ts'
import { planSync } from './plan-sync.ts'
import { EARLIER, NOW, planInput, SET } from './sync-fixtures.ts'

const FILE = { name: 'friends', file: 'cluster.yaml', line: 1, record: { graceDays: 30 } }

function published(graceDays: number, set: string = SET): ExistingCluster {
  const createdAt = EARLIER as never
  const record = { $type: 'commune.scheduler.clusterPolicy', graceDays, createdAt } as const
  return { name: 'friends', cid: 'cid', set, record: { ...record, source: { set } } }
}

function planOf(changes: Parameters<typeof planInput>[0]) {
  const plan = planSync(planInput(changes))
  const text = formatPlan(plan, { color: false, wide: false, ownerName: 'alice' })
  return { plan, first: text.split('\n')[0], text }
}

test('new rules are published in the same commit as everything else', async () => {
  const { plan, first } = planOf({ clusters: [FILE] })
  expect(first).toBe('+ friends  rules of a cluster: new  cluster.yaml:1')
  const written: unknown[] = []
  await applyPlan(plan, {
    swapCommit: undefined,
    writer: {
      did: plan.owner,
      apply: async (writes) => {
        written.push(...writes)
        return { rev: '1', commit: 'c', cids: ['x'] }
      },
    },
  })
  expect(written).toMatchObject([
    {
      action: 'put',
      collection: 'commune.scheduler.clusterPolicy',
      rkey: 'friends',
      value: { graceDays: 30, source: { set: SET, path: 'cluster.yaml', line: 1 } },
    },
  ])
})

test('rules that are published already are unchanged, and changed ones say what changes', () => {
  expect(planOf({ clusters: [FILE], existingClusters: [published(30)] }).first).toBe(
    `Nothing to do: 0 workloads and the rules of 1 cluster as published by alice, set "${SET}".`,
  )
  const { plan, text } = planOf({ clusters: [FILE], existingClusters: [published(3)] })
  expect(text).toContain('graceDays: 3 → 30')
  expect(plan.clusters?.[0]?.record?.createdAt).toBe(NOW)
})

test('rules that are gone are kept without --prune, and confirmed with it', () => {
  const existingClusters = [published(30)]
  expect(planOf({ existingClusters }).plan.clusters?.[0]?.action).toBe('keep')
  const { plan } = planOf({ existingClusters, prune: true })
  expect([plan.clusters?.[0]?.action, plan.confirm]).toEqual([
    'delete',
    ['deletes the rules that you hold to in friends'],
  ])
})

test('nothing is pruned while something is broken, and nothing of another set ever', () => {
  const broken = [{ file: 'b.yaml', message: 'broken' }]
  const existingClusters = [published(30)]
  expect(planOf({ existingClusters, prune: true, broken }).plan.clusters?.[0]?.action).toBe('keep')
  const foreign = [published(30, 'other')]
  expect(planOf({ existingClusters: foreign, prune: true }).plan.clusters).toBeUndefined()
  expect(planOf({ clusters: [FILE], existingClusters: foreign }).plan.clusters?.[0]).toMatchObject({
    action: 'conflict',
    reason: 'published already by the set "other"; --adopt takes it over',
  })
  expect(
    planOf({ clusters: [FILE], existingClusters: foreign, adopt: true }).plan.clusters?.[0]?.action,
  ).toBe('update')
})
