import { expect, test } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { formatPlan } from './format-plan.ts'
import { noteClusters } from './note-clusters.ts'
import type { PlanSyncInput } from './plan-sync.ts'
import { planSync } from './plan-sync.ts'
import { OWNER, planInput } from './sync-fixtures.ts'

const FILE = { name: 'friends', file: 'cluster.yaml', line: 1, record: { graceDays: 30 } }
const BOB = did('bob')

function noted(view: MemoryView, changes: Partial<PlanSyncInput> = {}) {
  const plan = planSync(planInput({ clusters: [FILE], ...changes }))
  const nameOf = (one: Did) => (one === BOB ? 'bob.example.org' : one)
  const after = noteClusters(plan, { view, nameOf })
  return formatPlan(after, { color: false, wide: false, ownerName: 'alice' }).split('\n')
}

function machine(cluster: string, policyOf?: Did): MemoryView {
  const view = new MemoryView().own(OWNER, did('box'), [BOB], cluster)
  if (policyOf === undefined) return view
  const uri = `at://${policyOf}/${COLLECTION.clusterPolicy}/${cluster}`
  view.put(did('box'), COLLECTION.cluster, cluster, { members: [BOB], policy: { uri, cid: 'c' } })
  return view
}

test('rules of a cluster that no machine of hers is in are published with a word of it', () => {
  expect(noted(machine('default')).slice(0, 2)).toEqual([
    '+ friends  rules of a cluster: new  cluster.yaml:1',
    '    nobody holds to them: your machines are in default; name that, or give one --cluster friends=…',
  ])
  expect(noted(new MemoryView().read(OWNER))[1]).toBe(
    '    nobody holds to them: no machine of yours is in friends; give one --cluster friends=…',
  )
})

test('rules that changed are not said to be held to where no machine does', () => {
  const createdAt = '2026-11-20T09:00:00.000Z' as never
  const record = { $type: COLLECTION.clusterPolicy, graceDays: 3, createdAt } as const
  const set = planInput().set
  const existingClusters = [{ name: 'friends', cid: 'c', set, record }]
  const lines = noted(machine('default'), { existingClusters })
  expect(lines[0]).toBe('~ friends  rules of a cluster: changed  cluster.yaml:1')
  expect(lines[1]).toContain('nobody holds to them')
  expect(noted(machine('friends'), { existingClusters })[0]).toContain('your machines hold to them')
})

test('machines that were told to hold to the rules of somebody else are said, with whose', () => {
  expect(noted(machine('friends', BOB))[1]).toBe(
    '    nobody holds to them: your machines hold to those of bob.example.org (--cluster-policy)',
  )
})

test('nothing is said where a machine holds to them, or where it is not known', () => {
  const unread = new MemoryView().read(OWNER)
  unread.put(OWNER, COLLECTION.meshlet, 'box', { meshletDid: did('box') })
  // A machine of a member was told to hold to hers, which has none in it herself.
  const members = machine('default')
  const uri = `at://${OWNER}/${COLLECTION.clusterPolicy}/friends`
  members.own(BOB, did('b1'), [OWNER], 'friends')
  members.put(did('b1'), COLLECTION.cluster, 'friends', {
    members: [OWNER],
    policy: { uri, cid: 'c' },
  })
  for (const view of [machine('friends'), machine('friends', OWNER), unread, members])
    expect(noted(view).join('\n')).not.toContain('holds to them:')
})
