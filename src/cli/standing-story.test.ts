import { expect, test } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { usageUri } from '../ledger/claims.ts'
import { MACHINE_DAY, REFERENCE_MACHINE } from '../ledger/rate.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { ownStandings, standingText } from './standing-story.ts'

const [alice, bob] = [did('alice'), did('bob')]
const NOW_MS = Date.parse('2026-03-31T12:00:00Z')

/** Alice has taken a machine-day from Bob and given nothing; her machine names a policy that asks for half. */
function commune(asked: number): MemoryView {
  const view = new MemoryView().own(bob, did('bob1'), [alice])
  const cid = view.put(alice, COLLECTION.clusterPolicy, 'home', { minimumContribution: asked })
  const policy = { uri: `at://${alice}/${COLLECTION.clusterPolicy}/home`, cid }
  view.own(alice, did('alice1'), [bob])
  view.put(did('alice1'), COLLECTION.cluster, 'home', { members: [bob], policy })
  const entries = [{ workload: workloadUri(alice, 'web'), amount: MACHINE_DAY, seconds: 86_400 }]
  const createdAt = '2026-03-29T00:05:00Z'
  const capacity = { ...REFERENCE_MACHINE, cpuMilli: 8_000 }
  const claim = { period: '2026-03-28', sequence: 1, capacity, entries, createdAt }
  const uri = usageUri(did('bob1'), '2026-03-28')
  const usage = { uri, cid: view.put(did('bob1'), COLLECTION.usage, '2026-03-28', claim) }
  view.put(alice, COLLECTION.acknowledgement, recordKeyFor(uri), { usage, entries, createdAt })
  return view
}

test('an owner’s standing is told where a cluster asks for something, and only there', () => {
  const told = (asked: number) => standingText(ownStandings(commune(asked), alice, NOW_MS))
  expect(told(0)).toBe('')
  expect(told(500_000)).toBe(
    'home: newcomer: gives less than the minimum, which holds from day 30 on; the next step comes on 2026-04-29\n',
  )
})

test('while a repo that counts is unread, that is said', () => {
  const view = commune(500_000)
  view.put(alice, COLLECTION.meshlet, 'second', { meshletDid: did('alice2') })
  expect(standingText(ownStandings(view, alice, NOW_MS))).toContain('not known')
})

test('a step is told with the day of the next one', () => {
  const step = { cluster: 'home', standing: 'last-in-line', why: 'gives less', nextDay: 20_540 }
  expect(standingText([{ ...step, standing: 'last-in-line' }])).toBe(
    'home: last-in-line: gives less; the next step comes on 2026-03-30\n',
  )
})
