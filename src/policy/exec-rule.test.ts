import { expect, test } from 'vitest'
import type { Did } from '../model/records.ts'
import { refusalOfExec } from './exec-rule.ts'
import type { Policy } from './policy.ts'
import { STANDARD_POLICY } from './standard-policy.ts'

const BOB: Did = 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb'
const own = { owner: BOB, isOwn: true, clusters: [] }
const member = { owner: BOB, isOwn: false, clusters: ['friends'] }

test('nobody may run commands unless the policy says so, not even the machine’s owner', () => {
  expect(refusalOfExec(STANDARD_POLICY, own)).toContain('rule “standard for your own work”')
  expect(refusalOfExec(STANDARD_POLICY, member)).toContain('rule “standard for members”')
})

test('the most specific rule decides, and a refusal names it', () => {
  const policy: Policy = {
    ...STANDARD_POLICY,
    rules: [
      { name: 'friends', subject: { kind: 'cluster', cluster: 'friends' }, terms: { exec: true } },
      { name: 'not Bob', subject: { kind: 'owner', owner: BOB }, terms: { exec: false } },
    ],
  }
  expect(refusalOfExec(policy, member)).toBe(
    'commands inside of running containers are not granted (rule “not Bob” of the machine’s policy)',
  )
  expect(refusalOfExec(policy, { ...member, owner: 'did:plc:c' })).toBeUndefined()
})
