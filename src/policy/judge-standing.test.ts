import { expect, test } from 'vitest'
import type { Standing } from '../governance/standing.ts'
import type { WorkloadRecord } from '../model/records.ts'
import { judgeStanding } from './judge-standing.ts'
import { judge } from './judge.ts'
import type { Policy } from './policy.ts'
import { STANDARD_POLICY } from './standard-policy.ts'
import type { Party } from './terms-for.ts'

const BOB = 'did:plc:bob'
const MEMBER: Party = { owner: BOB, isOwn: false, clusters: ['friends'] }
const OWN: Party = { owner: BOB, isOwn: true, clusters: ['friends'] }

function reasonFor(standing: Standing, policy: Policy = STANDARD_POLICY, party = MEMBER) {
  const step = { standing, why: 'gives less than the minimum, for 3 days', cluster: 'friends' }
  return judgeStanding(policy, party, step)?.reason
}

test.each<[Standing, string | undefined]>([
  ['good', undefined],
  ['newcomer', undefined],
  ['last-in-line', undefined],
  ['no-new-placements', 'standing'],
  ['notice', 'standing'],
  ['drain', 'policy'],
])('by standard, %s means: %s', (standing, reason) => {
  expect(reasonFor(standing)).toBe(reason)
  expect(reasonFor(standing, STANDARD_POLICY, OWN)).toBeUndefined()
})

test('a rule may ask for more or for less, and is named', () => {
  const asking = (standing: Standing): Policy => ({
    ...STANDARD_POLICY,
    rules: [{ name: 'givers', subject: { kind: 'members' }, terms: { standing } }],
  })
  expect(reasonFor('last-in-line', asking('good'))).toBe('standing')
  expect(reasonFor('drain', asking('drain'))).toBeUndefined()
  const step = { standing: 'notice', why: 'gives too little', cluster: 'friends' } as const
  expect(judgeStanding(asking('good'), MEMBER, step)?.message).toBe(
    'its owner’s standing in friends is notice: she gives too little; at least good is asked for (rule “givers” of the machine’s policy)',
  )
})

test('unknown standing keeps nothing out', () => {
  expect(judgeStanding(STANDARD_POLICY, MEMBER, undefined)).toBeUndefined()
})

test('lists of owners go before every rule, and never concern the machine’s owner', () => {
  const image = `ghcr.io/bob/app@sha256:${'0'.repeat(64)}`
  const workload = { name: 'app', image } as WorkloadRecord
  const message = (policy: Policy, party = MEMBER) => judge(policy, party, workload, 0)?.message
  const blocking: Policy = {
    ...STANDARD_POLICY,
    owners: { blocked: new Map([[BOB, 'spam.csv: mines']]), allowed: new Set([BOB]) },
  }
  expect(message(blocking)).toBe('its owner is blocked by the machine’s policy (spam.csv: mines)')
  expect(message(blocking, OWN)).toBeUndefined()
  const allowing = (...allowed: (typeof BOB)[]): Policy => ({
    ...STANDARD_POLICY,
    owners: { blocked: new Map(), allowed: new Set(allowed) },
  })
  expect(message(allowing(BOB))).toBeUndefined()
  expect(message(allowing())).toBe('its owner is on no allow list of the machine’s policy')
})
