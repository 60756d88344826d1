import { describe, expect, test } from 'vitest'
import type { WorkloadRecord } from '../model/records.ts'
import { faultInGvisor } from './gvisor-fault.ts'
import { gvisorWish, withIsolation } from './isolation.ts'
import { judge } from './judge.ts'
import type { Policy, Terms } from './policy.ts'
import { STANDARD_POLICY } from './standard-policy.ts'
import type { Party } from './terms-for.ts'

const MEMBER: Party = { owner: 'did:plc:bob', isOwn: false, clusters: ['friends'] }
const OWN: Party = { owner: 'did:plc:alice', isOwn: true, clusters: [] }
const BASELINE: Partial<WorkloadRecord> = {
  ...{ security: 'baseline', user: '0', readOnly: false, capAdd: ['CHOWN'] },
}
const NONE = { gvisor: false, userNamespaces: false }
const GVISOR = { ...NONE, gvisor: true }
const USER_NAMESPACES = { ...NONE, userNamespaces: true }

function workload(fields: Partial<WorkloadRecord> = {}): WorkloadRecord {
  return { name: 'app', image: `a/b@sha256:${'0'.repeat(64)}`, ...fields } as WorkloadRecord
}

function members(terms: Partial<Terms>): Policy {
  const guests = { name: 'guests', subject: { kind: 'members' as const }, terms }
  return { ...STANDARD_POLICY, rules: [guests] }
}

const refusal = (policy: Policy, fields: Partial<WorkloadRecord>) =>
  judge(policy, MEMBER, workload(fields), 0)?.message
const wish = (policy: Policy, party: Party, fields: Partial<WorkloadRecord> = {}) =>
  gvisorWish(policy, party, workload(fields))

describe('what a machine grants members without a file', () => {
  test('is baseline where there is gVisor or user namespaces, and not elsewhere', () => {
    const at = (isolation: typeof NONE) =>
      refusal(withIsolation(STANDARD_POLICY, isolation), BASELINE)
    expect(at(NONE)).toMatch(/^security: baseline is not granted \(rule “standard for members”/)
    expect(at(GVISOR)).toBeUndefined()
    expect(at(USER_NAMESPACES)).toBeUndefined()
  })

  test('a rule of the file has the last word', () => {
    const strict = withIsolation(members({ security: 'restricted' }), GVISOR)
    expect(refusal(strict, BASELINE)).toMatch(/rule “guests”/)
  })
})

describe('what has to run in gVisor', () => {
  const standard = withIsolation(STANDARD_POLICY, GVISOR)

  test('is what asks for it, whoever’s it is', () => {
    expect(wish(STANDARD_POLICY, OWN, { runtime: 'gvisor' })).toEqual({ by: 'workload' })
  })

  test('is what was granted because of it, and not the owner’s own', () => {
    expect(wish(standard, MEMBER, BASELINE)).toMatchObject({ by: 'rule' })
    expect(wish(standard, MEMBER)).toBeUndefined()
    expect(wish(standard, OWN, BASELINE)).toBeUndefined()
    expect(wish(withIsolation(STANDARD_POLICY, USER_NAMESPACES), MEMBER, BASELINE)).toBeUndefined()
  })

  test('is not what a rule of the file grants without a word of gVisor', () => {
    const generous = members({
      ...{ security: 'baseline', capabilities: ['CHOWN'], rootUser: true, writableRoot: true },
    })
    expect(wish(withIsolation(generous, GVISOR), MEMBER, BASELINE)).toBeUndefined()
    // A part that only the standard grants is granted because of gVisor.
    const half = members({ security: 'baseline' })
    expect(wish(withIsolation(half, GVISOR), MEMBER, BASELINE)).toMatchObject({ by: 'rule' })
  })

  test('is everything of those of whom a rule says so', () => {
    const policy = members({ runtime: 'gvisor' })
    expect(wish(policy, MEMBER)).toMatchObject({ by: 'rule', rule: { name: 'guests' } })
    expect(wish(policy, OWN)).toBeUndefined()
  })
})

describe('where gVisor can’t do it', () => {
  const asked = { by: 'workload' } as const
  const ordered = wish(members({ runtime: 'gvisor' }), MEMBER)
  const mute = { portsProblem: 'its ports can’t be reached' }

  test('a machine without it says so, with whose word it is', () => {
    expect(faultInGvisor(undefined, asked, workload())).toEqual({
      reason: 'constraint',
      message: 'it has to run in gVisor (runtime: gvisor), and this machine has none',
    })
    expect(faultInGvisor(undefined, ordered, workload())).toMatchObject({
      reason: 'policy',
      message: expect.stringContaining('rule “guests” of the machine’s policy'),
    })
    expect(faultInGvisor(undefined, undefined, workload())).toBeUndefined()
  })

  test.each<Partial<WorkloadRecord>>([
    { ports: [{ container: 80 }] },
    { healthcheck: { http: { port: 80 } } },
    { liveness: { tcp: { port: 80 } } },
  ])('%j is refused where its ports can’t be reached', (fields) => {
    expect(faultInGvisor(mute, asked, workload(fields))?.message).toBe(
      'its ports can’t be reached (runtime: gvisor)',
    )
    expect(faultInGvisor({}, asked, workload(fields))).toBeUndefined()
    expect(faultInGvisor(mute, undefined, workload(fields))).toBeUndefined()
  })

  test('a check by a command needs no port', () => {
    const healthcheck = { exec: { command: ['/ok'] } }
    expect(faultInGvisor(mute, asked, workload({ healthcheck }))).toBeUndefined()
  })
})
