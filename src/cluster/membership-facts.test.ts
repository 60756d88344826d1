import { beforeEach, expect, test } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { followSet } from './follow-set.ts'
import { candidates } from './membership.ts'

const OWNERS = Array.from({ length: 12 }, (_, i) => did(`owner${i}`))
const MACHINES_EACH = 5

let records: MemoryView
let version: string
let reads: number
let view: RecordView

/** Everybody works with everybody. */
beforeEach(() => {
  records = new MemoryView()
  for (const owner of OWNERS)
    for (const machine of machinesOf(owner))
      records.own(
        owner,
        machine,
        OWNERS.filter((other) => other !== owner),
      )
  version = '1'
  reads = 0
  view = {
    repoState: (repo) => records.repoState(repo),
    repoProblem: () => undefined,
    get: (repo, collection, rkey) => (reads++, records.get(repo, collection, rkey)),
    list: (repo, collection) => (reads++, records.list(repo, collection)),
    membershipVersion: () => version,
  }
})

function machinesOf(owner: Did): readonly Did[] {
  return Array.from({ length: MACHINES_EACH }, (_, i) => `${owner}-${i}` as Did)
}

test('however many owners are asked about, each link and each list is read once', () => {
  for (const owner of OWNERS)
    expect(candidates(view, owner)).toHaveLength(OWNERS.length * MACHINES_EACH)
  // The machines of each owner; and of each machine its owner, which is asked for twice, and its lists.
  expect(reads).toBe(OWNERS.length + 3 * OWNERS.length * MACHINES_EACH)
})

test('what follows from links and lists is not worked out again before one of them changes', () => {
  const before = OWNERS.map((owner) => candidates(view, owner))
  reads = 0
  expect(OWNERS.map((owner) => candidates(view, owner))).toEqual(before)
  expect(reads).toBe(0)
  const [owner = did('nobody')] = OWNERS
  const [machine = did('nothing')] = machinesOf(owner)
  records.put(machine, COLLECTION.cluster, 'home', { members: [] })
  version = '2'
  expect(OWNERS.map((one) => candidates(view, one).length)).toEqual(
    OWNERS.map((one) => OWNERS.length * MACHINES_EACH - (one === owner ? 0 : 1)),
  )
})

test('of equal candidate sets there is one, so that what follows from them is told once', () => {
  expect(new Set(OWNERS.map((owner) => candidates(view, owner))).size).toBe(1)
})

test('whom to follow is told by the same reading', () => {
  for (const owner of OWNERS) candidates(view, owner)
  reads = 0
  const [owner = did('nobody')] = OWNERS
  const [machine = did('nothing')] = machinesOf(owner)
  expect(followSet(view, machine, owner, OWNERS).repos.size).toBe(
    OWNERS.length * (1 + MACHINES_EACH),
  )
  // Owners alone are asked which machines they name, and these whose they are.
  expect(reads).toBeLessThanOrEqual(OWNERS.length * (1 + MACHINES_EACH) + 1)
})

test('a machine that two owners name, and that was never read, is the member’s and not her own', () => {
  const [owner = did('nobody'), other = did('nobody')] = OWNERS
  const shared = did('shared')
  for (const one of [owner, other])
    records.put(one, COLLECTION.meshlet, 'x', { meshletDid: shared })
  const ownerIn = (one: Did) =>
    candidates(view, one).find(({ meshletDid }) => meshletDid === shared)?.ownerDid
  expect([ownerIn(owner), ownerIn(other)]).toEqual([other, owner])
})
