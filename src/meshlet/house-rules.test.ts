import { expect, test, vi } from 'vitest'
import { workloadUri } from '../model/workload-uri.ts'
import type { Amount } from '../model/request.ts'
import type { Policy } from '../policy/policy.ts'
import { STANDARD_POLICY } from '../policy/standard-policy.ts'
import { HouseRules } from './house-rules.ts'
import { ImageRefusals } from './image-refusals.ts'
import { Reservations } from './reservations.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { did } from '../../test/support/memory-view.ts'

const OFFER: Amount = { cpuMilli: 1_000, memoryBytes: 1_000, storageBytes: 1_000 }
const ONE: Amount = { cpuMilli: 100, memoryBytes: 200, storageBytes: 0 }
const [alice, bob, carol] = [did('alice'), did('bob'), did('carol')] as const

function houseRules(policy: Policy) {
  const reservations = new Reservations(() => OFFER)
  const clock = new ManualClock()
  const rules = new HouseRules({
    imageRefusals: new ImageRefusals({ policy: () => policy, clock }),
    config: { ownerDid: alice, clusters: new Map([['default', [bob, carol]]]) },
    policy: () => policy,
    reservations,
    capacity: () => OFFER,
    engineInfo: () => undefined,
    clock,
  })
  return { rules, reservations }
}

test('without a limit nobody adds up what the others hold', () => {
  const { rules, reservations } = houseRules(STANDARD_POLICY)
  const asked = vi.spyOn(reservations, 'heldBeside')
  expect(rules.limitOf(workloadUri(bob, 'web'), bob)).toBeUndefined()
  expect(asked).not.toHaveBeenCalled()
})

test('the reserve is kept from all members together, and a workload is not in its own way', () => {
  const reserve = { cpuMilli: 300, memoryBytes: 0, storageBytes: 0 }
  const { rules, reservations } = houseRules({ reserve, rules: [] })
  reservations.noteBid(workloadUri(bob, 'web'), 1, ONE)
  reservations.noteBid(workloadUri(bob, 'api'), 2, ONE)
  reservations.noteBid(workloadUri(carol, 'web'), 1, ONE)
  const left = () => rules.limitOf(workloadUri(bob, 'web'), bob)?.amount.cpuMilli
  expect(left()).toBe(400)
  reservations.noteBid(workloadUri(alice, 'db'), 5, ONE)
  expect(left()).toBe(200)
  reservations.releaseBid(workloadUri(carol, 'web'))
  reservations.releaseBid(workloadUri(alice, 'db'))
  expect(left()).toBe(500)
})
